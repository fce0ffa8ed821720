"""Server-sent events, read and written as the HTML standard (section 9.2) says."""

from __future__ import annotations

import msgspec

PING = b": ping\n\n"


class TooLarge(Exception):
    """One event is larger than the reader takes."""


class Event(msgspec.Struct):
    """One event. `retry_ms` is -1 where the server said nothing of it."""

    data: bytes = b""
    id: str = ""
    event: str = ""
    retry_ms: int = -1


class Parser:
    """Bytes in, events out. An event without data is given too, for its id (it primes resuming) or its retry time."""

    __slots__ = ("_data", "_data_size", "_event", "_held_cr", "_max_bytes", "_parts", "_size", "_touched")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0
        self._held_cr = False
        self._event = Event()
        self._data: list[bytes] = []
        self._data_size = 0
        self._touched = False

    def feed(self, data: bytes) -> list[Event]:
        """The events that are whole now. Raises TooLarge."""
        data = self._unified(data)
        self._size += len(data)
        if self._size > self._max_bytes:
            raise TooLarge
        if b"\n" not in data:
            self._parts.append(data)
            return []
        lines = (b"".join(self._parts) + data).split(b"\n")
        self._parts = [lines.pop()]
        events: list[Event] = []
        for line in lines:
            if line:
                self._line(line)
            elif self._touched:
                events.append(self._finish())
        self._size = len(self._parts[0]) + self._data_size
        return events

    def _unified(self, data: bytes) -> bytes:
        """All line ends as one LF; a CR at the end waits for what follows it."""
        if self._held_cr:
            data = b"\r" + data
            self._held_cr = False
        if b"\r" not in data:
            return data
        if data.endswith(b"\r"):
            self._held_cr = True
            data = data[:-1]
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _line(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        match name.removeprefix(b"\xef\xbb\xbf"):
            case b"data":
                self._data.append(value)
                self._data_size += len(value) + 1  # an empty line takes room as well
            case b"id" if b"\0" not in value:
                self._event.id = value.decode("utf-8", "replace")
            case b"event":
                self._event.event = value.decode("utf-8", "replace")
            case b"retry" if value.isdigit() and len(value) < 10:
                self._event.retry_ms = int(value)
            case _:
                return
        self._touched = True

    def _finish(self) -> Event:
        event = self._event
        event.data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        self._event, self._data, self._data_size, self._touched = Event(), [], 0, False
        return event


def encode(data: bytes, *, event_id: str = "") -> bytes:
    """One `message` event. `data` is one JSON text; raw line breaks in it are folded to spaces (JSON allows them)."""
    if b"\n" in data or b"\r" in data:
        data = data.replace(b"\r", b" ").replace(b"\n", b" ")
    if event_id:
        return b"id: %s\nevent: message\ndata: %s\n\n" % (event_id.encode(), data)
    return b"event: message\ndata: %s\n\n" % data


def prime(event_id: str, *, retry_ms: int) -> bytes:
    """The first event of a stream that can be resumed: an id and no data (2025-11-25)."""
    return b"id: %s\nretry: %d\ndata: \n\n" % (event_id.encode(), retry_ms)
