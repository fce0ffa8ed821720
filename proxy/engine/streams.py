"""Streams that stay open: what they have in common. They end with the client, the key, the hub or the process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from core.decision import Principal
from proxy.engine import sse
from proxy.engine.http_rules import HeaderList, Receive, Send
from proxy.engine.hub import Hub
from proxy.engine.ports import HubSnapshot, KeyProblem

if TYPE_CHECKING:
    from proxy.engine.parts import Parts

log = logging.getLogger(__name__)

STREAM_HEADERS: HeaderList = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]
_MAX_WAITING = 2000
FindHub = Callable[[], Awaitable[HubSnapshot | None]]


class Guard:
    """Something that lasts, and must end when the key that began it does not pass any more."""

    def __init__(self, gateway: Parts, token: str, principal: Principal, hub: Hub, find: FindHub) -> None:
        self.gateway = gateway
        self.principal = principal
        self.hub = hub
        self._token = token
        self._find = find
        self._expiry: asyncio.TimerHandle | None = None

    def __enter__(self) -> Guard:
        self.gateway.guards.setdefault(self.hub.snapshot.workspace_id, set()).add(self)
        if self.principal.expires_at:
            wait_s = max(self.principal.expires_at - self.gateway.clock(), 0.0)
            self._expiry = asyncio.get_running_loop().call_later(min(wait_s, 2e6), self.stop, "expired")
        return self

    def __exit__(self, *_: object) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        held = self.gateway.guards.get(self.hub.snapshot.workspace_id)
        if held is not None:
            held.discard(self)
            if not held:
                del self.gateway.guards[self.hub.snapshot.workspace_id]

    async def changed(self) -> None:
        """The workspace changed: does the key still pass, is the hub still there? Then look at what it offers."""
        try:
            principal = await self.gateway.principal(self._token, self.hub.snapshot)
        except KeyProblem as problem:
            self.stop(problem.reason)
            return
        snapshot = await self._find()
        if snapshot is None or snapshot.hub_id != self.hub.snapshot.hub_id:
            self.stop("gone")
            return
        if not self.gateway.policy.decide(principal, "hub.use", snapshot, None).allowed:
            self.stop("refused")
            return
        before, self.hub = self.hub, self.gateway.hub(snapshot)
        self.principal = principal
        self.offers(before.snapshot, snapshot)

    def stop(self, why: str) -> None:
        """End it."""

    def offers(self, before: HubSnapshot, now: HubSnapshot) -> None:
        """The hub may offer something else now."""


class OpenStream(Guard):
    """A stream of events to a client, fed by `push`."""

    def __init__(self, gateway: Parts, token: str, principal: Principal, hub: Hub, find: FindHub) -> None:
        super().__init__(gateway, token, principal, hub, find)
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.why = ""
        """Why it ended."""

    def push(self, event: bytes) -> None:
        """Send an event (SSE bytes). A client that does not read loses the stream, not the process its memory."""
        if self._queue.qsize() >= _MAX_WAITING:
            self.stop("slow")
        elif not self.why:
            self._queue.put_nowait(event)

    def stop(self, why: str) -> None:
        if not self.why:
            self.why = why
            self._queue.put_nowait(None)

    async def run(self, receive: Receive, send: Send, headers: HeaderList, first: bytes = sse.PING) -> None:
        """Send events until the stream is stopped or the client hangs up; pings in between. Does not end the body."""
        await send({"type": "http.response.start", "status": 200, "headers": [*STREAM_HEADERS, *headers]})
        await send({"type": "http.response.body", "body": first, "more_body": True})
        watcher = asyncio.get_running_loop().create_task(self._watch(receive))
        try:
            while True:
                try:
                    async with asyncio.timeout(self.gateway.config.ping_s):
                        event = await self._queue.get()
                except TimeoutError:
                    event = sse.PING
                    self.pinged()
                if event is None:
                    return
                await send({"type": "http.response.body", "body": event, "more_body": True})
        finally:
            watcher.cancel()

    def pinged(self) -> None:
        """Called from time to time while nothing happens."""

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.stop("hung up")
