"""What the suite starts to test clients: a gateway in front of the suite's server, used by the official Python client.

    conformance client --command "python -m tests.conformance.upstream" --scenario tools_call

So what reaches the suite's server is what the gateway makes of it: its handshake, headers, retries, schemas.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from typing import Any

from mcp import types
from mcp.client import Client
from mcp.shared.exceptions import MCPError

from proxy.engine.ports import UpstreamProblem
from tests.clients.features import Way
from tests.peers.gateway import http_spec, serve_gateway

STATELESS = "2026-07-28"


async def _fill_in(ctx: Any, params: Any) -> types.ElicitResult:
    """A person who leaves the form as it is: every field with its default."""
    wanted = getattr(params, "requested_schema", None) or {}
    given = {name: field["default"] for name, field in wanted.get("properties", {}).items() if "default" in field}
    return types.ElicitResult(action="accept", content=given or {"confirmed": True, "name": "Ada"})


async def _sample(ctx: Any, params: Any) -> types.CreateMessageResult:
    answer = types.TextContent(type="text", text="An answer")
    return types.CreateMessageResult(role="assistant", content=answer, model="none")


def _example(schema: dict[str, Any]) -> Any:
    """Some value that a property may have."""
    if "default" in schema:
        return schema["default"]
    return {"number": 2, "integer": 2, "boolean": True, "array": [], "object": {}}.get(schema.get("type", ""), "text")


def _arguments(tool: types.Tool) -> dict[str, Any]:
    return {name: _example(schema) for name, schema in tool.input_schema.get("properties", {}).items()}


async def _use_everything(client: Client, calls: list[dict[str, Any]]) -> None:
    """Everything that the hub offers, once; `calls` instead of made-up arguments where the scenario gives them."""
    tools = (await client.list_tools()).tools
    have = client.server_capabilities
    for call in calls or [{"name": tool.name, "arguments": _arguments(tool)} for tool in tools]:
        await client.call_tool(call["name"], call["arguments"])
    if have.resources is not None:
        for resource in (await client.list_resources()).resources:
            await client.read_resource(resource.uri)
    if have.prompts is not None:
        for prompt in (await client.list_prompts()).prompts:
            given = {argument.name: "text" for argument in prompt.arguments or []}
            await client.get_prompt(prompt.name, given)


async def _run(url: str, version: str, calls: list[dict[str, Any]]) -> None:
    mode = STATELESS if version == STATELESS else "legacy"
    way = Way(url, "", mode)
    async with way.client(elicitation_callback=_fill_in, sampling_callback=_sample) as client:
        with contextlib.suppress(MCPError):  # some scenarios refuse on purpose; the suite judges what it saw
            await _use_everything(client, calls)


def main() -> None:
    server = sys.argv[-1]
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    version = os.environ.get("MCP_CONFORMANCE_PROTOCOL_VERSION", STATELESS)
    era: Any = "stateless" if version == STATELESS else "handshake"
    with serve_gateway(open_listener=True) as served:
        spec = http_spec("suite", server, eras=(era,), session_scope="client")
        try:
            url = served.add("open", spec, naming="bare", open=True)
        except UpstreamProblem:  # one scenario refuses the first request of all; discovery comes again in the product
            url = served.add("open", spec, naming="bare", open=True)
        asyncio.run(_run(url, version, context.get("toolCalls", [])))


if __name__ == "__main__":
    main()
