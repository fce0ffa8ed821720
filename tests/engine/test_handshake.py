"""Clients of the handshake era: sessions, and what happens within them."""

import re

import pytest

from tests.engine.kit import OTHER, Client, Stage, eventually
from tests.engine.upstream import Upstream, text


@pytest.fixture
def upstream() -> Upstream:
    made = Upstream()
    made.instructions = "Ask me anything."

    @made.tool("echo", description="Says it again")
    async def echo(asked):
        return text(asked.arguments.get("text", ""))

    return made


@pytest.fixture
def client(play: Stage, upstream: Upstream) -> Client:
    play.hub("hub", play.serve(upstream))
    return play.client("hub")


@pytest.mark.parametrize("version", ["2025-11-25", "2025-06-18", "2025-03-26"])
def test_the_client_gets_the_version_it_asks_for(client: Client, version: str) -> None:
    result = client.initialize(version).result
    assert result["protocolVersion"] == version
    assert result["serverInfo"]["name"] == "hub"
    assert client.tool("up__echo", text="hi").result["content"][0]["text"] == "hi"


@pytest.mark.parametrize("version", ["2024-11-05", "2026-07-28", "1999-01-01", ""])
def test_another_version_is_answered_with_the_newest(client: Client, version: str) -> None:
    assert client.initialize(version).result["protocolVersion"] == "2025-11-25"


def test_the_session_id_is_visible_ascii_and_not_to_be_guessed(client: Client) -> None:
    ids = {client.initialize().headers["mcp-session-id"] for _ in range(5)}
    assert len(ids) == 5
    assert all(re.fullmatch(r"[\x21-\x7e]{20,}", one) for one in ids)


def test_initializing_touches_no_server(client: Client, upstream: Upstream) -> None:
    before = len(upstream.seen)
    client.initialize(sampling={}, roots={})
    client.call("tools/list")
    assert len(upstream.seen) == before


def test_a_lone_server_speaks_for_the_hub(client: Client) -> None:
    result = client.initialize().result
    assert result["instructions"] == "Ask me anything."
    assert result["capabilities"] == {"tools": {"listChanged": True}}


def test_a_hub_has_instructions_of_its_own(play: Stage, upstream: Upstream) -> None:
    play.hub("own", play.serve(upstream), instructions="Be kind.")
    assert play.client("own").initialize().result["instructions"] == "Be kind."


def test_a_request_without_a_session_is_told_to_initialize(client: Client) -> None:
    answer = client.http("POST", client.message("tools/list"))
    assert answer.status == 400
    assert "Initialize" in answer.error["message"]


@pytest.mark.parametrize("session", ["nonsense", "x" * 300])
def test_an_unknown_session_is_404(client: Client, session: str) -> None:
    client.session = session
    for verb in ("POST", "GET", "DELETE"):
        body = client.message("ping") if verb == "POST" else None
        assert client.http(verb, body, **client.of_session()).status == 404


def test_a_session_of_another_key_or_hub_is_404(play: Stage, client: Client, upstream: Upstream) -> None:
    play.hub("second", play.serve(upstream, "second"))
    client.initialize()
    stolen = Client(client.url, key=OTHER, session=client.session)
    elsewhere = Client(play.url("second"), session=client.session)
    for other in (stolen, elsewhere):
        for verb in ("POST", "GET", "DELETE"):
            body = other.message("ping") if verb == "POST" else None
            assert other.http(verb, body, **other.of_session()).status == 404
    assert client.call("ping").status == 200


def test_a_deleted_session_is_gone_in_every_process(play: Stage, client: Client) -> None:
    play.gateway()
    client.initialize()
    other = Client(play.url("hub", 1), session=client.session)
    assert other.call("ping").status == 200
    assert client.http("DELETE", **client.of_session()).status == 204
    assert client.call("ping").status == 404
    eventually(lambda: other.call("ping").status == 404)


def test_a_session_goes_on_in_another_process(play: Stage, client: Client, upstream: Upstream) -> None:
    play.gateway()
    client.initialize(sampling={})
    client.tool("up__echo", text="one")
    other = Client(play.url("hub", 1), session=client.session)
    assert other.tool("up__echo", text="two").result["content"][0]["text"] == "two"
    sessions = {
        headers["mcp-session-id"] for message, headers in upstream.seen if message.get("method") == "tools/call"
    }
    assert len(sessions) == 1, "both processes use the same session with the server"


def test_ending_a_session_ends_its_sessions_with_servers(client: Client, upstream: Upstream) -> None:
    client.initialize(sampling={})
    client.tool("up__echo", text="one")
    session = upstream.seen[-1][1]["mcp-session-id"]
    client.http("DELETE", **client.of_session())
    eventually(lambda: session in upstream.ended)


def test_ping_is_answered(client: Client) -> None:
    client.initialize()
    assert client.call("ping").result == {}


def test_an_unknown_method_is_an_error_in_a_200(client: Client) -> None:
    client.initialize()
    answer = client.call("tools/destroy")
    assert (answer.status, answer.error["code"]) == (200, -32601)


def test_notifications_are_taken_without_an_answer(client: Client) -> None:
    client.initialize()
    for method in ("notifications/initialized", "notifications/progress", "notifications/nobody/knows"):
        answer = client.send(method, {})
        assert (answer.status, answer.body) == (202, b"")


def test_an_answer_that_nobody_waits_for_is_taken(client: Client) -> None:
    client.initialize()
    for message_id in ("nonsense", "abc.1", 7):
        assert client.answer(message_id, result={}).status == 202


def test_ids_come_back_as_they_were(client: Client) -> None:
    client.initialize()
    for message_id in (0, -3, 12345678901234, "text", "ünïcode \u2028", '"quoted"'):
        assert client.tool("up__echo", text="x").status == 200
        answer = client.call("ping", message_id=message_id) if message_id else client.call("ping", message_id="0")
        assert answer.last["id"] == (message_id or "0")


def test_a_get_without_a_session_or_without_events_is_refused(client: Client) -> None:
    assert client.http("GET").status == 400
    client.initialize()
    assert client.http("GET", Accept="application/json", **client.of_session()).status == 406


def test_roots_that_changed_reach_the_servers_of_the_session(client: Client, upstream: Upstream) -> None:
    client.initialize(roots={"listChanged": True})
    client.tool("up__echo", text="x")
    client.send("notifications/roots/list_changed")
    eventually(lambda: upstream.calls("notifications/roots/list_changed"))


def test_the_client_and_the_call_are_recorded(play: Stage, client: Client) -> None:
    client.initialize("2025-06-18")
    client.tool("up__echo", text="hi")
    record = play.record()
    assert (record.client_name, record.client_version, record.protocol) == ("t", "9", "2025-06-18")
    assert (record.name, record.server_id, record.outcome) == ("up__echo", "srv_up", "answered")
    assert record.key_id == record.principal_id == "key_good-key"
    assert record.user_id == "usr_memory"
    assert set(record.stages) == {"route", "policy", "connect", "upstream", "reply"}
    assert all(isinstance(us, int) and us >= 0 for us in record.stages.values())
    assert record.duration_us >= max(record.stages.values())
    assert record.request_bytes > 50
    assert record.reply_bytes > 50
    assert record.arguments is None
    assert record.result is None
    assert record.id.startswith("call_")
    assert play.record("initialize").outcome == "answered"
