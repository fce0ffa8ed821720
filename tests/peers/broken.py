"""What is found at an address that is no working MCP server.

    python -m tests.peers.broken HOW --port 0

dead: nobody listens. hang: takes the request, never answers. raw: not HTTP. garbage: HTTP, but no JSON.
json: JSON, but not JSON-RPC. html: a web site. unauthorized, forbidden, error500, notfound: these statuses.
redirect: to `--to`. endless: a body without end. truncated: a body that ends too early. slow_headers: one byte a
second. sse_garbage: an event stream of nonsense. sse_silent: an event stream that says nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable

from tests.peers.serving import announce, arguments, bind, serve_stream

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
PAGE = b"<!doctype html><html lang=en><head><title>Welcome</title></head><body><h1>Our site</h1></body></html>"


def _response(status: str, body: bytes, content_type: str = "application/json", *more: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-type: {content_type}", f"content-length: {len(body)}", *more, "", ""]
    return "\r\n".join(lines).encode() + body


FIXED: dict[str, bytes] = {
    "raw": b"220 mail.example.com ESMTP ready\r\n",
    "garbage": _response("200 OK", b'{"jsonrpc": "2.0", ]'),
    "json": _response("200 OK", b'{"status": "ok", "version": 3}'),
    "html": _response("200 OK", PAGE, "text/html; charset=utf-8"),
    "unauthorized": _response(
        "401 Unauthorized", b'{"error": "invalid_token"}', "application/json",
        'www-authenticate: Bearer error="invalid_token", resource_metadata="http://127.0.0.1/.well-known/x"',
    ),
    "forbidden": _response("403 Forbidden", b'{"error": "forbidden"}'),
    "notfound": _response("404 Not Found", b"not found", "text/plain"),
    "error500": _response("500 Internal Server Error", b"Traceback: something broke", "text/plain"),
    "truncated": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"jsonrpc\":",
    "sse_garbage": _response("200 OK", b"event: message\ndata: {nonsense\n\n: \ndata\n\n", "text/event-stream"),
}  # fmt: skip
STARTS: dict[str, bytes] = {
    "endless": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n",
    "sse_silent": b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n",
}


async def _request(reader: Reader) -> bytes:
    """Read one whole request, so that the client is done sending before it hears anything."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            head += await reader.readexactly(int(line.split(b":")[1]))
    return head


async def _fixed(answer: bytes, reader: Reader, writer: Writer) -> None:
    await _request(reader)
    writer.write(answer)
    await writer.drain()


async def _hang(reader: Reader, writer: Writer) -> None:
    await _request(reader)
    await reader.read()


async def _endless(reader: Reader, writer: Writer) -> None:
    await _request(reader)
    writer.write(STARTS["endless"])
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def _sse_silent(reader: Reader, writer: Writer) -> None:
    await _request(reader)
    writer.write(STARTS["sse_silent"])
    await writer.drain()
    await reader.read()


async def _slow_headers(reader: Reader, writer: Writer) -> None:
    await _request(reader)
    for byte in FIXED["json"]:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(1)


SPECIAL = {"hang": _hang, "endless": _endless, "sse_silent": _sse_silent, "slow_headers": _slow_headers}


def handler(how: str, to: str) -> Callable[[Reader, Writer], Awaitable[None]]:
    """What to do with one connection."""
    answer = _response("307 Temporary Redirect", b"", "text/plain", f"location: {to}")
    answer = FIXED.get(how, answer)

    async def serve(reader: Reader, writer: Writer) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await (SPECIAL[how](reader, writer) if how in SPECIAL else _fixed(answer, reader, writer))
        writer.close()

    return serve


def main() -> None:
    parser = arguments(str(__doc__))
    parser.add_argument("how", choices=("dead", "redirect", *FIXED, *SPECIAL))
    parser.add_argument("--to", default="http://169.254.169.254/latest/meta-data/")
    options = parser.parse_args()
    if options.how == "dead":
        # Bound but not listening: connections are refused, and nobody else gets the port meanwhile.
        sock = bind(options.host, options.port, listen=False)
        announce(sock)
        signal.pause()
    serve_stream(handler(options.how, options.to), options)


if __name__ == "__main__":
    main()
