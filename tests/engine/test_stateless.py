"""Clients of 2026-07-28: what every request must carry, and what is answered when it does not."""

import json

import pytest

from tests.engine.kit import PREFIX, STATELESS, Client, Stage, envelope, eventually
from tests.engine.upstream import Fails, Upstream, text

VERSION, CAPABILITIES = f"{PREFIX}protocolVersion", f"{PREFIX}clientCapabilities"


@pytest.fixture(scope="module")
def upstream() -> Upstream:
    made = Upstream()
    made.capabilities = {"tools": {}, "resources": {}, "logging": {}}

    @made.tool("echo")
    async def echo(asked):
        return text(json.dumps({"meta": asked.meta, "headers": asked.headers, "params": asked.params}))

    @made.tool(
        "weather",
        inputSchema={
            "type": "object",
            "properties": {
                "city": {"type": "string", "x-mcp-header": "City"},
                "days": {"type": "integer", "x-mcp-header": "Days"},
            },
        },
    )
    async def weather(asked):
        return text(json.dumps({name: value for name, value in asked.headers.items() if name.startswith("mcp-param")}))

    @made.tool("needy")
    async def needy(asked):
        raise Fails(-32021, "Needs sampling", {"requiredCapabilities": {"sampling": {}}}, status=400)

    @made.method("resources/list")
    async def resources(asked):
        return {"resources": [{"uri": "test://one", "name": "one"}]}

    @made.method("resources/templates/list")
    async def templates(asked):
        return {"resourceTemplates": []}

    @made.method("resources/read")
    async def read(asked):
        return {"contents": [], "ttlMs": 5000, "cacheScope": "public"}

    return made


@pytest.fixture(scope="module")
def client(shared: Stage, upstream: Upstream) -> Client:
    shared.hub("hub", shared.serve(upstream))
    return shared.client("hub")


def test_discovery_says_what_the_hub_is(client: Client) -> None:
    answer = client.ask("server/discover")
    result = answer.result
    assert answer.status == 200
    assert "mcp-session-id" not in answer.headers
    assert STATELESS in result["supportedVersions"]
    assert result["capabilities"] == {"tools": {"listChanged": True}, "resources": {"listChanged": True}, "logging": {}}
    assert result["resultType"] == "complete"
    assert result["_meta"][f"{PREFIX}serverInfo"]["name"] == "hub"
    assert (result["ttlMs"] >= 0, result["cacheScope"]) == (True, "private")


@pytest.mark.parametrize(
    "params",
    [
        None,
        {},
        {"_meta": {}},
        {"_meta": None},
        {"_meta": []},
        {"_meta": {VERSION: STATELESS}},
        {"_meta": {CAPABILITIES: {}}},
        {"_meta": {VERSION: STATELESS, CAPABILITIES: []}},
    ],
)
def test_a_request_without_its_envelope_is_400(client: Client, params: object) -> None:
    headers = {"MCP_Protocol_Version": STATELESS, "Mcp_Method": "server/discover"}
    answer = client.http("POST", client.message("server/discover", params, message_id=9), **headers)
    assert (answer.status, answer.error["code"], answer.json["id"]) == (400, -32602, 9)


def test_client_info_is_optional(client: Client) -> None:
    assert client.ask("tools/list", meta={f"{PREFIX}clientInfo": {"name": "n", "version": "2"}}).status == 200
    assert client.ask("tools/list", meta={f"{PREFIX}clientInfo": 7}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"MCP_Protocol_Version": None},
        {"MCP_Protocol_Version": "2026-01-01"},
        {"Mcp_Method": None},
        {"Mcp_Method": "tools/list"},
        {"Mcp_Name": None},
        {"Mcp_Name": "up__other"},
        {"Mcp_Name": "=?base64?not base64?="},
        {"Mcp_Name": "=?base64?dXBfX2VjaG9=?="},
    ],
)
def test_headers_that_do_not_match_the_body_are_400(client: Client, headers: dict[str, str | None]) -> None:
    answer = client.ask("tools/call", {"name": "up__echo", "arguments": {}}, **headers)
    assert (answer.status, answer.error["code"]) == (400, -32020)


def test_a_name_in_base64_matches(client: Client) -> None:
    assert client.ask("tools/call", {"name": "up__echo"}, Mcp_Name="=?base64?dXBfX2VjaG8=?=").status == 200


@pytest.mark.parametrize("version", ["v999", "2027-01-01", "2024-11-05"])
def test_an_unknown_version_is_told_the_known_ones(client: Client, version: str) -> None:
    answer = client.ask("server/discover", meta={VERSION: version}, MCP_Protocol_Version=version)
    assert (answer.status, answer.error["code"]) == (400, -32022)
    assert answer.error["data"] == {"supported": [STATELESS], "requested": version}


@pytest.mark.parametrize(
    "method",
    ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "unknown/method"],
)
def test_methods_that_the_era_does_not_have_are_404(client: Client, method: str) -> None:
    answer = client.ask(method)
    assert (answer.status, answer.error["code"]) == (404, -32601)


def test_lists_that_the_hub_does_not_have_are_404(client: Client) -> None:
    assert client.ask("prompts/list").status == 404


def test_get_and_delete_are_405(client: Client) -> None:
    for verb in ("GET", "DELETE"):
        assert client.http(verb, MCP_Protocol_Version=STATELESS).status == 405


def test_notifications_are_taken_and_answers_are_not(client: Client) -> None:
    headers = {"MCP_Protocol_Version": STATELESS}
    told = json.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {}}).encode()
    assert client.http("POST", told, **headers).status == 202
    assert client.http("POST", told, MCP_Protocol_Version="v9").error["code"] == -32022
    answered = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {}}).encode()
    assert client.http("POST", answered, **headers).status == 400


@pytest.mark.parametrize("method", ["tools/list", "resources/list", "resources/templates/list"])
def test_lists_carry_result_type_and_cache_hints(client: Client, method: str) -> None:
    result = client.ask(method).result
    assert result["resultType"] == "complete"
    assert result["ttlMs"] == 30_000
    assert result["cacheScope"] == "private"


def test_what_is_behind_a_key_is_private_whatever_the_server_says(client: Client) -> None:
    result = client.ask("resources/read", {"uri": "test://one"}).result
    assert (result["ttlMs"], result["cacheScope"]) == (5000, "private")


def test_an_unknown_resource_is_invalid_params_with_its_uri(client: Client) -> None:
    # The only server with resources is asked about URIs that it did not list; this hub's is not the only one here.
    answer = client.ask("prompts/get", {"name": "nothing"})
    assert (answer.status, answer.error["code"]) == (400, -32602)


def test_an_unknown_tool_is_invalid_params(client: Client) -> None:
    answer = client.ask("tools/call", {"name": "nothing"})
    assert (answer.status, answer.error["code"]) == (400, -32602)
    assert 'no tool "nothing"' in answer.error["message"]


@pytest.mark.parametrize("params", [{"arguments": {}}, {"name": 7}, {"name": None}])
def test_a_call_without_a_name_is_invalid_params(client: Client, params: dict[str, object]) -> None:
    headers = {"MCP_Protocol_Version": STATELESS, "Mcp_Method": "tools/call", "Mcp_Name": "x"}
    answer = client.http("POST", client.message("tools/call", {**params, "_meta": envelope()}), **headers)
    assert answer.status == 400
    assert answer.error["code"] in (-32602, -32020)


def test_the_server_sees_the_caller_and_its_own_name(client: Client) -> None:
    capabilities = {"elicitation": {}, "extensions": {"io.modelcontextprotocol/ui": {}, f"{PREFIX}tasks": {}}}
    meta = {f"{PREFIX}clientInfo": {"name": "c", "version": "1"}, CAPABILITIES: capabilities, "example.com/x": [1]}
    answer = client.ask("tools/call", {"name": "up__echo", "arguments": {"a": 1}}, meta=meta)
    seen = json.loads(answer.result["content"][0]["text"])
    assert seen["params"]["name"] == "echo"
    assert seen["params"]["arguments"] == {"a": 1}
    assert seen["headers"]["mcp-name"] == "echo"
    assert seen["headers"]["mcp-method"] == "tools/call"
    assert seen["headers"]["mcp-protocol-version"] == STATELESS
    assert "authorization" not in seen["headers"]
    assert seen["meta"][f"{PREFIX}clientInfo"] == {"name": "c", "version": "1"}
    assert seen["meta"]["example.com/x"] == [1]
    assert seen["meta"][CAPABILITIES] == {"elicitation": {}, "extensions": {"io.modelcontextprotocol/ui": {}}}


def test_mirrored_parameters_reach_the_server(client: Client) -> None:
    params = {"name": "up__weather", "arguments": {"city": "Zürich", "days": 3}}
    headers = {"Mcp_Param_City": "=?base64?WsO8cmljaA==?=", "Mcp_Param_Days": "3.0"}
    seen = json.loads(client.ask("tools/call", params, **headers).result["content"][0]["text"])
    assert seen == {"mcp-param-city": "=?base64?WsO8cmljaA==?=", "mcp-param-days": "3"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Mcp_Param_City": "Bern"},
        {"Mcp_Param_City": "Basel", "Mcp_Param_Days": "3"},
        {"Mcp_Param_City": "Bern", "Mcp_Param_Days": "4"},
        {"Mcp_Param_City": "Bern", "Mcp_Param_Days": "3.5"},
        {"Mcp_Param_City": "=?base64?x?=", "Mcp_Param_Days": "3"},
    ],
)
def test_mirrored_parameters_that_do_not_match_are_400(client: Client, headers: dict[str, str]) -> None:
    answer = client.ask("tools/call", {"name": "up__weather", "arguments": {"city": "Bern", "days": 3}}, **headers)
    assert (answer.status, answer.error["code"]) == (400, -32020)
    assert "Mcp-Param-" in answer.error["message"]


def test_a_mirrored_parameter_without_its_argument_is_400(client: Client) -> None:
    answer = client.ask("tools/call", {"name": "up__weather", "arguments": {}}, Mcp_Param_City="Bern")
    assert answer.error["code"] == -32020


def test_a_missing_capability_is_passed_on_as_it_is(client: Client) -> None:
    answer = client.ask("tools/call", {"name": "up__needy"})
    assert (answer.status, answer.error["code"]) == (400, -32021)
    assert answer.error["data"] == {"requiredCapabilities": {"sampling": {}}}


def test_input_required_is_passed_on_and_recorded(shared: Stage, client: Client, upstream: Upstream) -> None:
    asked_for = {"name": {"method": "elicitation/create", "params": {"message": "Who?"}}}

    @upstream.tool("interview")
    async def interview(asked):
        if "inputResponses" in asked.params:
            return text(json.dumps([asked.params["inputResponses"], asked.params["requestState"]]))
        return {"resultType": "input_required", "inputRequests": asked_for, "requestState": "opaque+/="}

    shared.hub("again", shared.serve(upstream, "again"))
    other = shared.client("again")
    first = other.ask("tools/call", {"name": "again__interview"}).result
    assert first == {"resultType": "input_required", "inputRequests": asked_for, "requestState": "opaque+/="}
    record = eventually(lambda: [one for one in shared.records if one.name == "again__interview"])[0]
    assert record.outcome == "input_required"
    answers = {"name": {"action": "accept", "content": {"name": "Ada"}}}
    retry = {"name": "again__interview", "inputResponses": answers, "requestState": first["requestState"]}
    assert json.loads(other.ask("tools/call", retry).result["content"][0]["text"]) == [answers, "opaque+/="]


def test_a_field_that_stands_twice_means_one_thing_everywhere(client: Client, upstream: Upstream) -> None:
    meta = json.dumps(envelope())
    body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"up__needy","name":"up__echo","_meta":%s}}'
    headers = {"MCP_Protocol_Version": STATELESS, "Mcp_Method": "tools/call", "Mcp_Name": "up__echo"}
    assert client.http("POST", (body % meta).encode(), **headers).status == 200
    assert upstream.calls("tools/call")[-1]["params"]["name"] == "echo"
