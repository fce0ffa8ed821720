"""A client's connection to the owner: its calls, and the sessions that news is for."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from proxy.engine.ports import UpstreamProblem
from proxy.owner import frames
from proxy.owner.stream import FrameStream

_AWAY = "The process that runs stdio servers went away before it answered."


class LinkLost(UpstreamProblem):
    """The connection ended. What can be asked twice may be asked again over a new one."""

    def __init__(self) -> None:
        super().__init__("closed", _AWAY)


class Hearer(Protocol):
    """A session, as the connection sees it."""

    def heard(self, frame: frames.Note | frames.Ask) -> None: ...
    def withdrawn(self, ask: int) -> None: ...
    def lose(self, problem: UpstreamProblem) -> None: ...


class Waiter(Protocol):
    """Whoever waits for the last frame of a call."""

    def done(self, frame: Any) -> None: ...
    def fail(self, problem: UpstreamProblem) -> None: ...


class _Future:
    def __init__(self, first: Callable[[Any], None] | None = None) -> None:
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._first = first

    def done(self, frame: Any) -> None:
        if self._first is not None:
            self._first(frame)
        if not self.future.done():
            self.future.set_result(frame)

    def fail(self, problem: UpstreamProblem) -> None:
        if not self.future.done():
            self.future.set_exception(problem)


class OwnerLink(FrameStream):
    """One connection; it ends with the owner, and all that hangs on it is told."""

    decoder = frames.to_client

    def __init__(self) -> None:
        super().__init__()
        self.generation = ""
        self.start_timeout_s = 60.0
        self.sessions: dict[int, Hearer] = {}
        self.waiters: dict[int, Waiter] = {}
        self._numbers = itertools.count(1)
        self._asks: dict[int, int] = {}
        self._welcome = _Future()

    @property
    def up(self) -> bool:
        return bool(self.generation) and self.transport is not None and not self.transport.is_closing()

    async def greet(self, token: str, name: str, pid: int) -> None:
        """Show the token and wait for the welcome. Raises UpstreamProblem when the owner hangs up instead."""
        self.send(frames.Hello(token, name, pid))
        async with asyncio.timeout(5):
            await self._welcome.future

    def next_call(self, waiter: Waiter) -> int:
        number = next(self._numbers)
        self.waiters[number] = waiter
        return number

    def post(self, frame: frames.Frame) -> None:
        """Send. Raises UpstreamProblem; of kind session_lost when the connection is gone and nothing was sent."""
        if not self.send(frame):
            raise UpstreamProblem("session_lost", _AWAY)

    async def call(
        self, frame: Any, *, timeout_s: float | None = 30.0, first: Callable[[Any], None] | None = None
    ) -> Any:
        """Send a frame that has a `call` and wait for its last frame, which `first` sees before any later frame is
        read. Raises UpstreamProblem."""
        waiter = _Future(first)
        number = self.next_call(waiter)
        try:
            self.post(msgspec.structs.replace(frame, call=number))
            async with asyncio.timeout(timeout_s):
                return await waiter.future
        except TimeoutError:
            raise UpstreamProblem("timeout", "The process that runs stdio servers did not answer.") from None
        finally:
            self.waiters.pop(number, None)

    def on_frame(self, frame: Any) -> None:
        match frame:
            case frames.Answer(call=call) | frames.Opened(call=call) | frames.Done(call=call):
                waiter = self.waiters.pop(call, None)
                if waiter is not None:
                    waiter.done(frame)
                elif isinstance(frame, frames.Opened):
                    self.send(frames.Leave(frame.session, False))
            case frames.Failed():
                waiter = self.waiters.pop(frame.call, None)
                if waiter is not None:
                    waiter.fail(UpstreamProblem(frame.kind, frame.sentence, detail=frame.detail, status=frame.status))
            case frames.Note() | frames.Ask():
                session = self.sessions.get(frame.session)
                if isinstance(frame, frames.Ask):
                    self._asks[frame.ask] = frame.session
                if session is not None:
                    session.heard(frame)
            case frames.AskOver():
                session = self.sessions.get(self._asks.pop(frame.ask, 0))
                if session is not None:
                    session.withdrawn(frame.ask)
            case frames.Ended():
                session = self.sessions.pop(frame.session, None)
                if session is not None:
                    session.lose(UpstreamProblem(frame.kind, frame.sentence, detail=frame.detail))
            case frames.Welcome():
                self.generation, self.start_timeout_s = frame.generation, frame.start_timeout_s
                self._welcome.done(None)

    def tell(self, frame: frames.Told) -> None:
        """A peer's answer, if it is still wanted."""
        if self._asks.pop(frame.ask, None) is not None:
            try:
                self.send(frame)
            except UpstreamProblem as problem:
                error = msgspec.json.encode({"code": -32603, "message": problem.sentence})
                self.send(frames.Told(frame.ask, None, error))

    def on_lost(self) -> None:
        problem = LinkLost()
        self._welcome.fail(problem)
        waiters, self.waiters = self.waiters, {}
        for waiter in waiters.values():
            waiter.fail(problem)
        sessions, self.sessions = self.sessions, {}
        for session in sessions.values():
            session.lose(problem)
