"""One face for the clients: each lists the tools of a hub and makes calls, as its users would."""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
from mcp import types
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.node import tools

LIMIT_S = 90.0
Calls = Sequence[tuple[str, dict[str, Any]]]


@dataclass
class Seen:
    """What a client saw: names of tools, and the text of each answer in the order of the calls."""

    tools: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    version: str = ""


Program = Callable[[str, str, Calls], Seen]


def _text(result: dict[str, Any]) -> str:
    """All text of a call's result, as JSON carries it; an error gives its message."""
    if "error" in result:
        return f"error: {result['error']['message']}"
    return "\n".join(item.get("text", "") for item in result["content"])


async def _python(url: str, key: str, calls: Calls, mode: Any) -> Seen:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    seen = Seen()
    async with (
        httpx2.AsyncClient(headers=headers, timeout=LIMIT_S) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        cursor = None
        while True:
            page = await client.list_tools(cursor=cursor)
            seen.tools += [tool.name for tool in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                break
        for name, arguments in calls:
            result = await client.call_tool(name, arguments)
            assert isinstance(result, types.CallToolResult)
            seen.answers.append(_text(result.model_dump(by_alias=True, mode="json", exclude_none=True)))
        seen.version = str(client.protocol_version)
    return seen


def python_legacy(url: str, key: str, calls: Calls) -> Seen:
    return asyncio.run(_python(url, key, calls, "legacy"))


def python_stateless(url: str, key: str, calls: Calls) -> Seen:
    return asyncio.run(_python(url, key, calls, "2026-07-28"))


def _typescript(script: str, url: str, key: str, calls: Calls) -> Seen:
    command = [str(tools.node()), str(tools.HERE / "clients" / script), url, key]
    asked = json.dumps([{"name": name, "arguments": arguments} for name, arguments in calls])
    told = json.loads(_run(command, asked))
    names = [tool["name"] for tool in told["tools"]]
    return Seen(names, [_text(result) for result in told["results"]], told["version"])


def typescript_handshake(url: str, key: str, calls: Calls) -> Seen:
    return _typescript("handshake.mjs", url, key, calls)


def typescript_stateless(url: str, key: str, calls: Calls) -> Seen:
    return _typescript("stateless.mjs", url, key, calls)


def inspector(url: str, key: str, calls: Calls) -> Seen:
    """The Inspector's command line: one run lists, each call is another run."""
    listed = _inspect(url, key, "--method", "tools/list")
    seen = Seen([tool["name"] for tool in listed["tools"]])
    for name, arguments in calls:
        pairs = [f"{k}={v if isinstance(v, str) else json.dumps(v)}" for k, v in arguments.items()]
        given = ["--tool-arg", *pairs] if pairs else []
        seen.answers.append(_text(_inspect(url, key, "--method", "tools/call", "--tool-name", name, *given)))
    return seen


def _inspect(url: str, key: str, *arguments: str) -> dict[str, Any]:
    header = ["--header", f"Authorization: Bearer {key}"] if key else []
    command = tools.command(
        "mcp-inspector", "--cli", url, "--transport", "http", *header, *arguments, "--format", "json"
    )
    with tempfile.TemporaryDirectory() as home:  # it keeps a catalogue there
        told: dict[str, Any] = json.loads(_run(command, "", HOME=home))
    result: dict[str, Any] = told["result"]
    return result


def _run(command: list[str], given: str, **environment: str) -> str:
    done = subprocess.run(
        command, input=given, env=tools.environment(environment), capture_output=True, text=True, timeout=LIMIT_S
    )
    if done.returncode != 0:
        raise AssertionError(f"the client failed ({done.returncode}): {done.stderr[-3000:]}{done.stdout[-1000:]}")
    return done.stdout


PROGRAMS: dict[str, Program] = {
    "python legacy": python_legacy,
    "python 2026-07-28": python_stateless,
    "typescript handshake": typescript_handshake,
    "typescript 2026-07-28": typescript_stateless,
    "inspector": inspector,
}
