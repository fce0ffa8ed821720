"""Client sessions when nobody uses them, when the store is away, and when a server asks outside of a call."""

import asyncio
import json

import pytest

from proxy.engine import links
from tests.engine.kit import STATELESS, Client, Stage, Stream, eventually, key_principal
from tests.engine.upstream import Asked, Upstream, text


class Away(Exception):
    """What a store without its Redis raises."""


@pytest.fixture
def upstream() -> Upstream:
    made = Upstream()
    made.has_stream = True
    made.lost_patience = asyncio.Event()
    made.capabilities = {"tools": {}, "logging": {}}

    @made.tool("echo")
    async def echo(asked: Asked):
        return text("x")

    @made.tool("ask_aside")
    async def ask_aside(asked: Asked):
        """Asks on the server's own stream, as some servers do, and not on the call's."""
        answered = made.answers["aside"] = asyncio.get_running_loop().create_future()
        question = {"jsonrpc": "2.0", "id": "aside", "method": "elicitation/create", "params": {"message": "Who?"}}
        made.streams[asked.session].put_nowait(question)
        if asked.arguments.get("impatient"):
            await made.lost_patience.wait()
            return text("never mind")
        return text(json.dumps((await answered).get("result")))

    return made


@pytest.fixture
def client(play: Stage, upstream: Upstream) -> Client:
    play.hub("hub", play.serve(upstream))
    return play.client("hub")


def break_store(play: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise Away

    for name in ("get", "set", "add", "delete", "append", "read", "publish"):
        monkeypatch.setattr(play.store, name, fail)


def test_without_the_store_this_process_serves_the_sessions_it_knows(
    play: Stage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.initialize()
    client.tool("up__echo")
    break_store(play, monkeypatch)
    assert client.tool("up__echo").result["content"][0]["text"] == "x"
    fresh = play.client("hub")
    fresh.initialize()
    assert fresh.tool("up__echo").result["content"][0]["text"] == "x"
    assert fresh.ask("tools/call", {"name": "up__echo"}).result["content"][0]["text"] == "x"


def test_without_the_store_an_unknown_session_is_no_404(
    play: Stage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    play.gateway()
    client.initialize()
    break_store(play, monkeypatch)
    answer = Client(play.url("hub", 1), session=client.session).call("ping")
    assert (answer.status, answer.error["code"]) == (503, -32012)


def test_without_the_store_a_stream_ends_instead_of_hanging(
    play: Stage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.initialize()
    break_store(play, monkeypatch)
    connection, response = client.open("GET", **client.of_session())
    with Stream(connection, response) as stream:
        assert stream.ends() == []


def test_a_session_ends_when_nobody_uses_it(play: Stage, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_SWEEP_S", 0.05)
    monkeypatch.setattr(links, "_IDLE_S", 0.1)
    play.gateway(session_ttl_s=1)
    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    client.initialize(elicitation={})
    client.tool("up__echo")
    eventually(lambda: upstream.ended)
    assert client.call("ping").status == 404
    gateway = play.gateways[0]
    assert gateway.links._peers == {}
    assert gateway.links._prepared == {}


def test_an_open_stream_keeps_its_session(play: Stage, upstream: Upstream) -> None:
    play.gateway(session_ttl_s=2, ping_s=0.1)
    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    client.initialize()
    with Stream(*client.open("GET", **client.of_session())) as stream:
        pings = [stream.response.readline() for _ in range(64)]  # 32 pings, 3.2 s
        assert pings.count(b": ping\n") == 32
        assert client.call("ping").status == 200


def test_a_question_beside_a_call_comes_with_the_call(client: Client) -> None:
    client.initialize(elicitation={})
    client.tool("up__echo")
    made = client.message("tools/call", {"name": "up__ask_aside"})
    with Stream(*client.open("POST", made, **client.of_session())) as stream:
        asked = stream.next()
        assert asked["method"] == "elicitation/create"
        client.answer(asked["id"], result={"action": "decline"})
        assert json.loads(stream.next()["result"]["content"][0]["text"]) == {"action": "decline"}


def test_a_question_whose_call_has_ended_is_answered_for_the_client(
    play: Stage, client: Client, upstream: Upstream
) -> None:
    client.initialize(elicitation={})
    client.tool("up__echo")
    made = client.message("tools/call", {"name": "up__ask_aside", "arguments": {"impatient": True}})
    with Stream(*client.open("POST", made, **client.of_session())) as stream:
        assert stream.next()["method"] == "elicitation/create"
        play.thread.loop.call_soon_threadsafe(upstream.lost_patience.set)
        assert stream.ends()[-1]["result"]["content"][0]["text"] == "never mind"
    answer = eventually(lambda: [message for message, _ in upstream.seen if message.get("id") == "aside"])[0]
    assert answer["error"]["message"] == "The call has ended."


def test_the_versions_header_says_the_era(client: Client) -> None:
    client.initialize()
    answer = client.ask("tools/list", Mcp_Session_Id=client.session)
    assert answer.result["resultType"] == "complete"
    assert client.ask("ping", Mcp_Session_Id=client.session).status == 404
    assert client.ask("tools/list", MCP_Protocol_Version=None).error["code"] == -32020
    assert client.http("POST", client.message("ping"), MCP_Protocol_Version=STATELESS).status == 400


def test_a_stream_needs_what_a_call_needs(play: Stage, client: Client) -> None:
    client.initialize()
    play.keys.principals["good-key"] = key_principal("good-key", role="viewer")
    answer = client.http("GET", **client.of_session())
    assert (answer.status, answer.error["code"]) == (403, -32003)


def test_many_changes_of_a_session_at_once_are_all_kept(play: Stage, client: Client) -> None:
    play.gateway()
    client.initialize()

    async def change(number: int) -> None:
        sessions = play.gateways[number % 2].sessions
        await sessions.change(client.session, lambda kept: kept.servers.add(f"srv_{number}"))

    async def all_at_once() -> None:
        await asyncio.gather(*(change(number) for number in range(20)))

    play.thread.run(all_at_once())
    kept = json.loads(play.thread.run(play.store.get(f"ses:{client.session}")))
    assert len(kept["servers"]) == 20
