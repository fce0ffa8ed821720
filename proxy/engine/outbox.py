"""What is on its way to a client of a handshake session, kept in the store so that it can be read again.

Two kinds of streams: the session's own (`g`, read by GET), and one for each POST that became a stream of events. An
event id on the wire is `<stream>:<id in the store>`, so that a GET with Last-Event-ID says which one broke off.
"""

from __future__ import annotations

import logging
import secrets

from proxy.engine.ports import Store

log = logging.getLogger(__name__)

OWN = "g"
_KEEP_S = 600
_MAX_EVENTS = 500
_MORE, _LAST = b"m", b"l"


class Outbox:
    """The streams of all sessions."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def put(self, session_id: str, message: bytes) -> None:
        """A message that belongs to no request: onto the session's own stream. The process that holds it is told."""
        try:
            await self.store.append(_name(session_id, OWN), _MORE + message, ttl_s=_KEEP_S, max_len=_MAX_EVENTS)
            await self.store.publish(channel(session_id), b"+")
        except Exception:
            log.warning("the store is away: a message to a client is lost", exc_info=True)

    def posted(self, session_id: str) -> Posted:
        """A new stream for one POST."""
        return Posted(self.store, session_id, secrets.token_hex(6))

    async def read(self, session_id: str, stream: str, after: str) -> tuple[list[tuple[str, bytes]], bool]:
        """The events after one, as (event id, message), and whether the stream has ended with them."""
        found = await self.store.read(_name(session_id, stream), after)
        events = [(f"{stream}:{event_id}", value[1:]) for event_id, value in found if len(value) > 1]
        return events, bool(found) and found[-1][1][:1] == _LAST

    async def cursor(self, session_id: str) -> str:
        """Up to where the session's own stream was read."""
        return (await self.store.get(_name(session_id, "cursor")) or b"").decode()

    async def read_up_to(self, session_id: str, event_id: str) -> None:
        await self.store.set(_name(session_id, "cursor"), event_id.partition(":")[2].encode(), ttl_s=_KEEP_S)


class Posted:
    """The events of one POST, as they are sent."""

    def __init__(self, store: Store, session_id: str, stream: str) -> None:
        self._store = store
        self._stream = stream
        self._name = _name(session_id, stream)

    async def add(self, message: bytes, *, last: bool = False) -> str:
        """Keep an event; its id on the wire, "" when it could not be kept. Empty bytes only prime resuming."""
        try:
            value = (_LAST if last else _MORE) + message
            event_id = await self._store.append(self._name, value, ttl_s=_KEEP_S, max_len=_MAX_EVENTS)
        except Exception:
            log.warning("the store is away: an event cannot be resumed", exc_info=True)
            return ""
        return f"{self._stream}:{event_id}"


def split_event_id(event_id: str) -> tuple[str, str]:
    """Stream and position of an event id on the wire; ("", "") for what is none."""
    stream, separator, position = event_id.partition(":")
    good = separator and (stream == OWN or (len(stream) == 12 and stream.isalnum())) and len(position) < 64
    return (stream, position) if good and position.replace("-", "").isalnum() else ("", "")


def channel(session_id: str) -> str:
    return f"s.{session_id}"


def _name(session_id: str, stream: str) -> str:
    return f"out:{session_id}:{stream}"
