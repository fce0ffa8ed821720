"""What the gateway refuses before a request reaches a hub, and with which words."""

import json
import socket
import time
from urllib.parse import urlsplit

import pytest

from tests.engine.kit import KEY, OTHER, Client, Stage, eventually, key_principal
from tests.engine.upstream import Upstream, text

PATHS = ("/mcp", "/mcp/", "/mcp/memory/hub", "/mcp/memory/nothing", "/mcp/nobody/hub", "/mcp/a/b/c", "/mcp/x")
PING = b'{"jsonrpc":"2.0","id":7,"method":"ping"}'


@pytest.fixture(scope="module")
def client(shared: Stage) -> Client:
    upstream = Upstream()

    @upstream.tool("echo")
    async def echo(asked):
        return text(asked.arguments)

    shared.gateway(max_body_bytes=100_000, allowed_origins=("https://app.example.com",))
    shared.hub("hub", shared.serve(upstream))
    shared.keys.principals["expired"] = key_principal("expired", expires_at=time.time() - 1)
    shared.keys.principals["bound"] = key_principal("bound", hub_id="hub_hub")
    shared.keys.principals["elsewhere"] = key_principal("elsewhere", workspace_id="wsp_other")
    shared.keys.principals["viewer"] = key_principal("viewer", role="viewer")
    shared.keys.principals["readonly"] = key_principal("readonly", scopes=frozenset({"read"}))
    made = shared.client("hub")
    made.initialize()
    return made


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("verb", ["POST", "GET", "DELETE"])
@pytest.mark.parametrize(("token", "said"), [("", ""), ("wrong", "not known"), ("expired", "expired")])
def test_every_path_asks_for_a_key_first(client: Client, path: str, verb: str, token: str, said: str) -> None:
    anyone = Client(client.url, key=token)
    answer = anyone.http(verb, PING if verb == "POST" else None, path=path)
    assert answer.status == 401
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("Bearer ")
    assert ('error="invalid_token"' in challenge) == bool(token)
    assert said in answer.error["message"]
    assert answer.error["code"] == -32004


def test_other_schemes_are_no_key(client: Client) -> None:
    assert Client(client.url, key="").http("POST", PING, Authorization=f"Basic {KEY}").status == 401
    assert Client(client.url, key="").http("POST", PING, Authorization=f"bearer {KEY}").status == 400


@pytest.mark.parametrize("path", ["/mcp/memory/nothing", "/mcp/nobody/hub", "/mcp/a/b/c", "/mcp/x", "/mcp"])
def test_an_unknown_hub_is_404_once_the_key_is_good(client: Client, path: str) -> None:
    answer = client.http("POST", PING, path=path)
    assert (answer.status, answer.error["code"]) == (404, -32005)


def test_a_hub_of_another_workspace_looks_like_none(client: Client) -> None:
    foreign = Client(client.url, key="elsewhere").http("POST", PING)
    unknown = client.http("POST", PING, path="/mcp/memory/nothing")
    assert foreign.status == 404
    assert foreign.error == unknown.error


def test_a_bound_key_finds_its_own_hub(client: Client) -> None:
    own = Client(client.url.replace("/memory/hub", ""), key="bound")
    own.initialize()
    assert own.call("ping").result == {}


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.com", "[::2]", "localhost.evil.com", ""])
def test_a_foreign_host_is_refused(client: Client, host: str) -> None:
    answer = client.http("POST", PING, Host=host)
    assert (answer.status, answer.error["code"]) == (403, -32006)


@pytest.mark.parametrize("host", ["localhost", "localhost:1234", "127.0.0.1:80", "[::1]", "[::1]:8000", "LOCALHOST"])
def test_the_hosts_of_the_installation_are_served(client: Client, host: str) -> None:
    assert client.call("ping", Host=host).status == 200


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://app.example.com", "file://", "x"])
def test_a_foreign_origin_is_refused(client: Client, origin: str) -> None:
    answer = client.call("ping", Origin=origin)
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", ["https://app.example.com", "http://localhost:3000", "http://127.0.0.1"])
def test_an_allowed_origin_gets_cors_headers(client: Client, origin: str) -> None:
    answer = client.call("ping", Origin=origin)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert "mcp-session-id" in answer.headers["access-control-expose-headers"]


def test_a_preflight_needs_no_key_and_tells_nothing(client: Client) -> None:
    anyone = Client(client.url, key="")
    asked = {"Origin": "https://app.example.com", "Access_Control_Request_Headers": "mcp-param-city, x-other"}
    for path in PATHS:
        answer = anyone.http("OPTIONS", path=path, **asked)
        assert (answer.status, answer.body) == (204, b"")
        assert "mcp-session-id" in answer.headers["access-control-allow-headers"]
        assert "mcp-param-city" in answer.headers["access-control-allow-headers"]
        assert "x-other" not in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "HEAD"])
def test_other_verbs_are_405(client: Client, verb: str) -> None:
    answer = client.http(verb, b"" if verb != "HEAD" else None)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, POST, DELETE, OPTIONS"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_another_content_type_is_415(client: Client, kind: str) -> None:
    answer = client.http("POST", PING, Content_Type=kind)
    assert (answer.status, answer.error["code"]) == (415, -32600)


def test_a_charset_is_no_harm_and_compression_is_415(client: Client) -> None:
    assert client.call("ping", Content_Type="Application/JSON; charset=utf-8").status == 200
    assert client.call("ping", Content_Encoding="gzip").status == 415


def test_a_body_over_the_limit_is_413(client: Client) -> None:
    answer = client.http("POST", b" " * 100_001)
    assert (answer.status, answer.error["code"]) == (413, -32600)
    assert "100000 bytes" in answer.error["message"]


def test_a_body_without_a_length_is_counted_as_it_comes(client: Client) -> None:
    parts = urlsplit(client.url)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {KEY}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as sock:
        sock.sendall(head.encode())
        for _ in range(4):
            sock.sendall(b"8000\r\n" + b" " * 0x8000 + b"\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping"', -32700),
        (b"\xff\xfe", -32700),
        (b'{"a":' + b"[" * 40_000, -32700),
        (b"[]", -32600),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600),
        (b'"ping"', -32600),
        (b"null", -32600),
        (b"{}", -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":[1],"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}', -32600),
    ],
)
def test_a_malformed_body_is_400(client: Client, body: bytes, code: int) -> None:
    answer = client.http("POST", body, **client.of_session())
    assert (answer.status, answer.error["code"]) == (400, code)
    assert answer.json["jsonrpc"] == "2.0"
    assert "id" in answer.json


def test_a_batch_is_told_what_to_do_instead(client: Client) -> None:
    assert "each message in a request of its own" in client.http("POST", b" [1]").error["message"]


@pytest.mark.parametrize("accept", ["text/html", "application/xml, image/png"])
def test_a_client_that_takes_neither_json_nor_events_is_406(client: Client, accept: str) -> None:
    assert client.call("ping", Accept=accept).status == 406


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/json;q=0.9, text/event-stream", "application/json"),
        ("text/event-stream", "text/event-stream"),
    ],
)
def test_a_client_gets_what_it_takes(client: Client, accept: str | None, kind: str) -> None:
    answer = client.call("ping", Accept=accept)
    assert answer.headers["content-type"] == kind
    assert answer.result == {}


def test_a_routing_header_that_stands_twice_is_refused(client: Client) -> None:
    parts = urlsplit(client.url)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {KEY}\r\n"
        "Content-Type: application/json\r\nMcp-Method: ping\r\nMcp-Method: tools/call\r\nContent-Length: 0\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as sock:
        sock.sendall(head.encode())
        assert sock.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("key", ["viewer", "readonly"])
def test_a_rule_that_refuses_is_told_in_words_and_recorded(shared: Stage, client: Client, key: str) -> None:
    answer = Client(client.url, key=key).ask("tools/list")
    assert answer.error["code"] == -32003
    assert "hub.use" in answer.error["message"]
    record = eventually(lambda: [one for one in shared.records if one.key_id == f"key_{key}"])[0]
    assert (record.method, record.outcome, record.error_code) == ("tools/list", "refused", -32003)


def test_errors_are_json_rpc_with_the_id_of_the_request(client: Client) -> None:
    answer = client.http("POST", json.dumps({"jsonrpc": "2.0", "id": "mine", "method": "tools/list"}).encode())
    assert answer.status == 400
    assert answer.json["id"] == "mine"
    assert "Initialize" in answer.error["message"]


def test_two_keys_do_not_share_a_session(client: Client) -> None:
    thief = Client(client.url, key=OTHER, session=client.session)
    answer = thief.call("ping")
    assert (answer.status, answer.error["code"]) == (404, -32001)
