"""A closed-loop MCP client: each worker has one connection and one session, and repeats one `tools/call`.

Every answer must carry the nonce that was sent; an answer without it ends the run. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import cast
from urllib.parse import urlsplit

import httptools
import msgspec
import uvloop

JSON = msgspec.json.encode
PROTOCOL = "2025-06-18"


class Connection(asyncio.Protocol):
    """One request at a time over one connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self.answer: asyncio.Future[bytes] | None = None

    def connection_lost(self, problem: Exception | None) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(problem or ConnectionError("the gateway closed the connection"))

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        self.session, self.body = b"", b""
        self.parser = httptools.HttpResponseParser(self)
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self.answer

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"mcp-session-id":
            self.session = value

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(self.body)


class Worker:
    def __init__(self, url: str, key: str, tool: str, number: int) -> None:
        self.url, self.tool, self.number = urlsplit(url), tool, number
        self.head = (
            f"POST {self.url.path} HTTP/1.1\r\nhost: {self.url.netloc}\r\nauthorization: Bearer {key}\r\n"
            "content-type: application/json\r\naccept: application/json, text/event-stream\r\n"
            f"mcp-protocol-version: {PROTOCOL}\r\n"
        ).encode()
        self.times: list[float] = []

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        host, port = self.url.hostname or "127.0.0.1", self.url.port or 80
        _, self.connection = await loop.create_connection(Connection, host, port)
        hello = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
        answer = await self.connection.ask(self._request("initialize", hello, 0))
        if b'"result"' not in answer:
            raise SystemExit(f"initialize was answered with {answer[:300]!r}")
        if self.connection.session:
            self.head += b"mcp-session-id: " + self.connection.session + b"\r\n"
        body = JSON({"jsonrpc": "2.0", "method": "notifications/initialized"})
        await self.connection.ask(self.head + b"content-length: %d\r\n\r\n" % len(body) + body)

    def _request(self, method: str, params: object, number: int) -> bytes:
        body = JSON({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return self.head + b"content-length: %d\r\n\r\n" % len(body) + body

    async def run(self, until: float) -> None:
        count = 0
        while (start := time.perf_counter()) < until:
            count += 1
            nonce = f"nonce-{self.number:04}-{count:020}"
            answer = await self.connection.ask(
                self._request("tools/call", {"name": self.tool, "arguments": {"text": nonce}}, count)
            )
            if nonce.encode() not in answer:
                raise SystemExit(f"a call was answered with {answer[:300]!r}")
            self.times.append(time.perf_counter() - start)


async def main(url: str, key: str, tool: str, callers: int, seconds: float) -> None:
    workers = [Worker(url, key, tool, number) for number in range(callers)]
    await asyncio.gather(*(worker.open() for worker in workers))
    until = time.perf_counter() + seconds
    await asyncio.gather(*(worker.run(until) for worker in workers))
    times = sorted(second for worker in workers for second in worker.times)
    p50, p99 = times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]
    print(JSON({"calls": len(times), "p50_ms": p50 * 1000, "p99_ms": p99 * 1000}).decode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("tool")
    parser.add_argument("--callers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=4)
    given = parser.parse_args()
    uvloop.run(main(given.url, given.key, given.tool, given.callers, given.seconds))
