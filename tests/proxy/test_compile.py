"""The one rule of what a hub offers, under which names."""

from __future__ import annotations

import json
import random

import msgspec
import pytest

from proxy.compile import ChoiceRow, FeatureRow, HubRow, ServerRow, compile_hub, implicit_hub, list_offers
from proxy.headers import header_fault, input_headers
from proxy.specs import fill, make_spec, server_fingerprint

HUB = HubRow(id="hub_1", workspace_id="wsp_1", workspace_slug="acme", slug="main", title="Main")
GITHUB = ServerRow(id="srv_1", slug="github", title="GitHub", transport="http", eras=("handshake",))
NOTION = ServerRow(id="srv_2", slug="notion", title="Notion", transport="stdio", position=1)


def tool(id: str, server: ServerRow, name: str, **more: object) -> FeatureRow:
    body = json.dumps({"name": name, "description": "said by the server", "_meta": {"ui": {"resourceUri": "ui://x"}}})
    return FeatureRow(id=id, server_id=server.id, kind="tool", name=name, definition=body, **more)  # type: ignore[arg-type]


def test_tools_are_called_after_their_server() -> None:
    snapshot = compile_hub(HUB, [GITHUB, NOTION], [tool("f1", GITHUB, "search"), tool("f2", NOTION, "search")], (), 7)
    assert list(snapshot.tools) == ["github__search", "notion__search"]
    assert snapshot.version == 7
    route = snapshot.tools["notion__search"]
    assert (route.real, route.server_id) == ("search", "srv_2")
    assert json.loads(route.definition)["name"] == "notion__search"


def test_the_order_is_that_of_the_hub_then_of_the_server() -> None:
    features = [tool("f3", NOTION, "a"), tool("f1", GITHUB, "z", position=0), tool("f2", GITHUB, "y", position=1)]
    random.Random(1).shuffle(features)
    assert list(compile_hub(HUB, [NOTION, GITHUB], features).tools) == ["github__z", "github__y", "notion__a"]


def test_what_the_owner_said_takes_the_place_of_the_servers_own() -> None:
    feature = tool("f1", GITHUB, "search", alias="find", description="Find code")
    body = json.loads(compile_hub(HUB, [GITHUB], [feature]).tools["github__find"].definition)
    assert body["description"] == "Find code"
    assert body["_meta"] == {"ui": {"resourceUri": "ui://x"}}


def test_the_keys_of_a_definition_keep_their_order() -> None:
    text = '{"name":"a","inputSchema":{"properties":{"zeta":{},"alpha":{},"mid":{}}}}'
    feature = FeatureRow(id="f1", server_id="srv_1", kind="tool", name="a", definition=text)
    body = compile_hub(HUB, [GITHUB], [feature]).tools["github__a"].definition
    assert list(json.loads(body)["inputSchema"]["properties"]) == ["zeta", "alpha", "mid"]


def test_numbers_of_any_size_come_through() -> None:
    body = {"name": "a", "inputSchema": {"properties": {"n": {"maximum": 10**30}}}}
    feature = FeatureRow(id="f1", server_id="srv_1", kind="tool", name="a", definition=body)
    compiled = json.loads(compile_hub(HUB, [GITHUB], [feature]).tools["github__a"].definition)
    assert compiled["inputSchema"]["properties"]["n"]["maximum"] == 10**30


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({}, "offered"),
        ({"gone": True}, "gone"),
        ({"enabled": False}, "disabled"),
        ({"gone": True, "enabled": False}, "gone"),
    ],
)
def test_why_something_is_not_offered(more: dict[str, bool], state: str) -> None:
    offer = list_offers(HUB, [GITHUB], [tool("f1", GITHUB, "a", **more)])[0]
    assert offer.state == state
    assert bool(compile_hub(HUB, [GITHUB], [tool("f1", GITHUB, "a", **more)]).tools) == (state == "offered")


def test_a_hub_offers_all_but_what_it_leaves_out_or_only_what_it_chose() -> None:
    features = [tool("f1", GITHUB, "a"), tool("f2", GITHUB, "b")]
    but = compile_hub(HUB, [GITHUB], features, [ChoiceRow(feature_id="f1", offered=False)])
    assert list(but.tools) == ["github__b"]
    none = msgspec.structs.replace(GITHUB, offers_all=False)
    only = compile_hub(HUB, [none], features, [ChoiceRow(feature_id="f1", offered=True)])
    assert list(only.tools) == ["github__a"]


def test_a_hub_that_only_reads_keeps_the_others_for_a_clear_answer_but_does_not_offer_them() -> None:
    hub = msgspec.structs.replace(HUB, read_only=True)
    features = [tool("f1", GITHUB, "write"), tool("f2", GITHUB, "read", read_only=True)]
    assert [offer.state for offer in list_offers(hub, [GITHUB], features)] == ["writes", "offered"]
    snapshot = compile_hub(hub, [GITHUB], features)
    assert {name: route.read_only for name, route in snapshot.tools.items()} == {
        "github__read": True,
        "github__write": False,
    }


def test_of_two_with_one_name_the_first_has_it() -> None:
    hub = msgspec.structs.replace(HUB, naming="bare")
    features = [tool("f1", GITHUB, "search"), tool("f2", NOTION, "search")]
    offers = list_offers(hub, [GITHUB, NOTION], features)
    assert [(offer.state, offer.clash_with) for offer in offers] == [("offered", ""), ("clash", "f1")]
    assert compile_hub(hub, [GITHUB, NOTION], features).tools["search"].server_id == "srv_1"


def test_a_stored_flag_says_who_came_later() -> None:
    hub = msgspec.structs.replace(HUB, naming="bare")
    features = [tool("f1", GITHUB, "search"), tool("f2", NOTION, "search")]
    flags = [ChoiceRow(feature_id="f1", clash_with="f2")]
    assert compile_hub(hub, [GITHUB, NOTION], features, flags).tools["search"].server_id == "srv_2"


def test_resources_keep_their_addresses_and_prompts_are_renamed() -> None:
    features = [
        FeatureRow(
            id="f1", server_id="srv_1", kind="resource", name="ui://x", definition='{"uri":"ui://x","name":"X"}'
        ),
        FeatureRow(
            id="f2", server_id="srv_1", kind="template", name="f:///{p}", definition='{"uriTemplate":"f:///{p}"}'
        ),
        FeatureRow(id="f3", server_id="srv_1", kind="prompt", name="greet", definition='{"name":"greet"}'),
    ]
    snapshot = compile_hub(HUB, [GITHUB], features)
    assert list(snapshot.resources) == ["ui://x"]
    assert json.loads(snapshot.resources["ui://x"].definition) == {"uri": "ui://x", "name": "X"}
    assert list(snapshot.templates) == ["f:///{p}"]
    assert json.loads(snapshot.prompts["github__greet"].definition) == {"name": "github__greet"}


def test_a_long_name_is_short_and_always_the_same() -> None:
    features = [tool("f1", GITHUB, "x" * 90), tool("f2", GITHUB, "x" * 90 + "y")]
    names = list(compile_hub(HUB, [GITHUB], features).tools)
    assert [len(name) for name in names] == [64, 64]
    assert names[0] != names[1]
    assert names == list(compile_hub(HUB, [GITHUB, NOTION], features).tools)


def test_paused_servers_and_hubs_are_marked_and_keep_their_names() -> None:
    paused = msgspec.structs.replace(GITHUB, paused=True)
    snapshot = compile_hub(HUB, [paused, NOTION], [tool("f1", GITHUB, "a")])
    assert {row.server_id: row.enabled for row in snapshot.servers.values()} == {"srv_1": False, "srv_2": True}
    assert {name: route.listed for name, route in snapshot.tools.items()} == {"github__a": False}
    whole = compile_hub(msgspec.structs.replace(HUB, paused=True), [GITHUB, NOTION], [tool("f1", GITHUB, "a")])
    assert not any(route.listed for route in whole.tools.values())
    assert not any(row.enabled for row in whole.servers.values())


def test_the_implicit_hub_of_a_server_has_bare_names() -> None:
    hub = implicit_hub(GITHUB, workspace_id="wsp_1", workspace_slug="acme")
    snapshot = compile_hub(hub, [GITHUB], [tool("f1", GITHUB, "search")])
    assert (snapshot.hub_id, list(snapshot.tools)) == ("", ["search"])


def test_header_parameters_are_found_at_any_depth() -> None:
    schema = {
        "type": "object",
        "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "filter": {"type": "object", "properties": {"age": {"type": "integer", "x-mcp-header": "Age"}}},
            "plain": {"type": "string", "default": {"x-mcp-header": "no"}},
        },
    }
    assert input_headers(schema) == {"region": "Region", "filter.age": "Age"}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"x-mcp-header": "Root"}, "where no parameter is"),
        ({"properties": {"a": {"type": "number", "x-mcp-header": "A"}}}, "of a is only for text"),
        ({"properties": {"a": {"x-mcp-header": "A"}}}, "of a is only for text"),
        ({"properties": {"a": {"type": "string", "x-mcp-header": "A b"}}}, "of a is no name of a header"),
        ({"properties": {"a": {"type": "string", "x-mcp-header": ""}}}, "of a is no name of a header"),
        ({"properties": {"a": {"type": "string", "x-mcp-header": 3}}}, "of a is no name of a header"),
        (
            {"properties": {n: {"type": "string", "x-mcp-header": h} for n, h in (("a", "A"), ("b", "a"))}},
            "is taken by another parameter",
        ),
        ({"properties": {"l": {"items": {"type": "string", "x-mcp-header": "A"}}}}, "where no parameter is"),
        ({"$defs": {"d": {"type": "string", "x-mcp-header": "A"}}}, "where no parameter is"),
        (None, ""),
        ([], ""),
    ],
)
def test_a_bad_header_annotation_makes_none(schema: object, said: str) -> None:
    assert input_headers(schema) == {}
    assert said in header_fault(schema)
    assert bool(header_fault(schema)) == bool(said)


def test_a_tool_with_a_fault_is_not_offered() -> None:
    features = [tool("f1", GITHUB, "search"), tool("f2", GITHUB, "measure", fault="no name of a header")]
    assert [offer.state for offer in list_offers(HUB, [GITHUB], features)] == ["offered", "invalid"]
    assert list(compile_hub(HUB, [GITHUB], features).tools) == ["github__search"]


def test_a_schema_of_any_depth_is_walked() -> None:
    schema: dict[str, object] = {"type": "string", "x-mcp-header": "Deep"}
    for _ in range(5000):
        schema = {"properties": {"a": schema}}
    assert list(input_headers(schema).values()) == ["Deep"]


def test_secrets_are_put_in_their_places() -> None:
    spec = make_spec(
        server_id="srv_1",
        workspace_id="wsp_1",
        slug="x",
        title="X",
        transport="http",
        args=["--key=${secret:key}", "${secret:lost}"],
        url="https://x/?k=${secret:key}",
        secrets={"env": {"A": "1"}, "headers": {"H": "2"}, "args": {"key": "s"}},
    )
    assert spec.args == ("--key=s", "${secret:lost}")
    assert spec.url == "https://x/?k=s"
    assert (spec.env, spec.headers) == ({"A": "1"}, {"H": "2"})
    assert fill("plain", {}) == "plain"


def test_the_fingerprint_changes_with_everything() -> None:
    base = {
        "transport": "stdio",
        "command": "a",
        "args": ["b"],
        "cwd": "",
        "url": "",
        "secrets": b"s",
        "eras": ["handshake"],
        "session_scope": "client",
        "timeout_ms": 1,
    }
    other = {
        "transport": "http",
        "command": "x",
        "args": ["b", ""],
        "cwd": "/",
        "url": "u",
        "secrets": b"t",
        "eras": [],
        "session_scope": "person",
        "timeout_ms": 2,
    }
    seen = {server_fingerprint(**base)}  # type: ignore[arg-type]
    for field, value in other.items():
        seen.add(server_fingerprint(**{**base, field: value}))  # type: ignore[arg-type]
    assert len(seen) == len(other) + 1
    assert server_fingerprint(**base) in seen  # type: ignore[arg-type]
