"""How the server reads requests: uvicorn's protocol, with an end for those that never come whole.

uvicorn itself waits for ever for the rest of a request, so that a few clients that send half of one each could hold
every connection. Used by `python -m config.launch.web`, and by `uvicorn --http config.serving:TimedProtocol`.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from config.env import Environment

MAX_HEADER_BYTES = 64 * 1024
_LEAST_BYTES_S = 1024
"""A body that keeps coming at this pace, or faster, may be as long as its limit of bytes lets it."""

_NOTHING, _HEADERS, _BODY = range(3)


class TimedProtocol(HttpToolsProtocol):
    """One connection. `headers_s`: seconds for the headers, whole. `body_s`: seconds that a body may stand still."""

    headers_s: ClassVar[float] = 15.0
    body_s: ClassVar[float] = 30.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._awaited = _HEADERS
        self._begun = False
        self._header_bytes = 0
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = self.loop.time() + self.headers_s
        self._timer = self.loop.call_at(self._deadline, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self._awaited
        super().data_received(data)
        if self._awaited != _NOTHING:
            self._rest_awaited(before, len(data))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun, self._awaited = True, _HEADERS

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._awaited = _BODY

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._awaited = _NOTHING

    def _rest_awaited(self, before: int, size: int) -> None:
        """Part of a request came, and not the last one."""
        now = self.loop.time()
        limit = self.headers_s if self._awaited == _HEADERS else self.body_s
        if self._begun or self._awaited != before:
            self._begun, self._header_bytes = False, 0
            self._deadline = now + limit
        elif self._awaited == _BODY:
            self._deadline = min(now + limit, self._deadline + size / _LEAST_BYTES_S)
        if self._awaited == _HEADERS:
            self._header_bytes += size
            if self._header_bytes > MAX_HEADER_BYTES:
                self._end("431 Request Header Fields Too Large", "The headers of the request are too large.")
        if self._timer is None:
            self._timer = self.loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        """One timer for a connection, set anew only while a request is on its way."""
        self._timer = None
        if self._awaited == _NOTHING or self.transport.is_closing():
            return
        now = self.loop.time()
        answering = self.cycle is not None and not self.cycle.response_complete
        if self.flow.read_paused or (self._awaited == _HEADERS and answering):
            self._deadline = now + self.body_s  # it is we who do not read, or an earlier request is being answered
        if self._deadline > now:
            self._timer = self.loop.call_at(self._deadline, self._look)
        else:
            self._end("408 Request Timeout", "The request did not come in time.")

    def _end(self, status: str, sentence: str) -> None:
        """Say why, where no answer has begun and something was asked, and hang up."""
        if self.transport.is_closing():
            return
        asked = self.cycle is not None and self._awaited == _BODY
        if (asked and not self.cycle.response_started) or self._header_bytes:
            head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
            self.transport.write(f"{head}content-length: {len(sentence) + 1}\r\n\r\n{sentence}\n".encode())
        if asked:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()


def keep_time(env: Environment) -> None:
    """Take the limits of this process from its settings."""
    TimedProtocol.headers_s, TimedProtocol.body_s = env.request_headers_s, env.request_body_s
