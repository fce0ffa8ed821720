"""Words between the gateway's processes, through the store: who waits for a client's answer may be in another one.

Every process hears two channels: `all`, and one of its own. A request that a server puts to a client carries an id of
the form `<process>.<number>`, so that the client's answer finds the process that waits, wherever it arrives.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import secrets
from collections.abc import Awaitable, Callable

import msgspec

from proxy.engine import messages
from proxy.engine.ports import Reply, Store

log = logging.getLogger(__name__)

_RETRY_S = 1.0


class Signal(msgspec.Struct, omit_defaults=True):
    """One word. `kind`: answer, cancel, changed or ended."""

    kind: str
    session: str = ""
    id: str = ""
    result: msgspec.Raw = messages.EMPTY
    error: msgspec.Raw = messages.EMPTY


Handler = Callable[[Signal], Awaitable[None]]
Deliver = Callable[[bytes], Awaitable[None]]


class Signals:
    """The two channels of this process."""

    def __init__(self, store: Store) -> None:
        self.process = secrets.token_hex(6)
        self._store = store
        self._handlers: dict[str, Handler] = {}
        self._decode = msgspec.json.Decoder(Signal).decode

    def on(self, kind: str, handler: Handler) -> None:
        self._handlers[kind] = handler

    async def tell_all(self, signal: Signal) -> None:
        await self._publish("all", signal)

    async def tell(self, process: str, signal: Signal) -> None:
        await self._publish(f"p.{process}", signal)

    async def _publish(self, channel: str, signal: Signal) -> None:
        try:
            await self._store.publish(channel, messages.encode(signal))
        except Exception:
            log.warning("the store is away: a word to %s is lost", channel, exc_info=True)

    async def hear(self) -> None:
        """Hear both channels for ever."""
        await asyncio.gather(self._follow("all"), self._follow(f"p.{self.process}"))

    async def _follow(self, channel: str) -> None:
        while True:
            try:
                async for data in self._store.subscribe(channel):
                    if data:
                        await self._heard(data)
            except asyncio.CancelledError:
                raise
            except Exception:
                log.warning("the store is away: not hearing %s", channel, exc_info=True)
            await asyncio.sleep(_RETRY_S)

    async def _heard(self, data: bytes) -> None:
        signal = self._decode(data)
        handler = self._handlers.get(signal.kind)
        if handler is not None:
            await handler(signal)


class Asks:
    """Requests put to clients that wait in this process for their answers."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._numbers = itertools.count(1)
        self._open: dict[str, tuple[str, asyncio.Future[Reply]]] = {}
        signals.on("answer", self._told)

    async def put(self, session_id: str, method: str, params: bytes, deliver: Deliver, timeout_s: float) -> Reply:
        """Put a request to the client of a session and wait. Cancelling withdraws it from the client."""
        ask_id = f"{self._signals.process}.{next(self._numbers)}"
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._open[ask_id] = (session_id, future)
        try:
            await deliver(messages.request(messages.encode(ask_id), method, params))
            async with asyncio.timeout(timeout_s):
                return await future
        except TimeoutError:
            await deliver(_withdrawn(ask_id))
            return Reply(error=messages.error_object(-32000, f"The client did not answer {method} in time."))
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):
                await deliver(_withdrawn(ask_id))
            raise
        finally:
            del self._open[ask_id]

    async def answered(self, session_id: str, message: messages.Message) -> None:
        """A client of this session posted an answer; bring it to whoever waits, in whichever process."""
        with contextlib.suppress(*messages.BROKEN):
            ask_id = messages.decode_text(message.id)
            signal = Signal("answer", session_id, ask_id, message.result, message.error)
            process = ask_id.partition(".")[0]
            if process == self._signals.process:
                await self._told(signal)
            elif process.isalnum() and len(process) == len(self._signals.process):
                await self._signals.tell(process, signal)

    async def _told(self, signal: Signal) -> None:
        session_id, future = self._open.get(signal.id, ("", None))
        if future is None or future.done() or session_id != signal.session:
            return
        if signal.error:
            future.set_result(Reply(error=signal.error))
        else:
            future.set_result(Reply(result=signal.result or msgspec.Raw(b"{}")))

    def session_ended(self, session_id: str) -> None:
        """Nobody will answer any more."""
        gone = messages.error_object(-32000, "The client ended its session.")
        for owner, future in list(self._open.values()):
            if owner == session_id and not future.done():
                future.set_result(Reply(error=gone))


def _withdrawn(ask_id: str) -> bytes:
    return messages.notification("notifications/cancelled", b'{"requestId":%b}' % messages.encode(ask_id))
