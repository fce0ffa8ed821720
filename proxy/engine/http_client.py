"""Pooled HTTP/1.1 connections to servers, each made to an address that the net policy let through."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from urllib.parse import urljoin

from core.net import Connection, ConnectionGone, HttpTrouble, NetPolicy, Response, Target, parse_url
from core.net.connect import CONNECT_TIMEOUT_S, connect

_STREAMS = (b"text/event-stream",)
_IDLE_S = 55.0
"""Shorter than the keep-alive of common servers and proxies (60 and 75 s); who closes earlier says so by closing."""
_MAX_IDLE = 64
_LEARNED_S = 600.0
_LEAST_S = 1.0
_CAUTION = 0.7
_SWEEP_S = 15.0


class HttpClient:
    """One pool for a process. `send` gives a whole reply, or one that streams when the server answers with events."""

    def __init__(self, policy: NetPolicy, *, max_bytes: int) -> None:
        """`max_bytes` bounds a whole reply, and one event of a stream."""
        self.max_bytes = max_bytes
        self._policy = policy
        self._idle: dict[tuple[str, str, int], list[Connection]] = {}
        self._patience: dict[tuple[str, str, int], tuple[float, float]] = {}
        """How long a server was seen to leave a connection idle, less some caution, and until when that is believed."""
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    async def send(self, target: Target, head: bytes, body: bytes | None, *, timeout_s: float, safe: bool) -> Response:
        """One request. `head` is the request line and the headers, each with its line end; the length is added here.

        A connection that had been idle and breaks before a byte of the reply came may have been closed by the server
        at that moment: only a `safe` request is sent again, once, on a new one. Raises HttpTrouble, OSError,
        HostNotFound, AddressRefused or TimeoutError. Cancelling closes the connection.
        """
        data = head + b"\r\n" if body is None else b"%scontent-length: %d\r\n\r\n%s" % (head, len(body), body)
        while True:
            connection = self._take(target) or await self._open(target)
            try:
                return await connection.start(data, timeout_s=timeout_s, max_bytes=self.max_bytes, streams=_STREAMS)
            except ConnectionGone as gone:
                if gone.began or not connection.used or not (safe or gone.unsent):
                    raise
            except asyncio.CancelledError:
                connection.abort()
                raise

    def _take(self, target: Target) -> Connection | None:
        idle = self._idle.get(target.origin)
        if not idle:
            return None
        now = time.monotonic()
        patience, until = self._patience.get(target.origin, (_IDLE_S, now))
        oldest = now - (patience if until > now else _IDLE_S)
        while idle:
            connection = idle.pop()
            if connection.closed:
                continue
            if connection.idle_since > oldest:
                return connection
            connection.close()
        return None

    async def _open(self, target: Target) -> Connection:
        if self._closed:
            raise HttpTrouble("this process is stopping")
        connection = await connect(target, self._policy, timeout_s=CONNECT_TIMEOUT_S)
        connection.on_free = self._freed(target)
        connection.on_left = self._left(target)
        return connection

    def _left(self, target: Target) -> Callable[[Connection], None]:
        """A call that meets a server's close cannot be sent again safely, so what it closes is given up before."""

        def left(connection: Connection) -> None:
            now = time.monotonic()
            idle_s = now - connection.idle_since
            if connection.used and idle_s >= _LEAST_S:  # sooner is a restart, not a habit
                self._patience[target.origin] = (idle_s * _CAUTION, now + _LEARNED_S)

        return left

    def _freed(self, target: Target) -> Callable[[Connection], None]:
        idle = self._idle.setdefault(target.origin, [])

        def freed(connection: Connection) -> None:
            if self._closed or len(idle) >= _MAX_IDLE:
                connection.close()
                return
            connection.idle_since = time.monotonic()
            idle.append(connection)
            if self._sweeper is None:
                self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)

        return freed

    def _sweep(self) -> None:
        """Close what was idle for too long; come again while there is any."""
        self._sweeper = None
        oldest = time.monotonic() - _IDLE_S
        left = False
        now = time.monotonic()
        self._patience = {origin: known for origin, known in self._patience.items() if known[1] > now}
        for idle in self._idle.values():
            keep = [connection for connection in idle if not connection.closed and connection.idle_since > oldest]
            for connection in idle:
                if not connection.closed and connection.idle_since <= oldest:
                    connection.close()
            idle[:] = keep
            left = left or bool(keep)
        if left:
            self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)

    def close(self) -> None:
        """Close the idle connections; those in use close when they are free."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
            idle.clear()


def redirect(target: Target, response: Response) -> Target | None:
    """Where a 307 or 308 leads if it stays with the same server (or only turns http into https), else None."""
    where = response.header(b"location")
    if response.status not in (307, 308) or not where:
        return None
    try:
        moved = parse_url(urljoin(str(target), where))
    except ValueError:
        return None
    upgraded = (target.scheme, target.port, moved.scheme, moved.port) == ("http", 80, "https", 443)
    return moved if moved.host == target.host and (moved.origin == target.origin or upgraded) else None
