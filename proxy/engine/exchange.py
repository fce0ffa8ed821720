"""One POST of a client: answered with one JSON body if nothing comes before the answer, else with a stream of events.

An exchange is the `Peer` of the call that it carries. It decides late: the first notification or request of a server,
or a long silence, turns it into a stream. In a handshake session the events of a stream are kept for resuming.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

import msgspec

from proxy.engine import messages, sse
from proxy.engine.http_rules import JSON, SSE
from proxy.engine.outbox import Posted
from proxy.engine.ports import Era, Peer, Reply
from proxy.engine.request import Request
from proxy.engine.sessions import ASKS, ClientSession
from proxy.engine.streams import STREAM_HEADERS, Guard
from proxy.engine.watches import is_list_changed

if TYPE_CHECKING:
    from proxy.engine.parts import Parts

LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
_JSON_TYPE = (b"content-type", b"application/json")
_PRIMED = "2025-11-25"
_RETRY_MS = 1000
TOO_LONG = "too long"
"""Why a call was stopped that took longer than any may."""
_STATELESS_NOTIFICATIONS = frozenset({"notifications/progress", "notifications/message"})


class CallGuard(Guard):
    """Ends a long call whose key does not pass any more."""

    exchange: Exchange

    def stop(self, why: str) -> None:
        self.exchange.stop(why)


class Exchange(Peer):
    """See the module. `finish` ends it; until then `notification` and `request` may be called."""

    def __init__(self, gateway: Parts, request: Request, era: Era, session: ClientSession | None = None) -> None:
        accept = request.accept
        self.era = era
        self.session = session
        self.hears = bool(accept & SSE)
        """Can anything but the answer reach the client?"""
        self.progress: tuple[bytes, bytes] | None = None
        """The progress token that the server was given, and the client's own (both JSON)."""
        self.log_level = ""
        """Stateless: from which level on the client wants log messages; "" for none."""
        self.asked = ""
        """What the server asked for and could not have."""
        self.server_id = ""
        self.stopped = ""
        """Why the gateway stopped the call: cancelled, hung up, too long, or what is wrong with the key."""
        self._gateway = gateway
        self._request = request
        self._config = gateway.config
        self._send = request.send
        self._accept = accept
        self._headers = request.out
        self._guard: CallGuard | None = None
        self._posted: Posted | None = None
        self._streaming = False
        self._finished = False
        self._over = False
        self._asking: set[asyncio.Future[Reply]] = set()
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[object] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._helpers: set[asyncio.Task[None]] = set()

    # -- the time of a call

    def begin(self) -> None:
        """From here on the exchange may stop the current task (see `stop`). Costs nothing for short calls."""
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(self._config.watch_s, self._long))

    def _long(self) -> None:
        """The call takes a while: watch the client and its key, and keep proxies from closing the connection."""
        loop = asyncio.get_running_loop()
        request = self._request
        self._guard = CallGuard(self._gateway, request.token, request.principal, request.hub, request.find)
        self._guard.exchange = self
        self._guard.__enter__()
        if self.era == "stateless":
            self._watcher = loop.create_task(self._watch())
        self._timers.append(loop.call_later(self._config.longest_s, self.stop, TOO_LONG))
        if self.hears:
            self._timers.append(loop.call_later(self._config.quiet_s, self._quiet))

    def _quiet(self) -> None:
        self.helper(self._open_stream())

    def stop(self, why: str) -> None:
        """End the call from outside. `serve` then sees a cancelled task, and `stopped` says why."""
        if self._task is not None and not self.stopped:
            self.stopped = why
            self._task.cancel()

    async def _watch(self) -> None:
        """The stateless era cancels by hanging up."""
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
        self.stop("hung up")

    def helper(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._helpers.add(task)
        task.add_done_callback(self._helpers.discard)

    def end(self) -> None:
        """The call is over: nothing but its answer will be sent."""
        self._task = None
        self._over = True
        for asking in self._asking:
            asking.cancel()
        for timer in self._timers:
            timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._guard is not None:
            self._guard.__exit__()

    # -- Peer

    async def notification(self, method: str, params: bytes) -> None:
        if is_list_changed(method):
            self._gateway.hubs.stale(self.server_id)
        elif self.hears and (passed := self._passed(method, params)) is not None:
            await self._event(messages.notification(method, passed))

    def _passed(self, method: str, params: bytes) -> bytes | None:
        """The parameters as this client gets them; None when it does not."""
        if method == "notifications/progress":
            return self._progress(params)
        if self.era == "handshake":
            return params
        if method not in _STATELESS_NOTIFICATIONS or not self.log_level:
            return None
        try:
            level = messages.decode_text(messages.decode_raws(params)["level"])
            return params if LEVELS.index(level) >= LEVELS.index(self.log_level) else None
        except (*messages.BROKEN, KeyError, ValueError):
            return None

    def _progress(self, params: bytes) -> bytes | None:
        if self.progress is None:
            return None
        given, own = self.progress
        try:
            fields = messages.decode_raws(params)
        except messages.BROKEN:
            return None
        if bytes(fields.get("progressToken", messages.EMPTY)) != given:
            return None
        fields["progressToken"] = msgspec.Raw(own)
        return messages.encode(fields)

    def answers(self, method: str) -> bool:
        need, session = ASKS.get(method), self.session
        return need is not None and session is not None and need in session.capabilities and self.hears

    async def request(self, method: str, params: bytes) -> Reply:
        session = self.session
        if session is None or not self.answers(method):
            self.asked = method
            return Reply(error=messages.error_object(-32601, f"This client does not answer {method}."))
        put = self._gateway.asks.put(session.id, method, params, self._event, self._config.ask_timeout_s)
        asking = asyncio.ensure_future(put)
        self._asking.add(asking)
        try:
            return await asking
        except asyncio.CancelledError:
            if self._over:
                return Reply(error=messages.error_object(-32000, "The call has ended."))
            raise
        finally:
            self._asking.discard(asking)

    # -- writing

    async def _open_stream(self, *, finishing: bool = False) -> None:
        async with self._lock:
            if self._streaming or (self._finished and not finishing):
                return
            await self._send(
                {"type": "http.response.start", "status": 200, "headers": [*STREAM_HEADERS, *self._headers]}
            )
            self._streaming = True
            first = sse.PING
            if self.session is not None:
                self._posted = self._gateway.outbox.posted(self.session.id)
                if self.session.version == _PRIMED and (event_id := await self._posted.add(b"")):
                    first = sse.prime(event_id, retry_ms=_RETRY_MS)
            await self._body(first)
        self._timers.append(asyncio.get_running_loop().call_later(self._config.ping_s, self._ping))

    def _ping(self) -> None:
        self.helper(self._pinged())

    async def _pinged(self) -> None:
        async with self._lock:
            if self._finished:
                return
            await self._body(sse.PING)
        loop = asyncio.get_running_loop()
        ahead = [timer for timer in self._timers if timer.when() > loop.time()]
        self._timers[:] = [*ahead, loop.call_later(self._config.ping_s, self._ping)]

    async def _event(self, message: bytes) -> None:
        if not self._streaming:
            await self._open_stream()
        async with self._lock:
            if self._finished:
                return
            event_id = await self._posted.add(message) if self._posted is not None else ""
            await self._body(sse.encode(message, event_id=event_id))

    async def _body(self, data: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def finish(self, message: bytes, *, status: int = 200) -> None:
        """Send the answer: as the last event of the stream, or as the one JSON body."""
        self._finished = True
        if not self._streaming and self._accept & JSON:
            await self._send(
                {
                    "type": "http.response.start",
                    "status": status,
                    "headers": [_JSON_TYPE, (b"content-length", b"%d" % len(message)), *self._headers],
                }
            )
            await self._send({"type": "http.response.body", "body": message})
            return
        if not self._streaming:
            await self._open_stream(finishing=True)
        async with self._lock:
            event_id = await self._posted.add(message, last=True) if self._posted is not None else ""
            await self._body(sse.encode(message, event_id=event_id), more=False)
