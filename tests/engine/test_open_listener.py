"""The listener without keys: hubs that are marked open, and nothing else."""

import pytest

from tests.engine.kit import Client, Stage
from tests.engine.upstream import Upstream, text


@pytest.fixture
def client(play: Stage) -> Client:
    upstream = Upstream()

    @upstream.tool("echo")
    async def echo(asked):
        return text("x")

    play.gateway(open_listener=True)
    play.hub("open", play.serve(upstream), naming="bare", open=True)
    play.hub("closed", play.serve(upstream, "closed"))
    return play.client("open", key="")


def test_an_open_hub_needs_no_key(play: Stage, client: Client) -> None:
    client.initialize()
    assert client.tool("echo").result["content"][0]["text"] == "x"
    assert client.ask("tools/call", {"name": "echo"}).result["content"]
    record = play.record()
    assert (record.principal_id, record.key_id, record.user_id) == ("anon:hub_open", "", "")


def test_no_other_hub_is_there(play: Stage, client: Client) -> None:
    for path in ("/mcp/memory/closed", "/mcp/memory/nothing", "/mcp", "/mcp/x"):
        assert client.http("POST", b"{}", path=path).status == 404
        assert client.http("POST", b"{}", path=path, Authorization="Bearer good-key").status == 404


@pytest.mark.parametrize(
    "header", ["Forwarded", "X_Forwarded_For", "X_Forwarded_Host", "X_Forwarded_Proto", "X_Real_IP"]
)
def test_forwarded_requests_are_refused(client: Client, header: str) -> None:
    assert client.http("POST", b"{}", **{header: "1.2.3.4"}).status == 403


def test_a_foreign_host_or_origin_is_refused(client: Client) -> None:
    assert client.http("POST", b"{}", Host="evil.example.com").status == 403
    assert client.http("POST", b"{}", Origin="http://evil.example.com").status == 403


def test_a_hub_that_is_open_still_needs_a_key_elsewhere(play: Stage, client: Client) -> None:
    play.gateway()
    elsewhere = Client(play.url("open", 1), key="")
    assert elsewhere.http("POST", b"{}").status == 401
