"""Servers that are dead, hang, answer garbage or break off; and sessions with servers that work."""

import asyncio
import threading

import msgspec
import pytest

from proxy.engine.ports import Upstreams
from tests.engine.kit import Client, Stage, eventually
from tests.engine.upstream import Fails, Upstream, text
from tests.peers.fixtures import Peers


@pytest.fixture
def upstream() -> Upstream:
    made = Upstream()

    @made.tool("echo")
    async def echo(asked):
        return text(asked.arguments.get("text", ""))

    return made


def broken_hub(play: Stage, upstream: Upstream, url: str, **more: object) -> Client:
    """A hub with a good server and one that was good when it was discovered, but is not any more."""
    play.hub("hub", play.serve(upstream), play.serve(upstream, "bad"))
    bad = play.hubs.specs["srv_bad"]
    changed = msgspec.structs.replace(bad, url=url, fingerprint="bad-2", **more)
    play.hubs.specs["srv_bad"] = changed
    snapshot = play.hubs.snapshots["hub"]
    timeout = {"timeout_ms": more.get("timeout_ms", 1000)}
    servers = {**snapshot.servers, "srv_bad": msgspec.structs.replace(snapshot.servers["srv_bad"], **timeout)}
    play.hubs.snapshots["hub"] = msgspec.structs.replace(snapshot, servers=servers)
    return play.client("hub")


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("dead", "refused"),
        ("hang", "timeout"),
        ("raw", "protocol"),
        ("garbage", "protocol"),
        ("json", "not_mcp"),
        ("html", "not_mcp"),
        ("unauthorized", "unauthorized"),
        ("forbidden", "forbidden"),
        ("error500", "protocol"),
        ("notfound", "not_mcp"),
        ("redirect", "protocol"),
        ("truncated", "closed"),
        ("sse_garbage", "protocol"),
        ("sse_silent", "timeout"),
        ("slow_headers", "timeout"),
    ],
)
@pytest.mark.parametrize("era", ["handshake", "stateless"])
def test_a_broken_server_is_named_and_the_others_work(
    play: Stage,
    upstream: Upstream,
    module_peers: Peers,
    how: str,
    kind: str,
    era: str,
) -> None:
    client = broken_hub(play, upstream, module_peers.start("broken", how).url, timeout_ms=600)
    if era == "handshake":
        client.initialize()
        answer = client.tool("bad__echo", text="x")
        fine = client.tool("up__echo", text="still here")
        listed = client.call("tools/list")
    else:
        answer = client.ask("tools/call", {"name": "bad__echo"})
        fine = client.ask("tools/call", {"name": "up__echo", "arguments": {"text": "still here"}})
        listed = client.ask("tools/list")
    assert answer.status == 200
    assert answer.error["code"] == -32010
    assert answer.error["message"].startswith('Server "bad": ')
    assert answer.error["data"] == {"server": "bad", "kind": kind}
    assert fine.result["content"][0]["text"] == "still here"
    assert {tool["name"] for tool in listed.result["tools"]} == {"up__echo", "bad__echo"}
    record = next(one for one in play.records if one.name == "bad__echo")
    assert (record.outcome, record.server_id, record.error_code) == ("failed", "srv_bad", -32010)


def test_an_address_that_is_not_allowed_is_refused(play: Stage, upstream: Upstream) -> None:
    client = broken_hub(play, upstream, "http://169.254.169.254/mcp")
    client.initialize()
    answer = client.tool("bad__echo")
    assert answer.error["data"]["kind"] == "address"
    assert "metadata" in answer.error["message"]


@pytest.mark.parametrize(
    ("tool", "kind"),
    [
        ("hang", "timeout"),
        ("close", "closed"),
        ("close_stream", "closed"),
        ("garbage", "protocol"),
        ("wrong_id", "protocol"),
        ("page", "not_mcp"),
        ("endless", "too_large"),
    ],
)
def test_a_server_that_breaks_in_a_call_is_named_and_the_next_call_works(
    play: Stage,
    module_peers: Peers,
    tool: str,
    kind: str,
) -> None:
    play.hub("plain", play.spec("plain", module_peers.start("plain").url, timeout_ms=800))
    client = play.client("plain")
    client.initialize()
    answer = client.tool(f"plain__{tool}")
    assert answer.error["data"] == {"server": "plain", "kind": kind}
    assert client.tool("plain__echo", text="again").result["content"][0]["text"] == "again"


def test_a_call_is_not_sent_twice_when_its_connection_breaks(play: Stage, upstream: Upstream) -> None:
    calls = []

    @upstream.tool("once")
    async def once(asked):
        calls.append(asked)
        raise RuntimeError("the connection ends here")

    play.hub("hub", play.serve(upstream, eras=("handshake",)))
    client = play.client("hub")
    client.initialize()
    client.tool("up__echo")
    client.tool("up__once")
    assert len(calls) == 1


# -- warm sessions


def test_many_clients_share_one_handshake(play: Stage, upstream: Upstream) -> None:
    play.hub("hub", play.serve(upstream))
    opened = upstream.opened

    def use() -> None:
        client = play.client("hub")
        client.initialize("2025-06-18")
        for _ in range(3):
            assert client.tool("up__echo", text="x").status == 200

    users = [threading.Thread(target=use) for _ in range(8)]
    for user in users:
        user.start()
    for user in users:
        user.join(10)
    assert upstream.opened == opened + 1


def test_all_who_wait_share_one_handshake_even_if_the_first_leaves(play: Stage, upstream: Upstream) -> None:
    play.gateway()
    gate, begun = asyncio.Event(), asyncio.Event()

    @upstream.method("notifications/initialized")
    async def never(asked):
        return {}

    answer = upstream._initialize
    spec = play.serve(upstream)
    upstream.methods.clear()

    async def slow(asked, more):
        begun.set()
        await gate.wait()
        return answer(asked, more)

    async def result(asked, more):
        if asked.message["method"] == "initialize":
            return await slow(asked, more)
        return await type(upstream)._result(upstream, asked, more)

    upstream._result = result

    async def many(upstreams: Upstreams):
        tasks = [asyncio.create_task(upstreams.session(spec, era="handshake")) for _ in range(5)]
        await begun.wait()
        tasks[0].cancel()
        gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, *others = play.thread.run(many(play.upstreams[0]))
    assert isinstance(first, asyncio.CancelledError)
    assert len({id(session) for session in others}) == 1
    assert upstream.opened == 1


def test_sessions_are_kept_apart_by_version_capabilities_and_fingerprint(play: Stage, upstream: Upstream) -> None:
    play.gateway()
    spec = play.serve(upstream)

    async def sessions(upstreams: Upstreams):
        changed = msgspec.structs.replace(spec, fingerprint="up-2")
        return [
            await upstreams.session(spec, era="handshake"),
            await upstreams.session(spec, era="handshake", version="2025-11-25"),
            await upstreams.session(spec, era="handshake", version="2025-03-26"),
            await upstreams.session(spec, era="handshake", capabilities=b'{"sampling":{}}', scope="s"),
            await upstreams.session(spec, era="handshake", scope="t"),
            await upstreams.session(changed, era="handshake"),
            await upstreams.session(spec, era="stateless"),
        ]

    found = play.thread.run(sessions(play.upstreams[0]))
    assert found[0] is found[1]
    assert len({id(session) for session in found}) == 6


@pytest.mark.parametrize("status", [404, 400])
@pytest.mark.parametrize("capabilities", [{}, {"sampling": {}}])
def test_a_session_that_the_server_forgot_is_made_anew_unseen(
    play: Stage, upstream: Upstream, status: int, capabilities: dict[str, object]
) -> None:
    upstream.lost_status = status
    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    client.initialize(**capabilities)
    client.tool("up__echo", text="before")
    opened = upstream.opened
    upstream.sessions.clear()
    assert client.tool("up__echo", text="after").result["content"][0]["text"] == "after"
    assert upstream.opened == opened + 1


def test_what_was_set_in_a_lost_session_is_set_again(play: Stage, upstream: Upstream) -> None:
    upstream.capabilities = {"tools": {}, "logging": {}, "resources": {"subscribe": True}}
    for method in ("logging/setLevel", "resources/subscribe"):

        @upstream.method(method)
        async def done(asked):
            return {}

    @upstream.method("resources/list")
    async def listed(asked):
        return {"resources": [{"uri": "x://1", "name": "1"}]}

    @upstream.method("resources/templates/list")
    async def none(asked):
        return {"resourceTemplates": []}

    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    client.initialize()
    assert client.call("logging/setLevel", {"level": "warning"}).result == {}
    assert client.call("resources/subscribe", {"uri": "x://1"}).result == {}
    upstream.sessions.clear()
    client.tool("up__echo", text="x")
    client.tool("up__echo", text="y")
    last = upstream.seen[-1][1]["mcp-session-id"]
    again = [message["method"] for message, headers in upstream.seen if headers.get("mcp-session-id") == last]
    assert again.count("logging/setLevel") == 1
    assert again.count("resources/subscribe") == 1


def test_a_server_that_is_gone_for_good_is_an_error_not_a_loop(play: Stage, upstream: Upstream) -> None:
    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    client.initialize()
    client.tool("up__echo")

    async def refuse(asked, more):
        raise Fails(-32001, "Session not found", status=404)

    upstream._result = refuse
    answer = client.tool("up__echo")
    assert answer.error["code"] == -32010


def test_two_processes_open_one_session_for_one_client(play: Stage, upstream: Upstream) -> None:
    play.gateway()
    play.gateway()
    spec = play.serve(upstream)

    async def both():
        return await asyncio.gather(
            *(one.session(spec, era="handshake", scope="mcs_1", capabilities=b"{}") for one in play.upstreams)
        )

    first, second = play.thread.run(both())
    assert first.session_id == second.session_id
    assert upstream.opened == 1


def test_a_server_that_speaks_one_era_only_is_learned_once(play: Stage) -> None:
    old = Upstream(eras=("handshake",))

    @old.tool("echo")
    async def echo(asked):
        return text("x")

    play.hub("hub", play.serve(old))
    snapshot = play.hubs.snapshots["hub"]
    unknown = msgspec.structs.replace(snapshot.servers["srv_up"], eras=())
    play.hubs.snapshots["hub"] = msgspec.structs.replace(snapshot, servers={"srv_up": unknown})
    client = play.client("hub")
    for _ in range(3):
        assert client.ask("tools/call", {"name": "up__echo"}).result["resultType"] == "complete"
    assert len(old.calls("server/discover")) <= 2, "once when it was discovered, once when it was first called"


def test_idle_connections_are_used_again(play: Stage, upstream: Upstream) -> None:
    upstream.json_replies = False
    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    client.initialize()
    for _ in range(5):
        client.tool("up__echo", text="x")
    pool = play.upstreams[0]._http._client._idle
    eventually(lambda: sum(len(idle) for idle in pool.values()) >= 1)
    assert sum(len(idle) for idle in pool.values()) <= 3


def test_a_server_may_answer_with_events_and_batches(play: Stage, upstream: Upstream) -> None:
    upstream.json_replies = False
    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    client.initialize()
    assert client.tool("up__echo", text="by event").result["content"][0]["text"] == "by event"


def test_a_stream_of_the_server_that_breaks_off_is_resumed(play: Stage, upstream: Upstream) -> None:
    asked_again = []

    @upstream.tool("breaks")
    async def breaks(asked):
        await asked.event(
            {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}}, "e1"
        )
        await asked.send({"type": "http.response.body", "body": b"retry: 10\n\n"})
        upstream.pending = asked.message["id"]
        return

    async def stream(headers, receive, send):
        asked_again.append(headers.get("last-event-id"))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        data = msgspec.json.encode({"jsonrpc": "2.0", "id": upstream.pending, "result": text("the rest")})
        await send({"type": "http.response.body", "body": b"id: e2\ndata: " + data + b"\n\n"})

    upstream._stream = stream
    play.hub("hub", play.serve(upstream, eras=("handshake",)))
    client = play.client("hub")
    client.initialize()
    assert client.tool("up__breaks").result["content"][0]["text"] == "the rest"
    assert asked_again == ["e1"]
