"""One warm session as a client of the owner holds it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from proxy.engine.ports import Era, Peer, Reply, UpstreamProblem, UpstreamSpec
from proxy.owner import frames
from proxy.owner.delivery import Deliveries
from proxy.owner.frames import MAX_MESSAGE
from proxy.owner.link import OwnerLink

_NOBODY = b'{"code":-32601,"message":"No client that could answer is attached."}'


class OwnerSession:
    """Implements `UpstreamSession`. `incarnation` names the very child: another one means that its state is lost."""

    def __init__(self, link: OwnerLink, spec: UpstreamSpec, era: Era, scope: str, peer: Peer | None) -> None:
        self.spec = spec
        self.era: Era = era
        self.scope = scope
        self.version = ""
        self.hello = b""
        self.incarnation = ""
        self.lost: UpstreamProblem | None = None
        self._peer = peer
        self._link = link
        self._number = 0
        self._calls: dict[int, _Call] = {}
        self._deliveries = Deliveries()

    async def open(self, capabilities: bytes) -> None:
        """Attach to the owner's session, which it makes when there is none. Raises UpstreamProblem."""
        frame = frames.Open(0, self.spec, self.era, self.scope, capabilities, self._peer is not None)
        await self._link.call(frame, timeout_s=self._link.start_timeout_s + 10, first=self._opened)

    def _opened(self, frame: frames.Opened) -> None:
        self._number = frame.session
        self.incarnation, self.version, self.hello = frame.incarnation, frame.version, frame.hello
        self._link.sessions[self._number] = self

    def hear(self, peer: Peer) -> None:
        """From now on this peer hears what belongs to no request."""
        if self._peer is None and self._number:
            self._link.send(frames.Hear(self._number))
        self._peer = peer

    async def request(
        self,
        method: str,
        params: bytes,
        *,
        peer: Peer | None = None,
        timeout_ms: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request and wait; cancelling the task cancels it upstream.

        `timeout_ms` counts from the request or the last sign of life that belongs to it (progress, a question to the
        client, which stops the clock until it is answered); 0 waits for ever. Raises UpstreamProblem.
        """
        if self.lost is not None:
            raise self._gone()
        if len(params) > MAX_MESSAGE:
            raise UpstreamProblem("too_large", f"The request is larger than {MAX_MESSAGE >> 20} MB.")
        limit = self.spec.timeout_ms if timeout_ms is None else timeout_ms
        call = _Call(self, method, peer, limit / 1000)
        number = self._link.next_call(call)
        self._calls[number] = call
        heard = peer is not None
        try:
            self._link.post(
                frames.Request(number, self._number, method, params, heard, dict(headers) if headers else {})
            )
            return await call.future
        except (asyncio.CancelledError, _TimedOut):
            self._link.send(frames.Cancel(number))
            raise
        finally:
            call.over()
            self._calls.pop(number, None)
            self._link.waiters.pop(number, None)

    async def notify(self, method: str, params: bytes) -> None:
        """Raises UpstreamProblem."""
        if self.lost is not None:
            raise self._gone()
        self._link.post(frames.Notify(self._number, method, params))

    async def close(self) -> None:
        """Leave; a session that belongs to one client ends with that."""
        if self.lost is None:
            end = self.spec.session_scope == "client" and bool(self.scope)
            self.lose(UpstreamProblem("session_lost", f"The session with {self.spec.title} was closed."))
            self._link.sessions.pop(self._number, None)
            self._link.send(frames.Leave(self._number, end))

    # --- from the connection

    def heard(self, frame: frames.Note | frames.Ask) -> None:
        call = self._calls.get(frame.call)
        peer = (call.peer if call is not None else None) or self._peer
        deliveries = call.deliveries if call is not None else self._deliveries
        if isinstance(frame, frames.Note):
            if peer is not None:
                deliveries.note(peer, frame.method, frame.params)
        elif peer is not None:
            deliveries.ask(peer, frame, lambda told: self._told(call, told))
        else:
            self._link.tell(frames.Told(frame.ask, None, _NOBODY))
        if call is not None:
            call.sign_of_life()

    def _told(self, call: _Call | None, told: frames.Told) -> None:
        if call is not None:
            call.sign_of_life()
        self._link.tell(told)

    def withdrawn(self, ask: int) -> None:
        self._deliveries.withdraw(ask)
        for call in self._calls.values():
            call.deliveries.withdraw(ask)

    def lose(self, problem: UpstreamProblem) -> None:
        self.lost = problem
        self._deliveries.drop()

    def _gone(self) -> UpstreamProblem:
        assert self.lost is not None
        why = self.lost.sentence if self.lost.kind == "session_lost" else f"The session has ended: {self.lost.sentence}"
        return UpstreamProblem("session_lost", why, detail=self.lost.detail)


class _TimedOut(UpstreamProblem):
    """Ours, so that a timeout which the server reports is not taken for it."""


class _Call:
    """A request that waits for its answer, and the clock that runs meanwhile."""

    def __init__(self, session: OwnerSession, method: str, peer: Peer | None, limit_s: float) -> None:
        self.peer = peer
        self.deliveries = Deliveries()
        self._session = session
        self._method = method
        self._limit_s = limit_s
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Reply] = self._loop.create_future()
        self._last = self._loop.time()
        self._timer = self._loop.call_later(limit_s, self._check) if limit_s else None

    def sign_of_life(self) -> None:
        self._last = self._loop.time()

    def done(self, frame: frames.Answer) -> None:
        self.deliveries.finish(lambda: self._settle(frame))

    def fail(self, problem: UpstreamProblem) -> None:
        if not self.future.done():
            self.future.set_exception(problem)

    def over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.deliveries.drop()

    def _settle(self, frame: frames.Answer) -> None:
        if not self.future.done():
            self.future.set_result(
                Reply(
                    msgspec.Raw(frame.result) if frame.result is not None else None,
                    msgspec.Raw(frame.error) if frame.error is not None else None,
                )
            )

    def _check(self) -> None:
        if self.deliveries.asking:
            self.sign_of_life()
        left = self._last + self._limit_s - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._check)
            return
        title = self._session.spec.title
        self.fail(_TimedOut("timeout", f"{title} did not answer {self._method} within {self._limit_s:g} seconds."))
