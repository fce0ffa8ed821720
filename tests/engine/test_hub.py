import json

import pytest

from proxy.engine.config import GatewayConfig
from proxy.engine.hub import Hub, Template
from proxy.engine.ports import HubServer, HubSnapshot


@pytest.mark.parametrize(
    ("template", "fits", "fits_not"),
    [
        (
            "x://a/{id}/b",
            ["x://a/1/b", "x://a/%20/b", "x://a//b"],
            ["x://a/1/2/b", "x://a/1", "y://a/1/b", "x://a/1/bc"],
        ),
        ("file:///{+path}", ["file:///a", "file:///a/b/c", "file:///"], ["file://a", "http:///a"]),
        ("x://{a}/{b*}", ["x://1/2", "x://1/2/3"], ["x://1"]),
        ("x://list{?page,size}", ["x://list", "x://list?page=2"], ["x://lis"]),
        ("x://{host}", ["x://h", "x://"], ["x://h/i", "x:/h"]),
        ("plain://x", ["plain://x"], ["plain://xy", "plain://"]),
        ("{any}", ["abc"], ["a/b"]),
    ],
)
def test_a_template_tells_what_it_could_have_made(template: str, fits: list[str], fits_not: list[str]) -> None:
    made = Template(template)
    assert [uri for uri in fits if not made.matches(uri)] == []
    assert [uri for uri in fits_not if made.matches(uri)] == []


def test_matching_a_hostile_template_takes_no_time() -> None:
    made = Template("x" + "{+a}x" * 40 + "y")
    assert not made.matches("x" * 50_000)


def snapshot(*capabilities: dict[str, object], **more: object) -> HubSnapshot:
    servers = {
        f"srv_{number}": HubServer(
            server_id=f"srv_{number}", slug=f"s{number}", title="S", transport="http", eras=(),
            capabilities=json.dumps(own).encode(), instructions=f"I am {number}.",
        )
        for number, own in enumerate(capabilities)
    }  # fmt: skip
    given = {"hub_id": "h", "workspace_id": "w", "workspace_slug": "w", "slug": "hub", "title": "Hub", "version": 1}
    return HubSnapshot(**{**given, "servers": servers, **more})


def test_a_hub_can_what_its_servers_can_together() -> None:
    made = Hub(
        snapshot(
            {"tools": {}, "resources": {"subscribe": True}, "experimental": {"x": {}}, "tasks": {}},
            {"prompts": {"listChanged": False}, "logging": {}, "completions": {}, "resources": {}},
            {"extensions": {"io.modelcontextprotocol/ui": {}, "io.modelcontextprotocol/tasks": {}}},
            {"resources": "nonsense", "extensions": 7},
        ),
        GatewayConfig(),
    )
    assert json.loads(made.capabilities) == {
        "tools": {"listChanged": True},
        "resources": {"listChanged": True, "subscribe": True},
        "prompts": {"listChanged": True},
        "logging": {},
        "completions": {},
        "extensions": {"io.modelcontextprotocol/ui": {}},
    }
    assert "instructions" not in json.loads(made.initialize_result("2025-11-25"))


def test_an_empty_hub_can_list_its_tools() -> None:
    assert json.loads(Hub(snapshot(), GatewayConfig()).capabilities) == {"tools": {"listChanged": True}}


def test_a_lone_server_is_shown_as_it_is() -> None:
    made = Hub(snapshot({"tools": {}, "experimental": {"x": {"y": 1}}}), GatewayConfig())
    result = json.loads(made.initialize_result("2025-11-25"))
    assert result["capabilities"]["experimental"] == {"x": {"y": 1}}
    assert result["instructions"] == "I am 0."


def test_capabilities_that_cannot_be_read_are_none() -> None:
    broken = HubServer(server_id="s", slug="s", title="S", transport="http", eras=(), capabilities=b"{broken")
    assert json.loads(Hub(snapshot(servers={"s": broken}), GatewayConfig()).capabilities) == {
        "tools": {"listChanged": True}
    }
