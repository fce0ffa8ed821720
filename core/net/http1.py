"""One HTTP/1.1 client connection on asyncio and httptools.

`Connection.start` writes one request and gives a future of its `Response`. A reply whose content type is in `streams`
resolves it as soon as its head is there and is then read by `Response.read`; every other reply is gathered whole. One
request at a time; a connection is free again when `on_free` was called.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

from core.net.response import ConnectionGone, HttpTrouble, ReplyTimeout, ReplyTooLarge, Response

_MAX_HEAD = 64 * 1024


class Connection(asyncio.Protocol):
    """See the module. Not reusable once `closed`."""

    __slots__ = (
        "_future", "_head_size", "_max_bytes", "_parser", "_parts", "_paused", "_response", "_size", "_streams",
        "_timer", "_transport", "_until_eof", "closed", "idle_since", "on_free", "on_left", "used",
    )  # fmt: skip

    def __init__(self) -> None:
        self.closed = False
        self.used = False
        """Has it carried a request already? Then the other side may have closed it meanwhile."""
        self.idle_since = 0.0
        self.on_free: Callable[[Connection], None] | None = None
        self.on_left: Callable[[Connection], None] | None = None
        """Called when the other side closes the connection while it is idle."""
        self._transport: asyncio.Transport | None = None
        self._future: asyncio.Future[Response] | None = None
        self._response: Response | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._streams: tuple[bytes, ...] = ()
        self._max_bytes = 0
        self._parts: list[bytes] = []
        self._size = 0
        self._head_size = 0
        self._paused = False
        self._until_eof = False

    # -- what the caller does

    def start(
        self, data: bytes, *, timeout_s: float, max_bytes: int, streams: tuple[bytes, ...] = ()
    ) -> asyncio.Future[Response]:
        """Write one whole request. The future fails with HttpTrouble. Whoever stops waiting for it calls `abort`."""
        transport = self._transport
        loop = asyncio.get_running_loop()
        self._future = future = loop.create_future()
        if transport is None or self.closed or transport.is_closing():
            self.closed = True
            future.set_exception(ConnectionGone("the connection was closed", began=False, unsent=True))
            return future
        self._streams = streams
        self._max_bytes = max_bytes
        self._response = None
        self._head_size = 0
        self._timer = loop.call_later(timeout_s, self._on_timeout)
        transport.write(data)
        return future

    def abort(self) -> None:
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        self.closed = True
        if self._transport is not None:
            self._transport.close()

    def pause(self) -> None:
        if not self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        if self._future is None and self._response is None:
            self.abort()  # bytes that nobody asked for: this connection is out of step
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(HttpTrouble("the other side switched protocols"))
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._fail(cause if isinstance(cause, HttpTrouble) else HttpTrouble(f"not HTTP/1.1: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        ours, self.closed = self.closed, True
        response = self._response
        if response is not None and self._until_eof and exc is None:
            self._until_eof = False
            self._complete(response)
        elif self._future is not None or response is not None:
            text = "the connection was closed before the reply was whole" if response else "the connection was closed"
            self._fail(ConnectionGone(text, began=response is not None))
        elif not ours and self.on_left is not None:
            self.on_left(self)

    # -- httptools

    def on_message_begin(self) -> None:
        if self._future is not None:
            self._response = Response(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        response = self._response
        if response is None:
            return
        self._head_size += len(name) + len(value)
        if self._head_size > _MAX_HEAD:
            raise HttpTrouble("the reply's head is too large")
        response.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        response = self._response
        if response is None:
            return
        status: int = self._parser.get_status_code()
        response.status = status
        if status < 200:
            return
        headers = response.headers
        length = headers.get(b"content-length")
        self._until_eof = length is None and b"transfer-encoding" not in headers and status not in (204, 304)
        self._size = 0
        self._parts = []
        if self._streams and headers.get(b"content-type", b"").startswith(self._streams) and 200 <= status < 300:
            response.streaming = True
            self._resolve(response)
        elif length is not None and length.isdigit() and int(length) > self._max_bytes:
            raise ReplyTooLarge(f"the reply is {int(length)} bytes long")

    def on_body(self, data: bytes) -> None:
        response = self._response
        if response is None:
            return
        if response.streaming:
            response._push(data)
            return
        self._size += len(data)
        if self._size > self._max_bytes:
            raise ReplyTooLarge(f"the reply is longer than {self._max_bytes} bytes")
        self._parts.append(data)

    def on_message_complete(self) -> None:
        response = self._response
        if response is None or response.status < 200:
            return
        self._until_eof = False
        if not self._parser.should_keep_alive():
            self.close()
        self._complete(response)

    # -- inside

    def _complete(self, response: Response) -> None:
        self._response = None
        self.used = True
        if response.streaming:
            response._end()
        else:
            parts = self._parts
            response.body = parts[0] if len(parts) == 1 else b"".join(parts)
        self._parts = []
        if self._transport is not None and self._transport.get_write_buffer_size():
            self.close()  # answered before all of the request was out: what is left would be read as another one
        if not self.closed and self.on_free is not None:
            self.on_free(self)
        if not response.streaming:
            self._resolve(response)

    def _resolve(self, response: Response) -> None:
        future = self._future
        self._future = None
        self._stop_timer()
        if future is not None and not future.done():
            future.set_result(response)

    def _fail(self, failure: HttpTrouble) -> None:
        response, future = self._response, self._future
        self._response = self._future = None
        self._stop_timer()
        if response is not None and response.streaming:
            response._end(failure)
        if future is not None and not future.done():
            future.set_exception(failure)
        self.abort()

    def _on_timeout(self) -> None:
        self._fail(ReplyTimeout("no answer in time"))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
