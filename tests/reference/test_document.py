"""Any well-formed document becomes pages: every kind of schema, operations without anything, no markup of theirs."""

from __future__ import annotations

import ast
import json
import re
import shlex
from typing import Any

import pytest
from django.template.loader import render_to_string

from core.reference.groups import Group, Reference
from core.reference.operations import Operation
from core.reference.shapes import Shape, Shapes
from tests.reference.document import SCHEMAS, document

SITE = "https://hub.example.com"


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference(document(), SITE)


def operation(reference: Reference, id: str) -> Operation:
    return next(each for _group, each in reference.operations() if each.id == id)


def sample(reference: Reference, id: str, language: str) -> str:
    shown = next(each for group in reference.groups.values() for each in group.operations if each.operation.id == id)
    return next(str(each.text) for each in shown.samples if each.key == language)


def draw(group: Group) -> str:
    return render_to_string("reference/group.html", {"group": group})


def shape(schema: Any) -> Shape:
    return Shapes(document()).of(schema)


def field(of: Shape, name: str) -> Shape:
    return next(each.shape for each in of.fields if each.name == name)


def test_groups_follow_tags_and_have_addresses_of_their_own(reference: Reference) -> None:
    assert {slug: group.title for slug, group in reference.groups.items()} == {
        "loops": "Loops",
        "tree-things": "Tree things",
        "tree-things-2": "Tree things",
        "other": "日本",
        "other-2": "Other",
    }


def test_operations_have_anchors_of_their_own(reference: Reference) -> None:
    ids = [each.id for _group, each in reference.operations()]
    assert len(ids) == len(set(ids)) == 7
    assert {"get_node", "get_node-2", "put_node"} <= set(ids)


def test_every_page_can_be_drawn_and_every_link_within_it_leads_somewhere(reference: Reference) -> None:
    for group in reference.groups.values():
        html = draw(group)
        ids = re.findall(r' id="([^"]+)"', html)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_what_the_document_says_is_text_and_no_markup(reference: Reference) -> None:
    html = draw(reference.groups["tree-things"])
    assert "<script" not in html
    assert "<b>tree</b>" not in html
    assert html.count("</textarea>") == html.count("<textarea")


def test_parameters_of_the_path_are_shared_and_stand_in_its_order(reference: Reference) -> None:
    found = operation(reference, "get_node").parameters_in("path")
    assert [each.name for each in found] == ["workspace", "id"]
    assert all(each.required for each in found)


def test_a_schema_that_holds_itself_ends_in_a_link() -> None:
    node = shape({"$ref": "#/components/schemas/Node"})
    assert field(node, "children").link == "Node"
    assert field(node, "children").type == "list of Node"
    assert field(node, "parent").type == "Node or null"
    assert shape({"$ref": "#/components/schemas/Itself"}).link == "Itself"
    assert field(shape({"$ref": "#/components/schemas/Ping"}), "pong").fields[0].name == "n"


def test_required_fields_come_first() -> None:
    assert [each.name for each in shape(SCHEMAS["Node"]).fields] == ["id", "children", "note", "parent"]


@pytest.mark.parametrize(
    ("name", "kind", "limits", "choices"),
    [
        ("kind", "string", [], {"cat": "", "dog": "It barks"}),
        ("maybe", "string or null", [], {"cat": "", "dog": "It barks", '""': ""}),
        ("paid", "Card or Bank", [], {}),
        ("either", "string or integer", [], {}),
        ("limits", "map of integer", ["each at most 5,000"], {}),
        ("pair", "list", [], {}),
        ("anything", "anything", [], {}),
        ("never", "nothing", [], {}),
        ("lost", "anything", [], {}),
        ("elsewhere", "anything", [], {}),
        ("list", "list of string", ["no item twice"], {"cat": "", "dog": "It barks"}),
        ("fixed", "string", [], {'it\'s "here"': ""}),
    ],
)
def test_every_kind_of_schema_is_put_into_words(
    name: str, kind: str, limits: list[str], choices: dict[str, str]
) -> None:
    found = field(shape({"$ref": "#/components/schemas/Write"}), name)
    assert (found.type, list(found.limits)) == (kind, limits)
    assert {choice.value: choice.label for choice in found.choices} == choices


@pytest.mark.parametrize(
    ("schema", "phrases"),
    [
        ({"type": "string", "minLength": 1, "maxLength": 80}, ["1 to 80 characters"]),
        ({"type": "string", "maxLength": 1}, ["at most 1 character"]),
        ({"type": "string", "minLength": 2, "maxLength": 2}, ["2 characters"]),
        ({"type": "integer", "minimum": 0, "maximum": 20000, "default": 50}, ["0 to 20,000", "default 50"]),
        ({"type": "number", "exclusiveMinimum": 0}, ["more than 0"]),
        ({"type": "integer", "minimum": 1, "multipleOf": 5}, ["at least 1", "a multiple of 5"]),
        (
            {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^a"}},
            ["at least 1 item", "each matches ^a"],
        ),
        ({"type": "boolean", "default": False}, ["default false"]),
    ],
)
def test_limits_are_phrases(schema: dict[str, Any], phrases: list[str]) -> None:
    assert list(shape(schema).limits) == phrases


def test_alternatives_are_named_and_opened() -> None:
    paid = field(shape({"$ref": "#/components/schemas/Write"}), "paid")
    assert [(each.name, [inner.name for inner in each.fields]) for each in paid.variants] == [
        ("Card", ["number"]),
        ("Bank", ["iban"]),
    ]


def test_a_request_shows_nothing_that_is_only_answered_and_an_answer_nothing_that_is_only_sent(
    reference: Reference,
) -> None:
    put = operation(reference, "put_node")
    assert put.body is not None
    sent = {each.name for each in put.body.shape.fields}
    answered = {each.name for each in put.answers[0].shape.fields} if put.answers[0].shape else set()
    assert "secret" in sent - answered
    assert "id" in answered - sent


def test_errors_of_an_operation_are_problems_whatever_they_are(reference: Reference) -> None:
    put = operation(reference, "put_node")
    assert [answer.status for answer in put.answers] == ["200"]
    assert [(each.status, each.title) for each in put.problems] == [
        ("402", "Payment Required"),
        ("default", "any other"),
    ]


def test_the_example_of_a_request_has_what_it_must(reference: Reference) -> None:
    body = operation(reference, "put_node").body
    assert body is not None
    assert body.example == {"kind": "cat", "paid": {"number": "…"}}


def test_curl_python_and_typescript_say_the_same(reference: Reference) -> None:
    address = f"{SITE}/api/v1/workspaces/your-workspace/nodes/ID"
    curl = shlex.split(sample(reference, "put_node", "curl").replace("\\\n", " "))
    assert curl[:4] == ["curl", "-X", "PUT", address]
    assert "Authorization: Bearer YOUR_KEY" in curl
    assert json.loads(curl[curl.index("-d") + 1])["kind"] == "cat"
    python = sample(reference, "put_node", "python")
    call = next(node for node in ast.walk(ast.parse(python)) if isinstance(node, ast.Call))
    assert [ast.literal_eval(each) for each in call.args] == [address]
    given = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
    assert given == {"headers": {"Authorization": "Bearer YOUR_KEY"}, "json": {"kind": "cat", "paid": {"number": "…"}}}
    typescript = sample(reference, "put_node", "typescript")
    assert f'fetch("{address}"' in typescript
    assert 'method: "PUT"' in typescript


def test_every_sample_can_be_read_by_a_shell_and_by_python(reference: Reference) -> None:
    shown = [each for group in reference.groups.values() for each in group.operations]
    for each in shown:
        for text in each.samples:
            if text.key == "curl":
                shlex.split(str(text.text).replace("\\\n", " "))
            elif text.key == "python":
                ast.parse(str(text.text))


def test_files_are_sent_as_files(reference: Reference) -> None:
    assert '-F "file=@FILE"' in sample(reference, "get_node-2", "curl")
    assert 'files={"file": open("FILE", "rb")}' in sample(reference, "get_node-2", "python")
    assert "new FormData()" in sample(reference, "get_node-2", "typescript")
    assert "Content-Type" not in sample(reference, "get_node-2", "curl")
    html = draw(reference.groups["tree-things-2"])
    assert 'type="file" data-place="form" name="file"' in html


def test_what_no_key_can_do_has_no_sample(reference: Reference) -> None:
    shown = reference.groups["other"].operations[0]
    assert list(shown.samples) == []
    assert "no key can do it" in draw(reference.groups["other"])


def test_what_needs_no_key_is_shown_without_one(reference: Reference) -> None:
    found = sample(reference, "get-api-v1-plain", "curl")
    assert found == f'curl "{SITE}/api/v1/plain?many=MANY"'


def test_a_document_without_anything_has_no_groups() -> None:
    assert Reference({"openapi": "3.1.0"}, SITE).groups == {}
