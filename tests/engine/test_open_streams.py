"""Streams that stay open: what they tell, and what ends them."""

import threading
import time

import msgspec
import pytest

from tests.engine.kit import OTHER, PREFIX, Client, Stage, Stream, eventually, key_principal
from tests.engine.upstream import Asked, Upstream, text


@pytest.fixture
def upstream() -> Upstream:
    made = Upstream()
    made.capabilities = {"tools": {"listChanged": True}, "logging": {}, "resources": {"subscribe": True}}
    made.has_stream = True

    @made.tool("echo")
    async def echo(asked: Asked):
        return text("x")

    @made.tool("wait")
    async def wait(asked: Asked):
        await asked.notify("notifications/progress", {"progressToken": asked.meta.get("progressToken"), "progress": 0})
        await asked.hung_up()
        made.gone = True
        return

    @made.method("resources/list")
    async def resources(asked: Asked):
        return {"resources": [{"uri": "x://1", "name": "1"}]}

    @made.method("resources/templates/list")
    async def templates(asked: Asked):
        return {"resourceTemplates": []}

    for method in ("resources/subscribe", "resources/unsubscribe", "logging/setLevel"):

        @made.method(method)
        async def done(asked: Asked):
            return {}

    return made


@pytest.fixture
def client(play: Stage, upstream: Upstream) -> Client:
    play.hub("hub", play.serve(upstream))
    return play.client("hub")


def get(client: Client, **headers: str) -> Stream:
    stream = Stream(*client.open("GET", **(client.of_session() | headers)))
    assert stream.response.status == 200
    assert stream.response.getheader("content-type") == "text/event-stream"
    assert stream.response.readline() == b": ping\n"
    return stream


def listen(client: Client, **wanted: object) -> Stream:
    params = {"notifications": wanted}
    made = client.asked("subscriptions/listen", params)
    stream = Stream(*client.open("POST", *made, **client.mirrored("subscriptions/listen", params)))
    acknowledged = stream.next()
    assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
    assert acknowledged["params"]["notifications"] == wanted
    return stream


def tell(play: Stage, upstream: Upstream, session: str, method: str, **params: object) -> None:
    queue = eventually(lambda: upstream.streams.get(session))
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    play.thread.loop.call_soon_threadsafe(queue.put_nowait, message)


def session_of(upstream: Upstream) -> str:
    """The server's own session in which the last call came."""
    return [headers["mcp-session-id"] for message, headers in upstream.seen if message.get("method") == "tools/call"][
        -1
    ]


def drop_tool(play: Stage) -> None:
    """The hub does not offer `wait` any more."""
    snapshot = play.hubs.snapshots["hub"]
    tools = {name: route for name, route in snapshot.tools.items() if name != "up__wait"}
    play.hubs.snapshots["hub"] = msgspec.structs.replace(snapshot, tools=tools, version=snapshot.version + 1)
    play.changed()


# -- lists that changed


def test_a_changed_hub_is_told_on_the_sessions_stream(play: Stage, client: Client) -> None:
    client.initialize()
    with get(client) as stream:
        drop_tool(play)
        told = stream.next()
        assert told == {"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {}}
        assert [tool["name"] for tool in client.call("tools/list").result["tools"]] == ["up__echo"]


def test_a_change_of_something_else_is_not_told(play: Stage, client: Client) -> None:
    client.initialize()
    with get(client) as stream:
        play.changed()
        drop_tool(play)
        assert stream.next()["method"] == "notifications/tools/list_changed"


def test_listening_tells_what_was_asked_for_under_its_id(play: Stage, client: Client) -> None:
    with listen(client, promptsListChanged=True) as other, listen(client, toolsListChanged=True) as stream:
        drop_tool(play)
        told = stream.next()
        assert told["method"] == "notifications/tools/list_changed"
        assert told["params"]["_meta"][f"{PREFIX}subscriptionId"] == 2
        play.thread.run(play.gateways[0].stop())
        last = stream.ends()
        assert [(one["id"], one["result"]["resultType"]) for one in last] == [(2, "complete")]
        assert [one.get("method") for one in other.ends()] == [None], "tools were not asked for"


@pytest.mark.parametrize("era", ["handshake", "stateless"])
def test_a_server_that_says_its_list_changed_is_discovered_again(
    play: Stage, client: Client, upstream: Upstream, era: str
) -> None:
    listening: list[Asked] = []

    @upstream.method("subscriptions/listen")
    async def on_listen(asked: Asked):
        await asked.notify("notifications/subscriptions/acknowledged", {"notifications": {}})
        listening.append(asked)
        await asked.hung_up()
        return

    if era == "handshake":
        client.initialize()
        with get(client):
            eventually(lambda: upstream.streams)
            for session in list(upstream.streams):
                tell(play, upstream, session, "notifications/tools/list_changed")
            eventually(lambda: "srv_up" in play.hubs.stale_servers)
    else:
        with listen(client, toolsListChanged=True):
            asked = eventually(lambda: listening)[0]
            play.thread.run(asked.notify("notifications/tools/list_changed", {}))
            eventually(lambda: "srv_up" in play.hubs.stale_servers)


@pytest.mark.parametrize("notifications", [None, 7, [], {"resourceSubscriptions": "x"}, {"toolsListChanged": "yes"}])
def test_a_filter_that_is_none_is_refused(client: Client, notifications: object) -> None:
    answer = client.ask("subscriptions/listen", {"notifications": notifications})
    assert (answer.status, answer.error["code"]) == (400, -32602)


def test_listening_needs_events(client: Client) -> None:
    answer = client.ask("subscriptions/listen", {"notifications": {}}, Accept="application/json")
    assert answer.status == 406


# -- what belongs to one client


def test_logs_and_updates_of_a_clients_own_session_reach_it_in_any_process(
    play: Stage, client: Client, upstream: Upstream
) -> None:
    play.gateway()
    client.initialize()
    other = Client(play.url("hub", 1), session=client.session)
    with get(other) as stream:
        assert client.call("resources/subscribe", {"uri": "x://1"}).result == {}
        client.tool("up__echo")
        session = session_of(upstream)
        tell(play, upstream, session, "notifications/resources/updated", uri="x://1")
        assert stream.next()["params"] == {"uri": "x://1"}
        tell(play, upstream, session, "notifications/message", level="info", data="hello")
        assert stream.next()["params"]["data"] == "hello"


def test_one_clients_updates_are_not_another_ones(play: Stage, client: Client, upstream: Upstream) -> None:
    client.initialize()
    stranger = Client(client.url, key=OTHER)
    stranger.initialize()
    with get(client) as stream, get(stranger) as foreign:
        client.call("resources/subscribe", {"uri": "x://1"})
        client.tool("up__echo")
        tell(play, upstream, session_of(upstream), "notifications/resources/updated", uri="x://1")
        assert stream.next()["method"] == "notifications/resources/updated"
        drop_tool(play)
        assert foreign.next()["method"] == "notifications/tools/list_changed"


def test_a_server_asks_outside_of_any_call(play: Stage, client: Client, upstream: Upstream) -> None:
    client.initialize(elicitation={})
    client.tool("up__echo")
    session = session_of(upstream)
    with get(client) as stream:
        queue = eventually(lambda: upstream.streams.get(session))
        asked = {"jsonrpc": "2.0", "id": "q1", "method": "elicitation/create", "params": {"message": "Who?"}}
        play.thread.loop.call_soon_threadsafe(queue.put_nowait, asked)
        heard = stream.next()
        assert (heard["method"], heard["params"]) == ("elicitation/create", {"message": "Who?"})
        client.answer(heard["id"], result={"action": "decline"})
    answer = eventually(lambda: [message for message, _ in upstream.seen if message.get("id") == "q1"])[0]
    assert answer["result"] == {"action": "decline"}


def test_what_nobody_read_waits_for_the_next_stream(play: Stage, client: Client, upstream: Upstream) -> None:
    client.initialize(elicitation={})
    client.tool("up__echo")
    session = session_of(upstream)
    for data in ("one", "two"):
        tell(play, upstream, session, "notifications/message", level="info", data=data)
    with get(client) as stream:
        assert stream.next()["params"]["data"] == "one"
        seen = stream.last_id
        assert stream.next()["params"]["data"] == "two"
    with get(client, Last_Event_ID=seen) as again:
        assert again.next()["params"]["data"] == "two"
    with get(client) as fresh:
        tell(play, upstream, session, "notifications/message", level="info", data="three")
        assert fresh.next()["params"]["data"] == "three"


def test_the_newest_stream_of_a_session_is_the_one(play: Stage, client: Client) -> None:
    play.gateway()
    client.initialize()
    with get(client) as first, get(Client(play.url("hub", 1), session=client.session)) as second:
        assert first.ends() == []
        drop_tool(play)
        assert second.next()["method"] == "notifications/tools/list_changed"


# -- what ends streams


def revoke(play: Stage, why: str) -> None:
    if why == "revoked":
        del play.keys.principals["good-key"]
    elif why == "hub":
        del play.hubs.snapshots["hub"]
    else:
        play.keys.principals["good-key"] = key_principal("good-key", role="viewer")
    play.changed()


@pytest.mark.parametrize("why", ["revoked", "hub", "role"])
@pytest.mark.parametrize("kind", ["get", "listen", "call"])
def test_a_key_that_does_not_pass_any_more_ends_streams_within_a_second(
    play: Stage, client: Client, upstream: Upstream, why: str, kind: str
) -> None:
    client.initialize()
    if kind == "get":
        stream = get(client)
    elif kind == "listen":
        stream = listen(client, toolsListChanged=True)
    else:
        params = {"name": "up__wait", "_meta": {"progressToken": 1}}
        stream = Stream(*client.open("POST", client.message("tools/call", params), **client.of_session()))
        stream.next()
        eventually(lambda: play.gateways[0].guards)
    with stream:
        begun = time.monotonic()
        revoke(play, why)
        rest = stream.ends()
        assert time.monotonic() - begun < 1
    if kind == "call":
        assert rest[-1]["error"]["code"] == -32004
        eventually(lambda: getattr(upstream, "gone", False))
        assert play.record().outcome == "cancelled"


def test_other_keys_go_on(play: Stage, client: Client) -> None:
    other = Client(client.url, key=OTHER)
    other.initialize()
    with get(other) as stream:
        revoke(play, "revoked")
        drop_tool(play)
        assert stream.next()["method"] == "notifications/tools/list_changed"


def test_a_key_that_expires_ends_its_streams(play: Stage, client: Client) -> None:
    play.keys.principals["short"] = key_principal("short", expires_at=time.time() + 0.3)
    short = Client(client.url, key="short")
    short.initialize()
    with get(short) as stream:
        assert stream.ends() == []


def test_a_revoked_key_gets_401_at_once(play: Stage, client: Client) -> None:
    client.initialize()
    del play.keys.principals["good-key"]
    assert client.call("ping").status == 401


def test_a_session_that_ends_closes_its_stream(play: Stage, client: Client) -> None:
    client.initialize()
    with get(client) as stream:
        client.http("DELETE", **client.of_session())
        assert stream.ends() == []


def test_stopping_ends_every_stream(play: Stage, client: Client) -> None:
    client.initialize()
    with get(client) as stream, listen(client, toolsListChanged=True) as listening:
        play.thread.run(play.gateways[0].stop())
        assert stream.ends() == []
        assert "result" in listening.ends()[-1]
    eventually(lambda: not play.gateways[0].guards)


def test_streams_leave_nothing_behind(play: Stage, client: Client) -> None:
    client.initialize()
    before = threading.active_count()
    for _ in range(3):
        with get(client) as stream, listen(client, toolsListChanged=True) as listening:
            stream.response.close()
            listening.response.close()
    gateway = play.gateways[0]
    eventually(lambda: not gateway.guards and not gateway.watches._wanted and not gateway.watches._tasks)
    assert threading.active_count() <= before
