"""Clients of one era with servers of the other: what is carried, and what is refused by name."""

import json

import pytest

from tests.engine.kit import PREFIX, Client, Stage, Stream, eventually
from tests.engine.upstream import Asked, Fails, Upstream, text

ELICIT = {"message": "Who?", "requestedSchema": {"type": "object", "properties": {}}}


def make(*eras: str) -> Upstream:
    made = Upstream(eras=eras)
    made.capabilities = {
        "tools": {}, "resources": {"subscribe": True}, "prompts": {}, "completions": {}, "logging": {},
    }  # fmt: skip

    add_tools(made)
    add_needs(made)
    add_other_things(made)
    return made


def add_tools(made: Upstream) -> None:
    @made.tool("echo")
    async def echo(asked: Asked):
        return text(json.dumps(asked.params))

    @made.tool("work")
    async def work(asked: Asked):
        token = asked.meta.get("progressToken")
        await asked.notify("notifications/progress", {"progressToken": token, "progress": 1})
        await asked.notify("notifications/message", {"level": "info", "data": asked.meta.get(f"{PREFIX}logLevel")})
        return text("done")

    @made.tool("fails")
    async def fails(asked: Asked):
        return text("It failed", isError=True)


def add_needs(made: Upstream) -> None:
    """Tools that want something of the client."""

    @made.tool("ask")
    async def ask(asked: Asked):
        answer = await asked.ask("elicitation/create", ELICIT)
        return text("no answer", isError=True) if "error" in answer else text("an answer")

    @made.tool("ask_anyway")
    async def ask_anyway(asked: Asked):
        await asked.ask("sampling/createMessage", {"messages": []})
        return text("went on without")

    @made.tool("wants_input")
    async def wants_input(asked: Asked):
        wanted = {"a": {"method": "elicitation/create", "params": ELICIT}, "b": {"method": "roots/list"}}
        return {"resultType": "input_required", "inputRequests": wanted}

    @made.tool("needs_capability")
    async def needs(asked: Asked):
        raise Fails(-32021, "I need a model", {"requiredCapabilities": {"sampling": {}}}, status=400)

    @made.tool("needs_url")
    async def needs_url(asked: Asked):
        raise Fails(-32042, "Sign in first", {"elicitations": []})


def add_other_things(made: Upstream) -> None:
    @made.method("resources/list")
    async def resources(asked: Asked):
        return {"resources": [{"uri": "x://1", "name": "1"}]}

    @made.method("resources/templates/list")
    async def templates(asked: Asked):
        return {"resourceTemplates": [{"uriTemplate": "x://t/{id}", "name": "t"}]}

    @made.method("resources/read")
    async def read(asked: Asked):
        if asked.params["uri"] == "x://t/none":
            raise Fails(-32602 if asked.stateless else -32002, "Resource not found", {"uri": "x://t/none"})
        return {
            "contents": [{"uri": asked.params["uri"], "blob": "AAAA"}],
            **({"ttlMs": 7, "cacheScope": "private"} if asked.stateless else {}),
        }

    @made.method("prompts/list")
    async def prompts(asked: Asked):
        return {"prompts": [{"name": "plan"}]}

    @made.method("prompts/get")
    async def get(asked: Asked):
        return {"messages": []}

    @made.method("completion/complete")
    async def complete(asked: Asked):
        return {"completion": {"values": ["a"]}}


@pytest.fixture
def old(play: Stage) -> tuple[Client, Upstream]:
    """A stateless client of a server that knows handshakes only."""
    upstream = make("handshake")
    play.hub("hub", play.serve(upstream))
    return play.client("hub"), upstream


@pytest.fixture
def new(play: Stage) -> tuple[Client, Upstream]:
    """A handshake client of a server that knows 2026-07-28 only."""
    upstream = make("stateless")
    play.hub("hub", play.serve(upstream))
    client = play.client("hub")
    client.initialize(elicitation={}, sampling={}, roots={}, extensions={"io.modelcontextprotocol/ui": {}})
    return client, upstream


# -- a stateless client, a handshake server


def test_results_get_what_the_era_asks_of_them(old: tuple[Client, Upstream]) -> None:
    client, _ = old
    assert client.ask("tools/call", {"name": "up__echo"}).result["resultType"] == "complete"
    assert client.ask("tools/call", {"name": "up__fails"}).result["isError"] is True
    read = client.ask("resources/read", {"uri": "x://t/5"}).result
    assert (read["resultType"], read["ttlMs"], read["cacheScope"]) == ("complete", 0, "private")
    assert read["contents"] == [{"uri": "x://t/5", "blob": "AAAA"}]
    assert client.ask("prompts/get", {"name": "up__plan"}).result == {"resultType": "complete", "messages": []}
    ref = {"ref": {"type": "ref/prompt", "name": "up__plan"}, "argument": {"name": "a", "value": ""}}
    assert client.ask("completion/complete", ref).result["completion"] == {"values": ["a"]}


def test_the_envelope_stays_behind_and_the_rest_of_meta_goes_on(old: tuple[Client, Upstream]) -> None:
    client, upstream = old
    params = {"name": "up__echo", "arguments": {}, "inputResponses": {}, "requestState": "x"}
    client.ask("tools/call", params, meta={"example.com/x": 1})
    seen = upstream.calls("tools/call")[-1]["params"]
    assert seen == {"name": "echo", "arguments": {}, "_meta": {"example.com/x": 1}}


def test_progress_and_wanted_logs_are_carried(old: tuple[Client, Upstream]) -> None:
    client, _ = old
    meta = {"progressToken": "mine", f"{PREFIX}logLevel": "info"}
    events = client.ask("tools/call", {"name": "up__work"}, meta=meta).events
    assert [event.get("method") for event in events] == ["notifications/progress", "notifications/message", None]
    assert events[0]["params"]["progressToken"] == "mine"


def test_a_missing_resource_has_the_code_of_the_clients_era(old: tuple[Client, Upstream]) -> None:
    error = old[0].ask("resources/read", {"uri": "x://t/none"}).error
    assert (error["code"], error["data"]) == (-32602, {"uri": "x://t/none"})


def test_a_question_that_cannot_be_carried_is_refused_by_name(play: Stage, old: tuple[Client, Upstream]) -> None:
    client, upstream = old
    error = client.ask("tools/call", {"name": "up__ask"}).error
    assert error["code"] == -32011
    assert 'Server "up" needs elicitation/create' in error["message"]
    assert "2026-07-28" in error["message"]
    assert "2025-11-25" in error["message"]
    assert error["data"] == {"server": "up", "feature": "elicitation/create"}
    assert play.record().error_code == -32011
    assert upstream.calls("initialize")[-1]["params"]["capabilities"] == {}


def test_a_server_that_can_do_without_an_answer_may(old: tuple[Client, Upstream]) -> None:
    result = old[0].ask("tools/call", {"name": "up__ask_anyway"}).result
    assert result["content"][0]["text"] == "went on without"


def test_a_page_to_visit_first_is_refused_by_name(old: tuple[Client, Upstream]) -> None:
    error = old[0].ask("tools/call", {"name": "up__needs_url"}).error
    assert (error["code"], error["data"]["feature"]) == (-32011, "elicitation by URL")
    assert "Sign in first" in error["message"]


# -- a handshake client, a stateless server


def test_the_stateless_fields_stay_behind(new: tuple[Client, Upstream]) -> None:
    client, _ = new
    assert set(client.tool("up__echo").result) == {"content"}
    assert set(client.call("resources/read", {"uri": "x://1"}).result) == {"contents"}
    assert client.tool("up__fails").result["isError"] is True


def test_the_server_gets_an_envelope_without_what_would_let_it_ask(new: tuple[Client, Upstream]) -> None:
    client, upstream = new
    client.call("logging/setLevel", {"level": "warning"})
    client.tool("up__echo", {"example.com/x": 1})
    meta = upstream.calls("tools/call")[-1]["params"]["_meta"]
    assert meta == {
        "example.com/x": 1,
        f"{PREFIX}protocolVersion": "2026-07-28",
        f"{PREFIX}clientInfo": {"name": "t", "version": "9"},
        f"{PREFIX}clientCapabilities": {"extensions": {"io.modelcontextprotocol/ui": {}}},
        f"{PREFIX}logLevel": "warning",
    }


def test_progress_and_logs_reach_a_handshake_client(new: tuple[Client, Upstream]) -> None:
    client, _ = new
    events = client.tool("up__work", {"progressToken": 3}).events
    assert [event.get("method") for event in events] == ["notifications/progress", "notifications/message", None]
    assert events[0]["params"]["progressToken"] == 3


def test_input_that_a_server_requires_is_refused_by_name(play: Stage, new: tuple[Client, Upstream]) -> None:
    error = new[0].tool("up__wants_input").error
    assert (error["code"], error["data"]) == (-32011, {"server": "up", "feature": "elicitation/create, roots/list"})
    assert play.record().outcome == "failed"


def test_a_capability_that_a_server_requires_is_refused_by_name(new: tuple[Client, Upstream]) -> None:
    error = new[0].tool("up__needs_capability").error
    assert (error["code"], error["data"]["feature"]) == (-32011, "sampling")
    assert "I need a model" in error["message"]


def test_subscriptions_of_a_handshake_client_become_a_listen_stream(play: Stage, new: tuple[Client, Upstream]) -> None:
    client, upstream = new
    streams: list[Asked] = []

    @upstream.method("subscriptions/listen")
    async def listen(asked: Asked):
        meta = {f"{PREFIX}subscriptionId": asked.message["id"]}
        await asked.notify("notifications/subscriptions/acknowledged", {"notifications": {}, "_meta": meta})
        streams.append(asked)
        await asked.hung_up()
        streams.remove(asked)
        return

    with Stream(*client.open("GET", **client.of_session())) as stream:
        assert client.call("resources/subscribe", {"uri": "x://1"}).result == {}
        asked = eventually(
            lambda: [one for one in streams if one.params["notifications"].get("resourceSubscriptions")]
        )[0]
        assert asked.params["notifications"] == {"resourceSubscriptions": ["x://1"]}
        play.thread.run(asked.notify("notifications/resources/updated", {"uri": "x://1", "_meta": {}}))
        told = stream.next()
        assert (told["method"], told["params"]) == ("notifications/resources/updated", {"uri": "x://1"})
        client.call("resources/unsubscribe", {"uri": "x://1"})
        eventually(lambda: asked not in streams)


def test_a_stateless_client_listens_to_a_handshake_server(play: Stage, old: tuple[Client, Upstream]) -> None:
    client, upstream = old
    upstream.has_stream = True
    subscribed = []

    @upstream.method("resources/subscribe")
    async def subscribe(asked: Asked):
        subscribed.append((asked.session, asked.params["uri"]))
        return {}

    wanted = {"notifications": {"resourceSubscriptions": ["x://1"]}}
    connection, response = client.open("POST", *client.asked("subscriptions/listen", wanted),
                                       **client.mirrored("subscriptions/listen", wanted))  # fmt: skip
    with Stream(connection, response) as stream:
        granted = stream.next()["params"]["notifications"]
        assert granted == {"resourceSubscriptions": ["x://1"]}
        session, uri = eventually(lambda: subscribed)[0]
        assert uri == "x://1"
        queue = eventually(lambda: upstream.streams.get(session))
        told = {"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": "x://1"}}
        play.thread.loop.call_soon_threadsafe(queue.put_nowait, told)
        heard = stream.next()
        assert heard["method"] == "notifications/resources/updated"
        assert heard["params"]["uri"] == "x://1"
        assert heard["params"]["_meta"] == {f"{PREFIX}subscriptionId": 1}
        response.close()
    eventually(lambda: session in upstream.ended)
