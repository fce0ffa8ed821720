"""A cheap, predictable MCP server over Streamable HTTP (handshake era), so that a measurement shows the gateway.

One process, one hand-written asyncio protocol. Tools: `echo {text}`, `big {kb}`, and fillers.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import Any, cast

import httptools
import msgspec
import uvloop

JSON = msgspec.json.encode
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
TOOLS = JSON(
    {
        "tools": [
            {
                "name": name,
                "description": f"The tool {name} of the benchmark.",
                "inputSchema": SCHEMA,
                "annotations": {"readOnlyHint": True},
            }
            for name in ("echo", "big", *(f"tool_{number:02}" for number in range(3, 21)))
        ]
    }
)


class Server(asyncio.Protocol):
    """Answers each request at once; a GET stays open without a word."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self.parser = httptools.HttpRequestParser(self)
        self.body = b""

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.body = b""

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        method = self.parser.get_method()
        if method != b"POST":
            self._send(b"405 Method Not Allowed" if method == b"GET" else b"200 OK", b"")
            return
        message = msgspec.json.decode(self.body)
        if "id" not in message:
            self._send(b"202 Accepted", b"")
            return
        extra = b"mcp-session-id: %s\r\n" % os.urandom(8).hex().encode() if message["method"] == "initialize" else b""
        answer = b'{"jsonrpc":"2.0","id":' + JSON(message["id"]) + b"," + self._answer(message) + b"}"
        self._send(b"200 OK", answer, extra)

    def _answer(self, message: dict[str, Any]) -> bytes:
        method, params = message["method"], message.get("params") or {}
        if method == "initialize":
            return b'"result":' + JSON(
                {
                    "protocolVersion": params["protocolVersion"],
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "benchmark", "version": "1"},
                }
            )
        if method == "tools/list":
            return b'"result":' + TOOLS
        if method == "tools/call":
            arguments = params.get("arguments") or {}
            text = (
                arguments.get("text", "") if params["name"] == "echo" else "x" * (1024 * int(arguments.get("kb", 100)))
            )
            return b'"result":{"content":[{"type":"text","text":' + JSON(text) + b'}],"isError":false}'
        if method == "ping":
            return b'"result":{}'
        return b'"error":{"code":-32601,"message":"no such method"}'

    def _send(self, status: bytes, body: bytes, extra: bytes = b"") -> None:
        self.transport.write(
            b"HTTP/1.1 %s\r\ncontent-type: application/json\r\n%scontent-length: %d\r\n\r\n%s"
            % (status, extra, len(body), body)
        )


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    uvloop.run(main(parser.parse_args().port))
