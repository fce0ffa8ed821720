"""A JSON Schema becomes a form, and what was filled in becomes JSON again."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from core.components.schema_form import SchemaForm
from core.components.schema_read import read_schema


def obj(properties: dict[str, Any], *required: str, **rest: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), **rest}


def sent(schema: Any, **fields: Any) -> SchemaForm:
    pairs = {f"args.{name.replace('__', '.')}": value for name, value in fields.items()}
    return SchemaForm(schema, name="args", data=QueryDict(urlencode(pairs, doseq=True)))


def kind(schema: Any) -> str:
    return read_schema(obj({"x": schema}), "args").children[0].kind


def drawn(form: SchemaForm) -> str:
    return render_to_string("components/schema_form.html", {"form": form})


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "maxLength": 1000}, "long"),
        ({"type": "string", "format": "password"}, "secret"),
        ({"type": "integer"}, "integer"),
        ({"type": "number"}, "number"),
        ({"type": "boolean"}, "yesno"),
        ({"type": "boolean", "default": True}, "switch"),
        ({"enum": ["a", 1, None]}, "enum"),
        ({"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}, "enum"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text"),
        ({"type": ["integer", "null"]}, "integer"),
        ({"type": "array", "items": {"type": "string"}}, "list"),
        ({"type": "array", "uniqueItems": True, "items": {"enum": ["a", "b"]}}, "many"),
        ({"type": "object", "properties": {"y": {"type": "string"}}}, "object"),
        ({"type": "object"}, "json"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "json"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "json"),
        ({"type": ["string", "integer"]}, "json"),
        ({"type": "array", "prefixItems": [{"type": "string"}]}, "json"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "string"}}}, "json"),
        ({"$ref": "https://example.com/elsewhere"}, "json"),
        ({"$ref": "#/nowhere"}, "json"),
        (True, "json"),
        ({"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"type": "string"}}}]}, "object"),
    ],
)
def test_each_kind_of_schema_has_its_field(schema: Any, expected: str) -> None:
    assert kind(schema) == expected


def test_what_was_filled_in_comes_back_with_its_types() -> None:
    schema = obj(
        {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "size": {"type": "number"},
            "on": {"type": "boolean", "default": False},
            "maybe": {"type": "boolean"},
            "unit": {"enum": ["metric", 2, None]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "colours": {"type": "array", "uniqueItems": True, "items": {"enum": ["red", "blue"]}},
            "place": obj({"lat": {"type": "number"}}, "lat"),
            "extra": {"type": "object"},
            "fixed": {"const": 7},
        },
        "city",
        "days",
        "fixed",
    )
    form = sent(
        schema,
        city="Bern",
        days="3",
        size="1.5",
        on="true",
        maybe="false",
        unit="1",
        tags__0="a",
        tags__1="",
        tags__4="b",
        colours=["1"],
        place__lat="46.9",
        extra='{"k": [1]}',
    )
    assert form.is_valid(), form.errors
    assert form.value == {
        "city": "Bern",
        "days": 3,
        "size": 1.5,
        "on": True,
        "maybe": False,
        "unit": 2,
        "tags": ["a", "b"],
        "colours": ["blue"],
        "place": {"lat": 46.9},
        "extra": {"k": [1]},
        "fixed": 7,
    }


def test_what_is_left_empty_is_left_out() -> None:
    schema = obj(
        {
            "a": {"type": "string"},
            "b": {"type": "integer"},
            "c": {"type": "boolean"},
            "d": {"enum": [1]},
            "e": {"type": "array", "items": {"type": "string"}},
            "f": obj({"x": {"type": "string"}}, "x"),
        }
    )
    form = sent(schema, a="", b=" ", c="", d="", e__0="", f__x="")
    assert form.is_valid(), form.errors
    assert form.value == {}


def test_a_required_field_that_may_be_null_becomes_null() -> None:
    assert sent(obj({"a": {"type": ["string", "null"]}}, "a"), a="").value == {"a": None}


@pytest.mark.parametrize(
    ("schema", "typed", "error"),
    [
        ({"type": "string"}, "", "This is required."),
        ({"type": "string", "minLength": 3}, "ab", "At least 3 characters."),
        ({"type": "string", "maxLength": 2}, "abc", "At most 2 characters."),
        ({"type": "integer"}, "1.5", "This must be a whole number."),
        ({"type": "integer"}, "x", "This is not a number."),
        ({"type": "number"}, "nan", "This is not a number."),
        ({"type": "number"}, "1e999", "This is not a number."),
        ({"type": "integer", "minimum": 1}, "0", "At least 1."),
        ({"type": "integer", "maximum": 14}, "15", "At most 14."),
        ({"type": "number", "exclusiveMinimum": 0}, "0", "More than 0."),
        ({"enum": ["a", "b"]}, "7", "Choose one of the list."),
        ({"type": "object"}, "{", "This is not JSON"),
    ],
)
def test_a_mistake_is_named_at_its_field_and_what_was_typed_stays(schema: Any, typed: str, error: str) -> None:
    form = sent(obj({"x": schema}, "x"), x=typed)
    assert not form.is_valid()
    assert form.errors["x"][0].startswith(error)
    html = drawn(form)
    assert 'aria-invalid="true"' in html and error in html
    if schema.get("type") and typed:
        assert f'value="{typed}"' in html or f">{typed}</textarea>" in html


def test_mistakes_deep_inside_are_named_by_their_path() -> None:
    schema = obj(
        {"people": {"type": "array", "items": obj({"age": {"type": "integer"}, "name": {"type": "string"}}, "name")}}
    )
    form = sent(schema, people__0__age="x", people__0__name="Mara", people__3__age="4", people__3__name="")
    assert form.errors == {"people.0.age": ["This is not a number."], "people.3.name": ["This is required."]}
    html = drawn(form)
    assert 'name="args.people.3.age" value="4"' in html


def test_keys_with_dots_and_slashes_survive() -> None:
    form = SchemaForm(obj({"a.b/c~d": {"type": "string"}}), data=QueryDict(urlencode({"args.a~1b/c~0d": "v"})))
    assert form.value == {"a.b/c~d": "v"}


def test_filling_in_as_json_is_the_same() -> None:
    schema = obj({"x": {"type": "integer"}})
    data = QueryDict(urlencode({"args.__mode": "json", "args.__json": '{"x": 1, "other": "y"}', "args.x": "2"}))
    assert SchemaForm(schema, data=data).value == {"x": 1, "other": "y"}


@pytest.mark.parametrize("text", ["[1]", "1", "{", "[" * 5000, "x" * 1_000_001])
def test_json_that_is_no_object_is_refused_and_kept(text: str) -> None:
    form = SchemaForm(obj({}), data=QueryDict(mutable=True))
    data = QueryDict(mutable=True)
    data["args.__mode"], data["args.__json"] = "json", text
    form = SchemaForm(obj({}), data=data)
    assert not form.is_valid() and form.errors[""]
    assert form.json_text == text


def test_a_form_is_filled_with_values_and_defaults() -> None:
    schema = obj(
        {
            "a": {"type": "string", "default": "x"},
            "b": {"type": "integer"},
            "l": {"type": "array", "items": {"type": "integer"}},
        }
    )
    html = drawn(SchemaForm(schema, value={"b": 0, "l": [5, 6]}))
    assert 'name="args.a" value="x"' in html
    assert 'name="args.b" value="0"' in html
    assert 'name="args.l.1" value="6"' in html
    assert 'data-next="2"' in html and 'name="args.l.__i__"' in html


def test_loops_of_references_end_in_a_json_box() -> None:
    node = obj(
        {
            "name": {"type": "string"},
            "next": {"$ref": "#/$defs/node"},
            "all": {"type": "array", "items": {"$ref": "#/$defs/node"}},
        }
    )
    spec = read_schema({"$ref": "#/$defs/node", "$defs": {"node": node}}, "args")
    assert [child.kind for child in spec.children] == ["text", "json", "json"]
    assert read_schema({"$ref": "#"}, "args").kind == "json"
    assert (
        read_schema(
            {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}, "args"
        ).kind
        == "json"
    )


def test_references_that_branch_do_not_explode() -> None:
    definitions = {f"d{i}": obj({f"{side}": {"$ref": f"#/$defs/d{i + 1}"} for side in "abcdefgh"}) for i in range(30)}
    definitions["d30"] = {"type": "string"}
    started = time.perf_counter()
    drawn(SchemaForm({"$ref": "#/$defs/d0", "$defs": definitions}))
    assert time.perf_counter() - started < 2


def test_a_schema_of_a_megabyte_is_drawn_as_one_json_box_quickly() -> None:
    big = obj({f"field_{i}": {"type": "string", "description": "d" * 80} for i in range(10_000)})
    assert len(json.dumps(big)) > 1_000_000
    started = time.perf_counter()
    html = drawn(SchemaForm(big))
    assert time.perf_counter() - started < 1
    assert "too free, too deep or too large" in html and len(html) < 10_000


def test_nothing_of_a_schema_is_trusted_as_html() -> None:
    evil = "<script>alert(1)</script>"
    schema = obj(
        {
            evil: {"type": "string", "title": evil, "description": evil, "default": evil, "examples": [evil]},
            "e": {"enum": [evil, '"><x']},
            "l": {"type": "array", "title": evil, "items": {"type": "string"}},
        }
    )
    html = drawn(SchemaForm(schema))
    assert "<script" not in html and "<x" not in html


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "properties",
                    "items",
                    "enum",
                    "$ref",
                    "anyOf",
                    "allOf",
                    "required",
                    "default",
                    "const",
                    "title",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_any_json_as_a_schema_is_drawn_and_read(schema: Any) -> None:
    drawn(SchemaForm(schema))
    form = SchemaForm(schema, data=QueryDict("args.__mode=form"))
    drawn(form)
    json.dumps(form.value if form.is_valid() else {})
