"""An answer that comes as a stream of events: notifications, requests of the server, and the answer at the end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import msgspec

from core.net import ReplyTimeout, Response
from proxy.engine import messages, problems, sse
from proxy.engine.ports import Peer, Reply, UpstreamProblem

if TYPE_CHECKING:
    from proxy.engine.http_session import HttpSession

_RETRY_MS = 1000
_MAX_RETRY_MS = 30_000
_RESUMES = 5
_NOT_SUPPORTED = messages.error_object(-32601, "This client does not answer such requests.")
_PONG = Reply(result=msgspec.Raw(b"{}"))


class Reading:
    """A reply that comes as a stream of events: notifications, requests of the server, and the answer at the end."""

    def __init__(
        self, session: HttpSession, response: Response, request_id: int, peer: Peer | None, timeout_s: float
    ) -> None:
        self._session = session
        self._response = response
        self._id = b"%d" % request_id
        self._peer = peer
        self._timeout_s = timeout_s
        self._asks: dict[bytes, asyncio.Task[None]] = {}
        self._last_event_id = ""
        self._retry_ms = _RETRY_MS

    async def reply(self) -> Reply:
        """The answer, after everything that came before it was heard. Raises UpstreamProblem."""
        try:
            for attempt in range(_RESUMES + 1):
                found = await self._read()
                if found is not None:
                    return found
                if not self._last_event_id or attempt == _RESUMES:
                    break
                await asyncio.sleep(min(self._retry_ms, _MAX_RETRY_MS) / 1000)
                again = await self._session.resume(self._last_event_id, self._timeout_s)
                if again is None:
                    break
                self._response = again
            raise problems.closed()
        except BaseException:
            self._response.close()
            raise
        finally:
            for task in self._asks.values():
                task.cancel()

    async def _read(self) -> Reply | None:
        """The answer, or None when the stream ends without it."""
        parser = sse.Parser(self._session.max_bytes)
        while True:
            try:
                chunk = await self._response.read(self._timeout_s)
            except ReplyTimeout:
                if self._asks:
                    continue
                raise problems.silence(self._timeout_s) from None
            except problems.TROUBLE:
                return None
            if not chunk:
                return None
            try:
                events = parser.feed(chunk)
            except sse.TooLarge:
                raise UpstreamProblem("too_large", "The server's answer is too large.") from None
            for event in events:
                found = await self._event(event)
                if found is not None:
                    self._response.drain()
                    return found

    async def _event(self, event: sse.Event) -> Reply | None:
        if event.id:
            self._last_event_id = event.id
        if event.retry_ms >= 0:
            self._retry_ms = event.retry_ms
        if not event.data:
            return None
        try:
            message = messages.decode_message(event.data)
        except messages.BROKEN:
            raise problems.garbage("an event that is no JSON-RPC message", event.data) from None
        if message.method:
            await self._heard(message)
        elif bytes(message.id) == self._id or (message.error and bytes(message.id) in (b"", b"null")):
            if message.error:
                return Reply(error=message.error)
            if message.result:
                return Reply(result=message.result)
            raise problems.garbage("an answer with neither result nor error", event.data)
        return None

    async def _heard(self, message: messages.Message) -> None:
        if message.id:
            key = bytes(message.id)
            self._asks[key] = task = asyncio.get_running_loop().create_task(ask(self._session, self._peer, message))
            task.add_done_callback(lambda _: self._asks.pop(key, None))
        elif message.method == "notifications/cancelled":
            withdrawn = self._asks.get(bytes(messages.decode_raws(message.params).get("requestId", messages.EMPTY)))
            if withdrawn is not None:
                withdrawn.cancel()
        elif self._peer is not None:
            await self._peer.notification(message.method, bytes(message.params) or b"{}")


async def ask(session: HttpSession, peer: Peer | None, message: messages.Message) -> None:
    """Put a request of the server to the peer, and send its answer back."""
    if message.method == "ping":
        reply = _PONG
    elif peer is None:
        reply = Reply(error=_NOT_SUPPORTED)
    else:
        reply = await peer.request(message.method, bytes(message.params) or b"{}")
    message_id = bytes(message.id)
    answer = (
        messages.error(message_id, reply.error)
        if reply.error is not None
        else messages.result(message_id, reply.result or b"{}")
    )
    with contextlib.suppress(UpstreamProblem):
        await session.answer(answer)
