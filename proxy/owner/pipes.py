"""Readers of a child's pipes: lines from its output, the last bytes of its error output, both flood-proof."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast


class Pipe(asyncio.Protocol):
    """A pipe that is read at a bounded rate, so that a flooding child takes only a share of a core."""

    def __init__(self, *, per_window: int, window_s: float = 0.1) -> None:
        self.closed = asyncio.Event()
        self._transport: asyncio.ReadTransport | None = None
        self._per_window = per_window
        self._window_s = window_s
        self._spent = 0
        self._window_end = 0.0

    def spend(self, amount: int) -> None:
        """Count `amount` towards the window; past the limit reading rests until the window is over."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now >= self._window_end:
            self._spent, self._window_end = 0, now + self._window_s
        self._spent += amount
        transport = self._transport
        if self._spent > self._per_window and transport is not None and transport.is_reading():
            transport.pause_reading()
            loop.call_at(self._window_end, self._resume)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.ReadTransport, transport)  # uvloop's are no subclasses

    def connection_lost(self, problem: Exception | None) -> None:
        self._transport = None
        self.closed.set()


class Tail(Pipe):
    """Keeps the last `keep` bytes of a pipe and reads at most 10 MB a second of it."""

    def __init__(self, *, keep: int) -> None:
        super().__init__(per_window=1 << 20)
        self._keep = keep
        self._chunks: deque[bytes] = deque()
        self._size = 0

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data[-self._keep :])
        self._size += len(self._chunks[-1])
        while self._size - len(self._chunks[0]) >= self._keep:
            self._size -= len(self._chunks.popleft())
        self.spend(len(data))

    def text(self) -> str:
        return b"".join(self._chunks)[-self._keep :].decode("utf-8", "replace").strip()


class Lines(Pipe):
    """Gives each line to `on_line`; one longer than `longest` bytes ends in `on_too_long` and is dropped.

    `on_line` answers what the line costs: the limit is 2,000 a window.
    """

    def __init__(
        self,
        *,
        longest: int,
        on_line: Callable[[bytes], int],
        on_too_long: Callable[[], None],
        on_end: Callable[[], None],
    ) -> None:
        super().__init__(per_window=2000)
        self._longest = longest
        self._on_line = on_line
        self._on_too_long = on_too_long
        self._on_end = on_end
        self._parts: list[bytes] = []
        self._size = 0

    def data_received(self, data: bytes) -> None:
        *whole, rest = data.split(b"\n")
        cost = 0
        for line in whole:
            if self._parts:
                self._parts.append(line)
                line = b"".join(self._parts)
                self._parts, self._size = [], 0
            if line and not line.isspace():
                cost += self._on_line(line)
        if rest:
            self._parts.append(rest)
            self._size += len(rest)
            if self._size > self._longest:
                self._parts, self._size = [], 0
                self._on_too_long()
        if cost:
            self.spend(cost)

    def connection_lost(self, problem: Exception | None) -> None:
        super().connection_lost(problem)
        self._on_end()
