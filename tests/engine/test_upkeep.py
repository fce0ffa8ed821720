"""What is let go of when nobody uses it, and what comes again after trouble."""

import asyncio
import gc

import msgspec
import pytest

from core.net import NetPolicy
from proxy.engine import http_client, resource_watch, upstreams, watches
from proxy.engine.ports import UpstreamProblem
from proxy.engine.upstreams import HttpUpstreams
from tests.engine.kit import PREFIX, Client, Stage, Stream, eventually
from tests.engine.upstream import Asked, Fails, Upstream, text


@pytest.fixture
def upstream() -> Upstream:
    made = Upstream()
    made.capabilities = {"tools": {"listChanged": True}, "resources": {"subscribe": True}}

    @made.tool("echo")
    async def echo(asked: Asked):
        return text("x")

    @made.method("resources/list")
    async def resources(asked: Asked):
        return {"resources": [{"uri": "x://1", "name": "1"}]}

    @made.method("resources/templates/list")
    async def templates(asked: Asked):
        return {"resourceTemplates": []}

    return made


def test_shared_sessions_that_nobody_uses_are_ended(
    play: Stage, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstreams, "_SWEEP_S", 0.05)
    monkeypatch.setattr(upstreams, "_IDLE_S", 0.1)
    play.hub("hub", play.serve(upstream, eras=("handshake",)))
    client = play.client("hub")
    client.initialize()
    client.tool("up__echo")
    eventually(lambda: upstream.ended)
    assert client.tool("up__echo").result["content"][0]["text"] == "x"


def test_a_session_of_one_client_is_left_to_the_other_processes(
    play: Stage, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstreams, "_SWEEP_S", 0.05)
    monkeypatch.setattr(upstreams, "_IDLE_S", 0.1)
    play.hub("hub", play.serve(upstream, eras=("handshake",)))
    play.gateway()
    client = play.client("hub")
    client.initialize(sampling={})
    client.tool("up__echo")
    http = play.upstreams[0]._http
    eventually(lambda: not [key for key in http._sessions if key[5]])
    opened = upstream.opened
    other = Client(play.url("hub", 1), session=client.session)
    assert other.tool("up__echo").result["content"]
    assert upstream.opened == opened
    mine = [headers["mcp-session-id"] for message, headers in upstream.seen if message.get("method") == "tools/call"]
    assert len(set(mine)) == 1
    assert mine[0] not in upstream.ended


def test_connections_that_nobody_uses_are_closed(
    play: Stage, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "_SWEEP_S", 0.05)
    monkeypatch.setattr(http_client, "_IDLE_S", 0.1)
    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    client.ask("tools/call", {"name": "up__echo"})
    pool = play.upstreams[0]._http._client
    eventually(lambda: sum(map(len, pool._idle.values())) == 0)
    eventually(lambda: pool._sweeper is None)


def test_a_connection_that_the_server_closed_is_not_used_again(play: Stage, upstream: Upstream) -> None:
    closing = Upstream()

    @closing.tool("echo")
    async def echo(asked: Asked):
        return text("x")

    async def close_after(scope, receive, send):
        async def closes(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await closing(scope, receive, closes)

    play.gateway()
    play.hub("hub", play.spec("up", play.thread.serve(close_after) + "/mcp"))
    client = play.client("hub")
    client.initialize()
    for _ in range(3):
        assert client.tool("up__echo").result["content"]


def test_nothing_is_opened_once_the_process_stops(play: Stage, upstream: Upstream) -> None:
    spec = play.serve(upstream)

    async def late() -> None:
        pool = HttpUpstreams(NetPolicy(["127.0.0.0/8"]))
        await pool.close()
        with pytest.raises(UpstreamProblem, match="stopping"):
            await pool.session(spec, era="handshake")

    play.thread.run(late())


def test_a_failed_opening_is_nobodys_when_all_have_left(play: Stage) -> None:
    async def leave() -> None:
        pool = HttpUpstreams(NetPolicy(["127.0.0.0/8"]))
        task = asyncio.create_task(pool.session(play.spec("x", "http://127.0.0.1:1/mcp"), era="handshake"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        while pool._opening:
            await asyncio.sleep(0.01)
        await pool.close()

    play.thread.run(leave())
    gc.collect()


# -- watches


@pytest.mark.parametrize("eras", [("handshake",), ("stateless",)])
def test_a_server_that_was_away_is_listened_to_again(
    play: Stage, upstream: Upstream, eras: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches, "_AGAIN_S", 0.05)
    upstream.has_stream = True
    upstream.eras = eras
    listens: list[Asked] = []

    @upstream.method("subscriptions/listen")
    async def listen(asked: Asked):
        listens.append(asked)
        if len(listens) == 1:
            await asked.notify("notifications/subscriptions/acknowledged", {"notifications": {}})
            return {}
        await asked.notify("notifications/tools/list_changed", {})
        await asked.hung_up()
        return None

    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    client.initialize()
    with Stream(*client.open("GET", **client.of_session())):
        if eras == ("stateless",):
            eventually(lambda: len(listens) >= 2)
        else:
            session = eventually(lambda: list(upstream.streams))[0]
            told = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
            play.thread.loop.call_soon_threadsafe(upstream.streams[session].put_nowait, told)
        eventually(lambda: "srv_up" in play.hubs.stale_servers)


def test_a_server_that_has_nothing_to_listen_to_is_left_alone(play: Stage) -> None:
    quiet = Upstream(eras=("stateless",))

    @quiet.tool("echo")
    async def echo(asked: Asked):
        return text("x")

    play.hub("hub", play.serve(quiet))
    client = play.client("hub")
    client.initialize()
    with Stream(*client.open("GET", **client.of_session())):
        eventually(lambda: quiet.calls("subscriptions/listen"))
        eventually(lambda: not play.gateways[0].watches._tasks)
        assert len(quiet.calls("subscriptions/listen")) == 1


def test_subscriptions_are_made_again_after_trouble(
    play: Stage, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource_watch, "_MAX_WAIT_S", 0.05)
    upstream.eras = ("handshake",)
    subscribed: list[str] = []

    @upstream.method("resources/subscribe")
    async def subscribe(asked: Asked):
        subscribed.append(asked.session)
        if len(subscribed) == 1:
            raise Fails(-32001, "Session not found", status=404)
        return {}

    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    wanted = {"notifications": {"resourceSubscriptions": ["x://1"]}}
    opened = client.open(
        "POST", *client.asked("subscriptions/listen", wanted), **client.mirrored("subscriptions/listen", wanted)
    )
    with Stream(*opened) as stream:
        stream.next()
        eventually(lambda: len(subscribed) >= 2)
        count = len(subscribed)
        upstream.sessions.clear()
        eventually(lambda: len(subscribed) > count)


# -- odd requests and answers


def test_parameters_that_cannot_be_read_are_invalid_params(play: Stage, upstream: Upstream) -> None:
    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    client.initialize()
    for method, params in (
        ("logging/setLevel", {"level": 7}),
        ("resources/subscribe", {"uri": {}}),
        ("tools/call", {"name": "up__echo", "_meta": [1]}),
        ("completion/complete", {"ref": []}),
    ):
        error = client.call(method, params).error
        assert error["code"] in (-32602, -32601), method


def test_initializing_with_nonsense_is_refused(play: Stage, upstream: Upstream) -> None:
    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    for params in ({"protocolVersion": 7}, {"capabilities": []}, {"clientInfo": "me"}):
        answer = client.http("POST", client.message("initialize", params))
        assert (answer.status, answer.error["code"]) == (400, -32602)
    assert client.http("POST", client.message("initialize")).result["protocolVersion"] == "2025-11-25"


def test_a_server_of_the_old_era_that_says_result_type_does_no_harm(play: Stage) -> None:
    odd = Upstream(eras=("handshake",))
    odd.capabilities = {"tools": {}, "resources": {}}

    @odd.tool("odd")
    async def tool(asked: Asked):
        return text("x", resultType="whatever")

    @odd.method("resources/read")
    async def read(asked: Asked):
        return {"contents": [], "resultType": "whatever", "ttlMs": "soon"}

    play.hub("hub", play.serve(odd))
    client = play.client("hub")
    assert client.ask("tools/call", {"name": "up__odd"}).result["resultType"] == "complete"
    read_result = client.ask("resources/read", {"uri": "x://1"}).result
    assert (read_result["resultType"], read_result["ttlMs"], read_result["cacheScope"]) == ("complete", 0, "private")


def test_a_result_of_a_type_that_a_handshake_client_does_not_know_is_refused_by_name(play: Stage) -> None:
    tasks = Upstream(eras=("stateless",))

    @tasks.tool("later")
    async def later(asked: Asked):
        return {"resultType": "task", "taskId": "t1"}

    @tasks.tool("confused")
    async def confused(asked: Asked):
        raise Fails(-32020, "Mcp-Name is wrong")

    play.hub("hub", play.serve(tasks))
    client = play.client("hub")
    client.initialize()
    error = client.tool("up__later").error
    assert error["code"] == -32011
    assert "task" in error["data"]["feature"]
    assert client.tool("up__confused").error["code"] == -32010


def test_a_server_that_speaks_nothing_known_is_named(play: Stage, upstream: Upstream) -> None:
    play.hub("hub", play.serve(upstream))
    snapshot = play.hubs.snapshots["hub"]
    upstream.eras = ()
    server = msgspec.structs.replace(snapshot.servers["srv_up"], eras=(), fingerprint="other")
    play.hubs.specs["srv_up"] = msgspec.structs.replace(play.hubs.specs["srv_up"], fingerprint="other")
    play.hubs.snapshots["hub"] = msgspec.structs.replace(snapshot, servers={"srv_up": server})
    error = play.client("hub").ask("tools/call", {"name": "up__echo"}).error
    assert (error["code"], error["data"]["kind"]) == (-32010, "unsupported")


def test_a_server_that_was_taken_away_is_named(play: Stage, upstream: Upstream) -> None:
    play.hub("hub", play.serve(upstream))
    del play.hubs.specs["srv_up"]
    error = play.client("hub").ask("tools/call", {"name": "up__echo"}).error
    assert error["data"] == {"server": "up", "kind": "refused"}


def test_a_wanted_log_level_that_is_none_brings_no_logs(play: Stage, upstream: Upstream) -> None:
    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    answer = client.ask("tools/call", {"name": "up__echo"}, meta={f"{PREFIX}logLevel": "loud"})
    assert answer.status == 200
    assert client.ask("tools/call", {"name": "up__echo"}, meta={f"{PREFIX}logLevel": 7}).status == 400
