"""One warm session as a client of the owner holds it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from proxy.engine.ports import Era, Peer, Reply, UpstreamProblem, UpstreamSession, UpstreamSpec
from proxy.owner import frames
from proxy.owner.calls import Call, Deliveries, TimedOut
from proxy.owner.frames import MAX_MESSAGE
from proxy.owner.link import LinkLost, OwnerLink

_NOBODY = b'{"code":-32601,"message":"No client that could answer is attached."}'

_SAFE = frozenset(
    {
        "completion/complete",
        "ping",
        "prompts/get",
        "prompts/list",
        "resources/list",
        "resources/read",
        "resources/templates/list",
        "tools/list",
    }
)
"""What may be asked twice: it changes nothing."""


class OwnerSession(UpstreamSession):
    """A session in the owner. When that is gone (the child ended, the owner was restarted) the next request makes it
    anew and raises `generation`; a `tools/call` that was sent is never sent again.

    `incarnation` names the very child, in every process: another value means that whatever it remembered is gone.
    """

    def __init__(
        self,
        linked: Callable[[], Awaitable[OwnerLink]],
        spec: UpstreamSpec,
        era: Era,
        version: str,
        scope: str,
        capabilities: bytes,
    ) -> None:
        self.spec = spec
        self.era: Era = era
        self.scope = scope
        self.version = version
        self.hello = b""
        self.incarnation = ""
        self.generation = 0
        self.lost: UpstreamProblem | None = None
        self._asked = version
        self._capabilities = capabilities
        self._linked = linked
        self._link: OwnerLink | None = None
        self._number = 0
        self._peers: list[Peer] = []
        self._calls: dict[int, Call] = {}
        self._deliveries = Deliveries()
        self._renewing: asyncio.Task[None] | None = None
        self.closed = False

    async def open(self) -> None:
        """Attach to the owner's session, which it makes when there is none. Raises UpstreamProblem."""
        try:
            await self._open(await self._linked())
        except LinkLost:
            await self._open(await self._linked())

    async def _open(self, link: OwnerLink) -> None:
        hears = bool(self._peers)
        frame = frames.Open(0, self.spec, self.era, self._asked, self.scope, self._capabilities, hears)

        def opened(frame: frames.Opened) -> None:
            # Before any later frame is read: that may be a note for this session, or its end.
            self._link, self._number, self.lost = link, frame.session, None
            self.incarnation, self.version, self.hello = frame.incarnation, frame.version, frame.hello
            link.sessions[frame.session] = self

        await link.call(frame, timeout_s=link.start_timeout_s + 10, first=opened)

    async def ready(self) -> None:
        """Make the session anew if it was lost, once for all who wait. Raises UpstreamProblem."""
        if self.closed:
            raise UpstreamProblem("session_lost", "The session with the server was closed.")
        if self.lost is None:
            return
        if self._renewing is None:
            self._renewing = asyncio.get_running_loop().create_task(self._renew())
            self._renewing.add_done_callback(self._renewed)
        await asyncio.shield(self._renewing)

    async def _renew(self) -> None:
        await self.open()
        self.generation += 1

    def _renewed(self, task: asyncio.Task[None]) -> None:
        self._renewing = None
        if not task.cancelled():
            task.exception()  # looked at here, since all who waited may have left

    async def request(
        self,
        method: str,
        params: bytes,
        *,
        peer: Peer | None = None,
        timeout_ms: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        if len(params) > MAX_MESSAGE:
            raise UpstreamProblem("too_large", f"The request is larger than {MAX_MESSAGE >> 20} MB.")
        limit_s = (timeout_ms or self.spec.timeout_ms) / 1000
        for last in (False, True):
            if self.lost is not None or self.closed:
                await self.ready()
            try:
                return await self._send(method, params, peer, limit_s, headers)
            except UpstreamProblem as problem:
                # A lost session means that the request never left. Of a lost link nobody knows.
                again = problem.kind == "session_lost" or (isinstance(problem, LinkLost) and method in _SAFE)
                if last or not again:
                    raise
                self.lose(problem)
        raise AssertionError("unreachable")

    async def _send(
        self, method: str, params: bytes, peer: Peer | None, limit_s: float, headers: Mapping[str, str] | None
    ) -> Reply:
        link = self._link
        assert link is not None
        call = Call(method, peer, limit_s)
        number = link.next_call(call)
        self._calls[number] = call
        heard = peer is not None
        try:
            link.post(frames.Request(number, self._number, method, params, heard, dict(headers) if headers else {}))
            return await call.future
        except (asyncio.CancelledError, TimedOut):
            link.send(frames.Cancel(number))
            raise
        finally:
            call.over()
            self._calls.pop(number, None)
            link.waiters.pop(number, None)

    async def notify(self, method: str, params: bytes) -> None:
        """Raises UpstreamProblem."""
        await self.ready()
        assert self._link is not None
        self._link.post(frames.Notify(self._number, method, params))

    async def close(self) -> None:
        """Leave. A session with a scope ends with that; one shared by all stays warm for the others."""
        self.closed = True
        if self.lost is None and self._link is not None:
            self._link.sessions.pop(self._number, None)
            self._link.send(frames.Leave(self._number, bool(self.scope)))
        self._deliveries.drop()

    def attach(self, peer: Peer) -> None:
        """From now on this peer hears what belongs to no request."""
        if peer in self._peers:
            return
        self._peers.append(peer)
        if len(self._peers) == 1 and self._link is not None and self.lost is None:
            self._link.send(frames.Hear(self._number, True))

    def detach(self, peer: Peer) -> None:
        if peer in self._peers:
            self._peers.remove(peer)
            if not self._peers and self._link is not None and self.lost is None:
                self._link.send(frames.Hear(self._number, False))

    # --- from the connection

    def heard(self, frame: frames.Note | frames.Ask) -> None:
        call = self._calls.get(frame.call)
        deliveries = self._deliveries
        peers = self._peers
        if call is not None:
            call.sign_of_life()
            deliveries = call.deliveries
            peers = [call.peer] if call.peer is not None else peers
        if isinstance(frame, frames.Note):
            for peer in peers:
                deliveries.note(peer, frame.method, frame.params)
        elif peers:
            deliveries.ask(peers[-1], frame, lambda told: self._told(call, told))
        else:
            self._told(call, frames.Told(frame.ask, None, _NOBODY))

    def _told(self, call: Call | None, told: frames.Told) -> None:
        if call is not None:
            call.sign_of_life()
        if self._link is not None:
            self._link.tell(told)

    def withdrawn(self, ask: int) -> None:
        self._deliveries.withdraw(ask)
        for call in self._calls.values():
            call.deliveries.withdraw(ask)

    def lose(self, problem: UpstreamProblem) -> None:
        self.lost = problem
        self._deliveries.drop()
