"""The peers are what they claim to be: other tests lean on them."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from typing import Any

import pytest
from mcp import types
from mcp.client import Client
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.peers import shared_data
from tests.peers.fixtures import ROOT, Peers, module_peers, peers, stdio_command, wait_until  # noqa: F401
from tests.peers.schemas import MEGABYTE, huge_schema

MODES = ["legacy", "2026-07-28"]


async def _name(ctx: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
    return types.ElicitResult(action="accept", content={"name": "Ada"})


async def _model(ctx: Any, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
    return types.CreateMessageResult(role="assistant", content=types.TextContent(type="text", text="42"), model="m")


async def _roots(ctx: Any) -> types.ListRootsResult:
    return types.ListRootsResult(roots=[types.Root.model_validate({"uri": "file:///home/ada"})])


def _client(transport: Any, mode: Any) -> Client:
    answers: dict[str, Any] = {
        "elicitation_callback": _name,
        "sampling_callback": _model,
        "list_roots_callback": _roots,
    }
    return Client(transport, mode=mode, **answers)


def _text(result: types.CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, types.TextContent)
    return content.text


async def _interview(transport: Any, mode: str) -> list[str]:
    async with _client(transport, mode) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert {"ask_name", "forecast", "touch"} <= tools
        said = [_text(await client.call_tool(name)) for name in ("ask_name", "ask_model", "ask_roots")]
        said.append(_text(await client.call_tool("forecast", {"city": "Rome"})))
        return said


EXPECTED = ["accept: Ada", "42", "file:///home/ada", '{"degrees": 21, "city": "Rome"}']


@pytest.mark.parametrize("mode", MODES)
def test_rich_over_http(module_peers: Peers, mode: str) -> None:  # noqa: F811
    assert asyncio.run(_interview(module_peers.start("rich").url, mode)) == EXPECTED


@pytest.mark.parametrize("mode", MODES)
def test_rich_over_stdio(mode: str) -> None:
    command, arguments = stdio_command("rich", "--stdio")
    parameters = StdioServerParameters(command=command, args=arguments, cwd=str(ROOT))
    assert asyncio.run(_interview(stdio_client(parameters), mode)) == EXPECTED


def test_rich_over_sse(peers: Peers) -> None:  # noqa: F811
    server = peers.start("rich", "--sse")
    assert asyncio.run(_interview(sse_client(server.url), "legacy")) == EXPECTED


def test_rich_pages_its_lists(peers: Peers) -> None:  # noqa: F811
    async def pages(url: str) -> list[int]:
        async with Client(url, mode="legacy") as client:
            sizes, cursor = [], None
            while True:
                page = await client.list_resources(cursor=cursor)
                sizes.append(len(page.resources))
                cursor = page.next_cursor
                if cursor is None:
                    return sizes

    assert asyncio.run(pages(peers.start("rich", "--page-size", "3").url)) == [3, 3, 1]


@pytest.mark.parametrize(("era", "works", "fails"), [("handshake", *MODES), ("stateless", *reversed(MODES))])
def test_an_era_can_be_shut(peers: Peers, era: str, works: str, fails: str) -> None:  # noqa: F811
    async def call(url: str, tool: str, mode: Any) -> str:
        async with Client(url, mode=mode) as client:
            return _text(await client.call_tool(tool, {"text": "x"}))

    for module, tool in (("plain", "echo"), ("conformance_server", "test_simple_text")):
        server = peers.start(module, "--era", era)
        assert asyncio.run(call(server.url, tool, works))
        with pytest.raises(BaseException):  # noqa: B017 - whatever the client makes of it
            asyncio.run(call(server.url, tool, fails))


def _get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=5) as answer:
        told: dict[str, Any] = json.loads(answer.read())
        return told


def test_plain_counts_what_it_sees(peers: Peers) -> None:  # noqa: F811
    server = peers.start("plain", "--tools", "2")

    async def use() -> None:
        async with Client(server.url, mode="legacy") as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert {"more_0", "more_1"} <= names
            assert _text(await client.call_tool("add", {"a": 1, "b": 2})) == "3"

    asyncio.run(use())
    stats = _get(server.url.replace("/mcp", "/stats"))
    assert (stats["opened"], stats["deleted"], stats["sessions"]) == (1, 1, 0)
    assert stats["methods"]["tools/call"] == 1


BREAKING = ["close", "close_stream", "garbage", "page", "wrong_id"]


@pytest.mark.parametrize("tool", BREAKING)
def test_plain_breaks_one_call_and_goes_on(module_peers: Peers, tool: str) -> None:  # noqa: F811
    server = module_peers.start("plain")
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }

    def call(name: str) -> bytes:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "_meta": meta}}
        request = urllib.request.Request(server.url, json.dumps(message).encode(), {"Mcp-Method": "tools/call"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bytes(answer.read())

    with pytest.raises((OSError, http.client.HTTPException, ValueError, AssertionError)):
        answer = json.loads(call(tool))
        assert answer["id"] == 1
    assert b'"result"' in call("pid")


def test_plain_has_hard_schemas(peers: Peers) -> None:  # noqa: F811
    assert len(json.dumps(huge_schema())) > MEGABYTE
    server = peers.start("plain", "--schema", "loop")

    async def schema() -> Any:
        async with Client(server.url, mode="legacy") as client:
            return {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}["loop"]

    assert asyncio.run(schema())["$defs"]["loop"] == {"$ref": "#/$defs/loop"}


def test_broken_addresses(peers: Peers) -> None:  # noqa: F811
    dead = peers.start("broken", "dead")
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", dead.port), timeout=5):
        pass
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(peers.start("broken", "unauthorized").url, timeout=5)
    with urllib.request.urlopen(peers.start("broken", "html").url, timeout=5) as page:
        assert page.headers.get_content_type() == "text/html"
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(peers.start("broken", "hang").url, timeout=0.2)


def test_tls_needs_its_own_certificate(peers: Peers) -> None:  # noqa: F811
    server = peers.start("tls_server")
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(server.url.replace("/mcp", "/stats"), timeout=5)
    trusting = ssl.create_default_context(cafile=server.said["certificate"])
    with urllib.request.urlopen(server.url.replace("/mcp", "/stats"), timeout=5, context=trusting) as answer:
        assert answer.status == 200


def _stdio(*arguments: str) -> subprocess.Popen[str]:
    command, rest = stdio_command("stdio_peer", *arguments)
    return subprocess.Popen(
        [command, *rest], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _ask(process: subprocess.Popen[str], method: str, **params: Any) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def test_stdio_peer_ignores_term() -> None:
    process = _stdio("--ignore-term")
    try:
        assert _ask(process, "ping")["result"] == {}
        process.terminate()
        assert _ask(process, "tools/call", name="echo", arguments={"text": "still"})["result"]
    finally:
        process.kill()
        process.communicate()


def test_stdio_peer_floods_stderr() -> None:
    process = _stdio("--flood-stderr")
    try:
        assert _ask(process, "ping")["result"] == {}
        assert process.stderr is not None
        assert len(process.stderr.read(1_000_000)) == 1_000_000
    finally:
        process.kill()
        process.communicate()


def test_stdio_peer_exits_with_a_word() -> None:
    process = _stdio("--exit", "2", "--say-on-stderr", "API_KEY is not set")
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (2, "API_KEY is not set\n")


def test_shared_data_is_whole() -> None:
    with_tools = shared_data.servers_with_tools()
    assert len(with_tools) > 300
    assert len(shared_data.tools()) > 700
    assert all(tool["name"] for tool in shared_data.tools())
    assert all(server["packageName"] for server in shared_data.servers())
