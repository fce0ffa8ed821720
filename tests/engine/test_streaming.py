"""What a server says before it answers, what it asks, and how calls end early; in both eras, across processes."""

import asyncio
import json
import threading

import pytest

from tests.engine.kit import PREFIX, Client, Stage, Stream, eventually
from tests.engine.upstream import Asked, Upstream, text

ELICIT = {"message": "Who?", "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}}}


@pytest.fixture
def upstream() -> Upstream:
    made = Upstream()
    made.capabilities = {"tools": {}, "logging": {}}
    made.cancelled = []

    @made.tool("work")
    async def work(asked: Asked):
        token = asked.meta.get("progressToken")
        for step in (1, 2):
            await asked.notify("notifications/progress", {"progressToken": token, "progress": step, "total": 2})
            await asked.notify("notifications/message", {"level": "info", "data": f"step {step}"})
        await asked.notify("notifications/progress", {"progressToken": "somebody else's", "progress": 9})
        await asked.notify("notifications/message", {"level": "debug", "data": "detail"})
        return text(f"token {token}")

    @made.tool("ask")
    async def ask(asked: Asked):
        answer = await asked.ask(asked.arguments["method"], asked.arguments["params"])
        return text(json.dumps({name: value for name, value in answer.items() if name not in ("jsonrpc", "id")}))

    @made.tool("wait")
    async def wait(asked: Asked):
        if asked.arguments.get("loud"):
            await asked.notify("notifications/message", {"level": "error", "data": "waiting"})
        await asked.hung_up()
        made.cancelled.append(asked.message["id"])
        return

    return made


@pytest.fixture
def client(play: Stage, upstream: Upstream) -> Client:
    play.hub("hub", play.serve(upstream))
    return play.client("hub")


def start(client: Client, name: str, _meta: object = None, /, **arguments: object) -> Stream:
    """A call in the session whose answer is a stream."""
    params = {"name": name, "arguments": arguments} | ({"_meta": _meta} if _meta else {})
    stream = Stream(
        *client.open("POST", client.message("tools/call", params, message_id="call"), **client.of_session())
    )
    assert stream.response.getheader("content-type") == "text/event-stream"
    return stream


def test_a_server_that_talks_without_end_is_ended(play: Stage, upstream: Upstream) -> None:
    @upstream.tool("talk")
    async def talk(asked: Asked):
        gone = asyncio.ensure_future(asked.hung_up())
        while not gone.done():
            await asked.notify("notifications/message", {"level": "error", "data": "more"})
            await asyncio.wait([gone], timeout=0.02)
        upstream.cancelled.append(asked.message["id"])

    play.gateway(longest_s=0.3)
    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    client.initialize()
    error = client.tool("up__talk").events[-1]["error"]
    assert (error["code"], error["data"]) == (-32010, {"server": "up", "kind": "timeout"})
    assert play.record().outcome == "failed"
    eventually(lambda: upstream.cancelled)


def test_progress_comes_under_the_clients_own_token(client: Client, upstream: Upstream) -> None:
    client.initialize()
    events = client.tool("up__work", {"progressToken": "mine"}).events
    progress = [event["params"] for event in events if event.get("method") == "notifications/progress"]
    assert [one["progress"] for one in progress] == [1, 2]
    assert {one["progressToken"] for one in progress} == {"mine"}
    given = upstream.calls("tools/call")[-1]["params"]["_meta"]["progressToken"]
    assert given != "mine", "tokens of several clients must not meet in one session"
    assert events[-1]["result"]["content"][0]["text"] == f"token {given}"


def test_a_number_stays_a_number_as_token(client: Client) -> None:
    client.initialize()
    events = client.tool("up__work", {"progressToken": 7}).events
    assert {e["params"]["progressToken"] for e in events if e.get("method") == "notifications/progress"} == {7}


def test_a_client_that_takes_json_alone_gets_the_answer_alone(client: Client) -> None:
    client.initialize()
    answer = client.call("tools/call", {"name": "up__work"}, Accept="application/json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.result["content"]


def test_a_stateless_client_gets_logs_from_its_level_on_and_only_if_it_asks(client: Client) -> None:
    def levels(**meta: str) -> list[str]:
        events = client.ask(
            "tools/call", {"name": "up__work"}, meta={f"{PREFIX}{k}": v for k, v in meta.items()}
        ).events
        return [event["params"]["level"] for event in events if event.get("method") == "notifications/message"]

    assert levels() == []
    assert levels(logLevel="info") == ["info", "info"]
    assert levels(logLevel="debug") == ["info", "info", "debug"]
    assert levels(logLevel="error") == []


@pytest.mark.parametrize(
    ("capability", "method", "params", "result"),
    [
        ("elicitation", "elicitation/create", ELICIT, {"action": "accept", "content": {"name": "Ada"}}),
        (
            "elicitation",
            "elicitation/create",
            {"mode": "url", "url": "https://x.example", "message": "Go"},
            {"action": "accept"},
        ),
        ("sampling", "sampling/createMessage", {"messages": [], "maxTokens": 5}, {"role": "assistant", "model": "m"}),
        ("roots", "roots/list", {}, {"roots": [{"uri": "file:///x"}]}),
    ],
)
def test_a_server_asks_and_the_answer_may_come_to_another_process(
    play: Stage, client: Client, capability: str, method: str, params: object, result: object
) -> None:
    play.gateway()
    client.initialize(**{capability: {}})
    with start(client, "up__ask", method=method, params=params) as stream:
        asked = stream.next()
        assert (asked["method"], asked["params"]) == (method, params)
        elsewhere = Client(play.url("hub", 1), session=client.session)
        assert elsewhere.answer(asked["id"], result=result).status == 202
        assert json.loads(stream.next()["result"]["content"][0]["text"]) == {"result": result}


def test_an_answer_that_is_an_error_reaches_the_server(client: Client) -> None:
    client.initialize(elicitation={})
    with start(client, "up__ask", method="elicitation/create", params=ELICIT) as stream:
        client.answer(stream.next()["id"], error={"code": -1, "message": "No"})
        assert json.loads(stream.next()["result"]["content"][0]["text"]) == {"error": {"code": -1, "message": "No"}}


def test_the_answer_of_another_session_counts_for_nothing(client: Client, play: Stage) -> None:
    client.initialize(elicitation={})
    thief = play.client("hub")
    thief.initialize(elicitation={})
    with start(client, "up__ask", method="elicitation/create", params=ELICIT) as stream:
        asked = stream.next()
        thief.answer(asked["id"], result={"action": "accept", "content": {"name": "thief"}})
        client.answer(asked["id"], result={"action": "decline"})
        assert "decline" in stream.next()["result"]["content"][0]["text"]


def test_a_capability_that_the_client_lacks_is_refused_for_it(client: Client, upstream: Upstream) -> None:
    client.initialize(sampling={})
    answer = client.tool("up__ask", method="elicitation/create", params=ELICIT)
    assert json.loads(answer.result["content"][0]["text"])["error"]["code"] == -32601


def test_a_session_that_is_shared_offers_nothing_to_ask(client: Client, upstream: Upstream) -> None:
    client.initialize()
    client.tool("up__work")
    client.initialize(sampling={}, elicitation={"url": {}}, roots={"listChanged": True}, experimental={"x": {}})
    client.tool("up__work")
    shared, own = (message["params"]["capabilities"] for message in upstream.calls("initialize")[-2:])
    assert shared == {}
    assert own == {
        "sampling": {},
        "elicitation": {"url": {}},
        "roots": {"listChanged": True},
        "experimental": {"x": {}},
    }


def test_ending_the_session_ends_what_is_under_way(play: Stage, client: Client) -> None:
    play.gateway()
    client.initialize(elicitation={})
    with start(client, "up__ask", method="elicitation/create", params=ELICIT) as stream:
        stream.next()
        Client(play.url("hub", 1), session=client.session).http("DELETE", **client.of_session())
        assert stream.ends()[-1]["error"] == {"code": -32800, "message": "The session was ended."}


def test_a_person_who_does_not_answer_does_not_hold_the_call_for_ever(play: Stage, upstream: Upstream) -> None:
    play.gateway(ask_timeout_s=0.2)
    play.hub("hasty", play.serve(upstream))
    client = play.client("hasty")
    client.initialize(elicitation={})
    with start(client, "up__ask", method="elicitation/create", params=ELICIT) as stream:
        asked = stream.next()
        withdrawn = stream.next()
        assert (withdrawn["method"], withdrawn["params"]) == ("notifications/cancelled", {"requestId": asked["id"]})
        assert "did not answer" in stream.next()["result"]["content"][0]["text"]


@pytest.mark.parametrize("gateway", [0, 1])
def test_a_cancelled_call_ends_at_the_server_whichever_process_hears_of_it(
    play: Stage, client: Client, upstream: Upstream, gateway: int
) -> None:
    play.gateway()
    client.initialize()
    with start(client, "up__wait", loud=True) as stream:
        stream.next()
        other = Client(play.url("hub", gateway), session=client.session)
        other.send("notifications/cancelled", {"requestId": "call", "reason": "enough"})
        assert stream.next()["error"]["code"] == -32800
    eventually(lambda: upstream.cancelled)
    sent = eventually(lambda: upstream.calls("notifications/cancelled"))[0]
    assert sent["params"]["requestId"] == upstream.calls("tools/call")[-1]["id"]
    assert play.record().outcome == "cancelled"


def test_a_silent_call_is_cancelled_too(client: Client, upstream: Upstream) -> None:
    client.initialize()
    answers = []
    caller = threading.Thread(
        target=lambda: answers.append(client.call("tools/call", {"name": "up__wait"}, message_id="w"))
    )
    caller.start()
    eventually(lambda: upstream.calls("tools/call"))
    client.send("notifications/cancelled", {"requestId": "w"})
    caller.join(10)
    assert answers[0].error["code"] == -32800


def test_another_sessions_call_cannot_be_cancelled(play: Stage, client: Client, upstream: Upstream) -> None:
    client.initialize()
    thief = play.client("hub")
    thief.initialize()
    with start(client, "up__wait", loud=True) as stream:
        stream.next()
        thief.send("notifications/cancelled", {"requestId": "call"})
        client.call("ping")
        assert upstream.cancelled == []


@pytest.mark.parametrize("loud", [True, False])
def test_a_stateless_client_cancels_by_hanging_up(play: Stage, client: Client, upstream: Upstream, loud: bool) -> None:
    params = {"name": "up__wait", "arguments": {"loud": loud}}
    meta = {f"{PREFIX}logLevel": "error"}
    made = client.message("tools/call", {**params, "_meta": {f"{PREFIX}protocolVersion": "2026-07-28",
                                                            f"{PREFIX}clientCapabilities": {}, **meta}})  # fmt: skip
    if loud:
        connection, response = client.open("POST", made, **client.mirrored("tools/call", params))
        assert Stream(connection, response).next()["method"] == "notifications/message"
        response.close()
        connection.close()
    else:
        with pytest.raises(TimeoutError):
            client.open("POST", made, timeout=0.3, **client.mirrored("tools/call", params))
    eventually(lambda: upstream.cancelled)
    assert play.record().outcome == "cancelled"


def test_a_handshake_client_that_hangs_up_has_not_cancelled(play: Stage, client: Client, upstream: Upstream) -> None:
    client.initialize(elicitation={})
    stream = start(client, "up__ask", method="elicitation/create", params=ELICIT)
    asked = stream.next()
    stream.response.close()
    stream.close()
    client.call("ping")
    client.answer(asked["id"], result={"action": "decline"})
    assert play.record().outcome == "answered"


def test_a_server_may_ping(client: Client) -> None:
    client.initialize()
    answer = client.tool("up__ask", method="ping", params={})
    assert json.loads(answer.result["content"][0]["text"]) == {"result": {}}


def test_a_stream_that_broke_off_is_resumed_in_another_process(play: Stage, client: Client) -> None:
    play.gateway()
    client.initialize(elicitation={})
    stream = start(client, "up__ask", method="elicitation/create", params=ELICIT)
    first = stream.response.readline().decode()
    assert first.startswith("id: "), "2025-11-25 primes resuming with an event that has no data"
    primed = first[4:].strip()
    asked = stream.next()
    stream.close()
    other = Client(play.url("hub", 1), session=client.session)
    with Stream(*other.open("GET", Last_Event_ID=primed, **other.of_session())) as again:
        assert again.next() == asked
        other.answer(asked["id"], result={"action": "cancel"})
        rest = again.ends()
    assert [one["id"] for one in rest] == ["call"]
    assert "cancel" in rest[0]["result"]["content"][0]["text"]
    with Stream(*other.open("GET", Last_Event_ID=again.last_id, **other.of_session())) as nothing:
        client.http("DELETE", **client.of_session())
        assert nothing.response.status == 200


def test_older_clients_get_no_event_without_data(client: Client) -> None:
    client.initialize("2025-06-18")
    body = client.tool("up__work").body
    assert b"data: \n" not in body
    assert b"\nid: " in b"\n" + body


def test_a_quiet_call_turns_into_a_stream_with_signs_of_life(play: Stage, upstream: Upstream) -> None:
    play.gateway(quiet_s=0.05, ping_s=0.05)
    play.hub("quiet", play.serve(upstream))
    client = play.client("quiet")
    client.initialize()
    with start(client, "up__wait") as stream:
        lines = [stream.response.readline() for _ in range(8)]
        assert lines.count(b": ping\n") >= 2
        client.send("notifications/cancelled", {"requestId": "call"})
        assert stream.next()["error"]["code"] == -32800
