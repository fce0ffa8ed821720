"""A client's side of what a server says unasked: in order, before the answer, and without blocking the connection."""

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

    def note(self, peer: Peer, method: str, params: bytes) -> None:
        if len(self._waiting) < _MOST_WAITING:
            self._add(lambda: peer.notification(method, params))

    def ask(self, peer: Peer, frame: frames.Ask, tell: Callable[[frames.Told], object]) -> None:
        """Put a server's question to the peer; its answer goes to `tell`."""

        async def begin() -> None:
            task = asyncio.get_running_loop().create_task(_answer(peer, frame, tell))
            self._asks[frame.ask] = task
            task.add_done_callback(lambda _: self._asks.pop(frame.ask, None))

        self._add(begin)

    @property
    def asking(self) -> bool:
        """A question waits for its answer, perhaps a person's."""
        return bool(self._asks)

    def withdraw(self, ask: int) -> None:
        task = self._asks.pop(ask, None)
        if task is not None:
            task.cancel()

    def finish(self, then: Callable[[], None]) -> None:
        """Run `then` once all that came before was delivered; questions left open are withdrawn."""
        for ask in list(self._asks):
            self.withdraw(ask)
        if self._task is None:
            then()
        else:
            self._then = then

    def drop(self) -> None:
        self._waiting.clear()
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
