"""A client's side of a request: its clock, and what the server says before it answers.

What a server says unasked is handed over in order and before the answer, without holding up the connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec

from proxy.engine.ports import Peer, Reply, UpstreamProblem
from proxy.owner import frames, jsonrpc

logger = logging.getLogger(__name__)

_MOST_WAITING = 1000


class Deliveries:
    """Notes and asks of one call (or of a session), handed to its peer one after the other."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], Awaitable[None]]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._then: Callable[[], None] | None = None
        self._asks: dict[int, asyncio.Task[None]] = {}
        self._wanted: set[int] = set()

    def note(self, peer: Peer, method: str, params: bytes) -> None:
        if len(self._waiting) < _MOST_WAITING:
            self._add(lambda: peer.notification(method, params))

    def ask(self, peer: Peer, frame: frames.Ask, tell: Callable[[frames.Told], object]) -> None:
        """Put a server's question to the peer; its answer goes to `tell`."""

        self._wanted.add(frame.ask)

        async def begin() -> None:
            if frame.ask not in self._wanted:
                return
            task = asyncio.get_running_loop().create_task(_answer(peer, frame, tell))
            self._asks[frame.ask] = task
            task.add_done_callback(lambda _: self._asked(frame.ask))

        self._add(begin)

    @property
    def asking(self) -> bool:
        """A question waits for its answer, perhaps a person's."""
        return bool(self._asks)

    def _asked(self, ask: int) -> None:
        self._asks.pop(ask, None)
        self._wanted.discard(ask)

    def withdraw(self, ask: int) -> None:
        self._wanted.discard(ask)
        task = self._asks.pop(ask, None)
        if task is not None:
            task.cancel()

    def finish(self, then: Callable[[], None]) -> None:
        """Run `then` once all that came before was delivered; questions left open are withdrawn."""
        self._wanted.clear()
        for ask in list(self._asks):
            self.withdraw(ask)
        if self._task is None:
            then()
        else:
            self._then = then

    def drop(self) -> None:
        self._waiting.clear()
        self._wanted.clear()
        for ask in list(self._asks):
            self.withdraw(ask)

    def _add(self, work: Callable[[], Awaitable[None]]) -> None:
        self._waiting.append(work)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self._waiting:
            try:
                await self._waiting.popleft()()
            except Exception:
                logger.exception("a peer failed to take what its server said")
        self._task = None
        if self._then is not None:
            self._then()


async def _answer(peer: Peer, frame: frames.Ask, tell: Callable[[frames.Told], object]) -> None:
    try:
        reply = await peer.request(frame.method, frame.params)
    except UpstreamProblem as problem:
        reply = Reply(error=msgspec.Raw(jsonrpc.error_body(-32603, problem.sentence)))
    except Exception:
        logger.exception("a peer failed to answer %s", frame.method)
        reply = Reply(error=msgspec.Raw(jsonrpc.error_body(-32603, "The client could not answer.")))
    result = bytes(reply.result) if reply.result is not None else None
    tell(frames.Told(frame.ask, result, bytes(reply.error) if reply.error is not None else None))


class TimedOut(UpstreamProblem):
    """Our own clock ran out; not a timeout that the owner reports."""


class Call:
    """A request that waits for its answer."""

    def __init__(self, method: str, peer: Peer | None, limit_s: float) -> None:
        self.peer = peer
        self.deliveries = Deliveries()
        self._method = method
        self._limit_s = limit_s
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Reply] = self._loop.create_future()
        self._last = self._loop.time()
        self._timer = self._loop.call_later(limit_s, self._check)

    def sign_of_life(self) -> None:
        """The server said something: its silence counts from now."""
        self._last = self._loop.time()

    def done(self, frame: frames.Answer) -> None:
        self.deliveries.finish(lambda: self._settle(frame))

    def fail(self, problem: UpstreamProblem) -> None:
        if not self.future.done():
            self.future.set_exception(problem)

    def over(self) -> None:
        self._timer.cancel()
        self.deliveries.drop()

    def _settle(self, frame: frames.Answer) -> None:
        if not self.future.done():
            result = msgspec.Raw(frame.result) if frame.result is not None else None
            self.future.set_result(Reply(result, msgspec.Raw(frame.error) if frame.error is not None else None))

    def _check(self) -> None:
        if self.deliveries.asking:
            self.sign_of_life()
        left = self._last + self._limit_s - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._check)
            return
        sentence = f"The server did not answer {self._method} within {self._limit_s:g} seconds."
        self.fail(TimedOut("timeout", sentence))
