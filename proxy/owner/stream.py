"""Frames over one connection: length, then msgpack."""

from __future__ import annotations

import asyncio
import struct
from typing import Any, cast

import msgspec

from proxy.engine.ports import UpstreamProblem
from proxy.owner import frames
from proxy.owner.frames import MAX_FRAME, MAX_MESSAGE, MAX_WAITING, Frame

_LENGTH = struct.Struct("!I")


class FrameStream(asyncio.Protocol):
    """Frames over one connection. Subclasses say what a frame and the end mean."""

    decoder: msgspec.msgpack.Decoder[Any]

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._waiting = bytearray()

    def on_frame(self, frame: Any) -> None:
        raise NotImplementedError

    def on_lost(self) -> None:
        raise NotImplementedError

    def send(self, frame: Frame) -> bool:
        """Queue a frame; False when the connection is gone. A reader too far behind loses the connection."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return False
        body = frames.encode(frame)
        if len(body) > MAX_FRAME:
            raise UpstreamProblem("too_large", f"The message is larger than {MAX_MESSAGE >> 20} MB.")
        if transport.get_write_buffer_size() > MAX_WAITING:
            transport.abort()
            return False
        transport.writelines((_LENGTH.pack(len(body)), body))
        return True

    def waiting_to_send(self) -> int:
        """Bytes queued for the other side."""
        return self.transport.get_write_buffer_size() if self.transport is not None else 0

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are no subclasses

    def connection_lost(self, problem: Exception | None) -> None:
        self.transport = None
        self.on_lost()

    def data_received(self, data: bytes) -> None:
        waiting = self._waiting
        waiting += data
        start, end = 0, len(waiting)
        with memoryview(waiting) as view:
            while end - start >= _LENGTH.size:
                (size,) = _LENGTH.unpack_from(waiting, start)
                if size > MAX_FRAME:
                    self.hang_up()
                    break
                if end - start - _LENGTH.size < size:
                    break
                start += _LENGTH.size
                frame = self._decoded(view[start : start + size])
                start += size
                if frame is None:
                    break
                self.on_frame(frame)
        del waiting[:start]

    def _decoded(self, body: memoryview) -> Any | None:
        try:
            return self.decoder.decode(body)
        except msgspec.MsgspecError:
            self.hang_up()
            return None
