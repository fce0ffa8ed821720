"""What a channel stands between, and what it remembers of a request and of a question."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from proxy.engine.ports import Reply, UpstreamProblem


class Link(Protocol):
    """What carries the lines of a channel. `ready` is set once the handshake is done."""

    ready: bool

    @property
    def pid(self) -> int: ...
    def pids(self) -> list[int]: ...
    def stderr(self) -> str: ...
    def send(
        self,
        line: bytes,
        headers: Mapping[str, str] | None = None,
        on_fail: Callable[[UpstreamProblem], None] | None = None,
    ) -> None: ...
    async def close(self, grace_s: float = ...) -> None: ...
    def kill(self) -> None: ...


class Listener(Protocol):
    """An attached client. `call` is its own number for a request, 0 for what belongs to none."""

    hears: bool

    def answered(self, call: int, result: bytes | None, error: bytes | None) -> None: ...
    def failed(self, call: int, problem: UpstreamProblem) -> None: ...
    def note(self, call: int, method: str, params: bytes) -> None: ...
    def ask(self, ask: int, call: int, method: str, params: bytes) -> None: ...
    def ask_over(self, ask: int) -> None: ...
    def ended(self, problem: UpstreamProblem) -> None: ...


class Pending:
    """A request on its way. Exactly one of `listener` and `future` is set: a client's, or the owner's own."""

    __slots__ = ("call", "future", "heard", "listener", "sent_at", "token")

    def __init__(self, listener: Listener | None, call: int, heard: bool, future: asyncio.Future[Reply] | None) -> None:
        self.listener = listener
        self.call = call
        self.heard = heard
        self.future = future
        self.sent_at = 0.0
        self.token: msgspec.Raw | None = None

    def fail(self, problem: UpstreamProblem) -> None:
        if self.listener is not None:
            self.listener.failed(self.call, problem)
        elif self.future is not None and not self.future.done():
            self.future.set_exception(problem)


class Ask:
    __slots__ = ("listener", "pending", "raw_id")

    def __init__(self, raw_id: msgspec.Raw, listener: Listener, pending: Pending | None) -> None:
        self.raw_id = raw_id
        self.listener = listener
        self.pending = pending
