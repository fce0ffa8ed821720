"""Lists and calls through a hub: names, pages, rules, records, payloads as bytes."""

import json

import msgspec
import pytest

from proxy.engine.ports import HubSnapshot, ToolRoute
from tests.engine.kit import Client, Stage, eventually, key_principal
from tests.engine.upstream import Fails, Upstream, text


@pytest.fixture
def upstream() -> Upstream:
    made = Upstream()

    @made.tool("read_it", annotations={"readOnlyHint": True}, _meta={"ui": {"resourceUri": "ui://up/view"}})
    async def read_it(asked):
        return text("read", structuredContent={"n": 10**30}, _meta={"example.com/x": 1})

    @made.tool("write_it")
    async def write_it(asked):
        return text("wrote", isError=False)

    @made.tool("fails")
    async def fails(asked):
        return text("It failed", isError=True)

    @made.tool("errs")
    async def errs(asked):
        raise Fails(-32050, "Server's own words", {"hint": 1})

    @made.tool("picture")
    async def picture(asked):
        return {
            "content": [
                {"type": "image", "data": "aGVsbG8=", "mimeType": "image/png"},
                {"type": "text", "text": "{\n}"},
            ]
        }

    return made


@pytest.fixture
def client(play: Stage, upstream: Upstream) -> Client:
    play.hub("hub", play.serve(upstream))
    made = play.client("hub")
    made.initialize()
    return made


def names(client: Client, method: str = "tools/list") -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        result = client.call(method, cursor).result
        found += [tool["name"] for tool in result["tools"]]
        if "nextCursor" not in result:
            return found
        cursor = {"cursor": result["nextCursor"]}


def test_a_hub_prefixes_names_and_a_bare_one_does_not(play: Stage, client: Client, upstream: Upstream) -> None:
    assert names(client) == ["up__read_it", "up__write_it", "up__fails", "up__errs", "up__picture"]
    play.hub("bare", play.serve(upstream, "other"), naming="bare")
    bare = play.client("bare")
    bare.initialize()
    assert names(bare)[0] == "read_it"
    assert bare.tool("read_it").result["content"][0]["text"] == "read"


def test_definitions_and_results_keep_what_the_gateway_does_not_know(client: Client) -> None:
    tool = client.call("tools/list").result["tools"][0]
    assert tool["_meta"] == {"ui": {"resourceUri": "ui://up/view"}}
    result = client.tool("up__read_it").result
    assert result["_meta"] == {"example.com/x": 1}
    assert result["structuredContent"] == {"n": 10**30}


def test_binary_content_passes_unchanged(client: Client) -> None:
    content = client.tool("up__picture").result["content"]
    assert content == [{"type": "image", "data": "aGVsbG8=", "mimeType": "image/png"}, {"type": "text", "text": "{\n}"}]


def test_lists_come_in_pages(play: Stage, client: Client) -> None:
    play.gateway(page_size=2)
    paged = Client(play.url("hub", 1), session=client.session)
    result = paged.call("tools/list").result
    assert len(result["tools"]) == 2
    assert names(paged) == names(client)
    for method in ("tools/list", "resources/list", "prompts/list", "resources/templates/list"):
        assert paged.call(method, {"cursor": None}).status == 200


@pytest.mark.parametrize("cursor", ["nonsense", "", "W10", "WzEsMl0", 7, "Wy0xLCJ4Il0"])
def test_a_cursor_that_the_hub_did_not_give_is_refused_or_begins_anew(client: Client, cursor: object) -> None:
    answer = client.call("tools/list", {"cursor": cursor})
    if cursor == "Wy0xLCJ4Il0":  # [-1, "x"]
        assert len(answer.result["tools"]) == 5
    else:
        assert answer.error["code"] == -32602


def test_a_page_goes_on_after_its_last_name_when_the_list_changed(
    play: Stage, client: Client, upstream: Upstream
) -> None:
    play.gateway(page_size=2)
    paged = Client(play.url("hub", 1), session=client.session)
    first = paged.call("tools/list").result
    upstream.definitions.insert(0, {"name": "aaa", "inputSchema": {"type": "object"}})
    play.hub("hub", play.hubs.specs["srv_up"])
    second = paged.call("tools/list", {"cursor": first["nextCursor"]}).result
    assert [tool["name"] for tool in second["tools"]] == ["up__fails", "up__errs"]


def test_a_read_only_hub_neither_lists_nor_calls_what_writes(play: Stage, client: Client, upstream: Upstream) -> None:
    snapshot = play.hubs.snapshots["hub"]
    play.hubs.snapshots["hub"] = msgspec.structs.replace(snapshot, read_only=True, hub_id="hub_ro")
    reader = play.client("hub")
    reader.initialize()
    assert names(reader) == ["up__read_it"]
    assert reader.tool("up__read_it").result["content"]
    before = len(upstream.calls("tools/call"))
    answer = reader.tool("up__write_it")
    assert (answer.error["code"], answer.error["data"]["reason"]) == (-32003, "hub_read_only")
    assert len(upstream.calls("tools/call")) == before
    record = eventually(lambda: [one for one in play.records if one.name == "up__write_it"])[0]
    assert record.outcome == "refused"
    assert record.error == answer.error["message"]


def test_a_key_of_another_hub_is_told_so(play: Stage, client: Client) -> None:
    play.keys.principals["bound"] = key_principal("bound", hub_id="hub_elsewhere")
    bound = Client(client.url, key="bound")
    answer = bound.ask("tools/call", {"name": "up__read_it"})
    assert answer.error["data"]["reason"] == "key_hub"


def test_errors_and_tool_errors_are_the_servers_own(play: Stage, client: Client) -> None:
    assert client.tool("up__fails").result["isError"] is True
    assert play.record().outcome == "tool_error"
    error = client.tool("up__errs").error
    assert error == {"code": -32050, "message": "Server's own words", "data": {"hint": 1}}
    record = eventually(lambda: [one for one in play.records if one.name == "up__errs"])[0]
    assert (record.outcome, record.error_code, record.error) == ("failed", -32050, "Server's own words")


def test_payloads_are_recorded_only_where_the_hub_says_so(play: Stage, client: Client, upstream: Upstream) -> None:
    client.tool("up__write_it", secret="s3cret")
    assert play.record().arguments is None
    play.hub("payloads", play.serve(upstream, "kept"), record_payloads=True)
    keeping = play.client("payloads")
    keeping.initialize()
    keeping.tool("kept__write_it", a=1)
    record = eventually(lambda: [one for one in play.records if one.name == "kept__write_it"])[0]
    assert json.loads(record.arguments) == {"a": 1}
    assert json.loads(record.result) == {"content": [{"type": "text", "text": "wrote"}], "isError": False}


def test_a_paused_server_is_told_by_name(play: Stage, client: Client) -> None:
    snapshot = play.hubs.snapshots["hub"]
    server = msgspec.structs.replace(snapshot.servers["srv_up"], enabled=False)
    play.hubs.snapshots["hub"] = msgspec.structs.replace(snapshot, servers={"srv_up": server})
    answer = client.tool("up__read_it")
    assert answer.error["code"] == -32010
    assert answer.error["message"] == 'Server "up" is paused.'


def test_a_schema_with_loops_and_one_of_a_megabyte_pass_as_bytes(play: Stage, client: Client) -> None:
    loop = b'{"name":"loop","inputSchema":{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}}'
    huge = b'{"name":"huge","inputSchema":{"type":"object","description":"%s"}}' % (b"x" * 1_000_000)
    deep = b'{"name":"deep","inputSchema":%s}' % (b'{"a":' * 5000 + b"1" + b"}" * 5000)
    snapshot = play.hubs.snapshots["hub"]
    made = {
        name: ToolRoute(kind="tool", name=name, real="read_it", server_id="srv_up", definition=definition)
        for name, definition in (("loop", loop), ("huge", huge), ("deep", deep))
    }
    play.hubs.snapshots["hub"] = msgspec.structs.replace(snapshot, tools=made)
    answer = client.call("tools/list")
    assert loop in answer.body
    assert huge in answer.body
    assert deep in answer.body
    assert client.tool("huge").result["content"][0]["text"] == "read"


def test_the_door_for_pages_takes_the_same_way(play: Stage, client: Client) -> None:
    gateway, principal = play.gateways[0], play.keys.principals["good-key"]

    async def through(method: str, params: object, hub: HubSnapshot):
        return await gateway.call(principal, hub, method, json.dumps(params).encode(), client_name="inspector")

    alone = play.thread.run(play.hubs.of_server("srv_up"))
    reply = play.thread.run(through("tools/call", {"name": "read_it", "arguments": {}}, alone))
    assert json.loads(bytes(reply.result))["content"][0]["text"] == "read"
    record = play.record()
    assert (record.client_name, record.name, record.hub_id, record.outcome) == ("inspector", "read_it", "", "answered")
    listed = play.thread.run(through("tools/list", {}, alone))
    assert json.loads(bytes(listed.result))["tools"][0]["name"] == "read_it"
    unknown = play.thread.run(through("tools/call", {"name": "nothing"}, alone))
    assert json.loads(bytes(unknown.error))["code"] == -32602
    viewer = key_principal("viewer", role="viewer")
    refused = play.thread.run(gateway.call(viewer, alone, "tools/call", b'{"name":"read_it"}', client_name="inspector"))
    assert json.loads(bytes(refused.error))["code"] == -32003


def test_resources_and_prompts_find_their_server(play: Stage) -> None:
    one, two = Upstream(), Upstream()
    for number, made in enumerate((one, two)):
        made.capabilities = {"resources": {}, "prompts": {}, "completions": {}}

        @made.method("resources/list")
        async def resources(asked, number=number):
            return {"resources": [{"uri": f"s{number}://listed", "name": "listed"}]}

        @made.method("resources/templates/list")
        async def templates(asked, number=number):
            return {"resourceTemplates": [{"uriTemplate": "shared://" + str(number) + "/{id}/x", "name": "t"}]}

        @made.method("resources/read")
        async def read(asked, number=number):
            return {"contents": [{"uri": asked.params["uri"], "text": f"from {number}"}]}

        @made.method("prompts/list")
        async def prompts(asked, number=number):
            return {"prompts": [{"name": "plan"}]}

        @made.method("prompts/get")
        async def get(asked, number=number):
            return {"messages": [], "description": f"{asked.params['name']} of {number}"}

        @made.method("completion/complete")
        async def complete(asked, number=number):
            return {"completion": {"values": [f"{number}", json.dumps(asked.params["ref"])]}}

    play.hub("both", play.serve(one, "one"), play.serve(two, "two"))
    client = play.client("both")
    client.initialize()

    def read_text(uri: str) -> str:
        return client.call("resources/read", {"uri": uri}).result["contents"][0]["text"]

    assert read_text("s0://listed") == "from 0"
    assert read_text("s1://listed") == "from 1"
    assert read_text("shared://1/abc/x") == "from 1"
    assert read_text("s1://made/on/the/way") == "from 1", "whose scheme it is"
    error = client.call("resources/read", {"uri": "nobody://x"}).error
    assert (error["code"], error["data"]) == (-32002, {"uri": "nobody://x"})
    assert client.call("prompts/get", {"name": "two__plan"}).result["description"] == "plan of 1"
    named = client.call("completion/complete", {"ref": {"type": "ref/prompt", "name": "two__plan"}, "argument": {}})
    assert named.result["completion"]["values"] == ["1", '{"type": "ref/prompt", "name": "plan"}']
    for ref, number in (("shared://0/{id}/x", "0"), ("shared://1/{id}/x", "1")):
        found = client.call("completion/complete", {"ref": {"type": "ref/resource", "uri": ref}, "argument": {}})
        assert found.result["completion"]["values"][0] == number
    for bad in ({}, {"ref": 7}, {"ref": {"type": "ref/other"}}):
        assert client.call("completion/complete", bad).error["code"] == -32602


def test_an_app_link_that_no_list_has_leads_to_the_tools_server(play: Stage, upstream: Upstream) -> None:
    other = Upstream()
    other.capabilities = {"tools": {}, "resources": {}}
    upstream.capabilities = {"tools": {}, "resources": {}}
    for made, said in ((upstream, "right"), (other, "wrong")):

        @made.method("resources/read")
        async def read(asked, said=said):
            return {"contents": [{"uri": asked.params["uri"], "text": said}]}

        @made.method("resources/list")
        async def nothing(asked):
            return {"resources": []}

        @made.method("resources/templates/list")
        async def none(asked):
            return {"resourceTemplates": []}

    play.hub("apps", play.serve(upstream), play.serve(other, "other"))
    client = play.client("apps")
    client.initialize()
    assert client.call("resources/read", {"uri": "ui://up/view"}).result["contents"][0]["text"] == "right"
