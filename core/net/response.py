"""A reply as it comes in, and what can go wrong with it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.net.http1 import Connection

_HIGH_WATER = 256 * 1024


class HttpTrouble(Exception):
    """The other side does not speak HTTP/1.1 as it should."""


class ConnectionGone(HttpTrouble):
    """The connection ended before the reply did.

    `began`: had any byte of the reply arrived? `unsent`: was the connection closed before the request was written?
    """

    def __init__(self, text: str, *, began: bool, unsent: bool = False) -> None:
        super().__init__(text)
        self.began = began
        self.unsent = unsent


class ReplyTooLarge(HttpTrouble):
    """The reply is larger than the caller takes."""


class ReplyTimeout(HttpTrouble):
    """Nothing came for as long as the caller waits."""


class Response:
    """A reply: `body` is whole, or `streaming` is set and `read` gives it chunk by chunk."""

    __slots__ = (
        "_chunks",
        "_connection",
        "_discard",
        "_done",
        "_failure",
        "_size",
        "_waiter",
        "body",
        "headers",
        "status",
        "streaming",
    )

    def __init__(self, connection: Connection) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self.streaming = False
        self._connection = connection
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._discard = False
        self._done = False
        self._failure: HttpTrouble | None = None
        self._waiter: asyncio.Future[None] | None = None

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")

    async def read(self, timeout_s: float) -> bytes:
        """The next chunk, b"" at the end. Raises ConnectionGone when it broke off, ReplyTimeout after silence."""
        while not self._chunks:
            if self._failure is not None:
                raise self._failure
            if self._done:
                return b""
            loop = asyncio.get_running_loop()
            self._waiter = waiter = loop.create_future()
            timer = loop.call_later(timeout_s, _expire, waiter)
            try:
                await waiter
            finally:
                timer.cancel()
                self._waiter = None
        data = b"".join(self._chunks)
        self._chunks.clear()
        self._size = 0
        self._connection.resume()
        return data

    def close(self) -> None:
        """Stop reading. A reply that has not ended closes its connection."""
        if not self._done:
            self._connection.abort()

    def drain(self, within_s: float = 1.0) -> None:
        """Nothing more is wanted, but the reply is about to end: let it, so that the connection can be used again."""
        self._chunks.clear()
        if not self._done:
            self._discard = True
            self._connection.resume()
            asyncio.get_running_loop().call_later(within_s, self.close)

    def _push(self, data: bytes) -> None:
        if self._discard:
            return
        self._chunks.append(data)
        self._size += len(data)
        if self._size > _HIGH_WATER:
            self._connection.pause()
        self._wake()

    def _end(self, failure: HttpTrouble | None = None) -> None:
        self._done = True
        self._failure = failure
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _expire(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(ReplyTimeout("no answer in time"))
