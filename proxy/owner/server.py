"""The owner's socket: who connects, and what they may say."""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from proxy.engine.ports import UpstreamProblem
from proxy.owner import frames
from proxy.owner.channel import Channel
from proxy.owner.frames import failed
from proxy.owner.health import report
from proxy.owner.pool import Pool
from proxy.owner.stream import FrameStream

logger = logging.getLogger(__name__)

_NOTES_WAIT = 8 << 20
"""Past this many bytes waiting for a client its notes are dropped; answers still wait."""


class Attachment:
    """One connection's part in one channel: what the channel says becomes frames."""

    def __init__(self, connection: Connection, session: int, channel: Channel, hears: bool) -> None:
        self.connection = connection
        self.session = session
        self.channel = channel
        self.hears = hears

    def answered(self, call: int, result: bytes | None, error: bytes | None) -> None:
        self.connection.finish(call, frames.Answer(call, result, error))

    def failed(self, call: int, problem: UpstreamProblem) -> None:
        self.connection.finish(call, failed(call, problem))

    def note(self, call: int, method: str, params: bytes) -> None:
        if self.connection.waiting_to_send() < _NOTES_WAIT:
            self.connection.send(frames.Note(self.session, call, method, params))

    def ask(self, ask: int, call: int, method: str, params: bytes) -> None:
        self.connection.asks[ask] = self.channel
        self.connection.send(frames.Ask(ask, self.session, call, method, params))

    def ask_over(self, ask: int) -> None:
        if self.connection.asks.pop(ask, None) is not None:
            self.connection.send(frames.AskOver(ask))

    def ended(self, problem: UpstreamProblem) -> None:
        self.connection.attachments.pop(self.session, None)
        self.connection.send(frames.Ended(self.session, problem.kind, problem.sentence, problem.detail))


class Connection(FrameStream):
    """One attached process. Nothing is served before its first frame showed the token."""

    decoder = frames.to_owner

    def __init__(self, owner: Owner) -> None:
        super().__init__()
        self.owner = owner
        self.name = ""
        self.attachments: dict[int, Attachment] = {}
        self.asks: dict[int, Channel] = {}
        self._calls: dict[int, tuple[Channel, int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sessions = 0
        self._handlers: dict[type, Callable[[Any], None]] = {
            frames.Request: self._request,
            frames.Cancel: self._cancel,
            frames.Notify: self._notify,
            frames.Told: self._told,
            frames.Open: lambda frame: self._in_background(frame.call, self._open(frame)),
            frames.Hear: self._hear,
            frames.EndScope: lambda frame: self._in_background(0, self.owner.pool.end_scope(frame.scope)),
            frames.Leave: self._leave,
            frames.AskStatus: lambda frame: self._in_background(frame.call, self._status(frame)),
            frames.Stop: lambda frame: self._in_background(frame.call, self._stop(frame)),
        }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if not _same_user(transport.get_extra_info("socket")):
            logger.warning("refused a connection of another user")
            self.hang_up()
        self._late = asyncio.get_running_loop().call_later(5, self._too_late)

    def _too_late(self) -> None:
        if not self.name:
            self.hang_up()

    def on_frame(self, frame: Any) -> None:
        if self.name:
            handler = self._handlers.get(type(frame))
            if handler is not None:
                handler(frame)
        elif isinstance(frame, frames.Hello) and hmac.compare_digest(
            frame.token.encode(), self.owner.pool.settings.token.encode()
        ):
            self.name = f"{frame.name or 'client'} {frame.pid}"
            self.owner.connections.add(self)
            pool = self.owner.pool
            self.send(frames.Welcome(pool.generation, pool.settings.start_timeout_s))
        else:
            logger.warning("refused a connection without the token")
            self.hang_up()

    def on_lost(self) -> None:
        self._late.cancel()
        self.owner.connections.discard(self)
        for attachment in list(self.attachments.values()):
            attachment.channel.detach(attachment)
        self.attachments.clear()
        for task in self._tasks:
            task.cancel()

    def finish(self, call: int, frame: frames.Frame) -> None:
        """The last frame of a call."""
        self._calls.pop(call, None)
        try:
            self.send(frame)
        except UpstreamProblem as problem:
            self.send(failed(call, problem))

    def _in_background(self, call: int, work: Any) -> None:
        async def run() -> None:
            try:
                await work
            except UpstreamProblem as problem:
                self.send(failed(call, problem))
            except Exception:
                logger.exception("a request to the owner failed")
                sentence = "The process that runs stdio servers failed; its log says why."
                self.send(frames.Failed(call, "protocol", sentence, "", 0))

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, frame: frames.Open) -> None:
        channel = await self.owner.pool.open(
            frame.spec, frame.era, version=frame.version, scope=frame.scope, capabilities=frame.capabilities
        )
        if channel.over is not None:
            raise channel.over
        self._sessions += 1
        attachment = Attachment(self, self._sessions, channel, frame.hears)
        self.attachments[attachment.session] = attachment
        channel.attach(attachment)
        opened = frames.Opened(frame.call, attachment.session, channel.incarnation, channel.version, channel.hello)
        self.send(opened)

    def _request(self, frame: frames.Request) -> None:
        attachment = self.attachments.get(frame.session)
        if attachment is None:
            lost = UpstreamProblem("session_lost", "The session with this server has ended.")
            self.send(failed(frame.call, lost))
            return
        channel = attachment.channel
        try:
            number = channel.request(
                attachment, frame.call, frame.method, frame.params, heard=frame.heard, headers=frame.headers
            )
        except UpstreamProblem as problem:
            self.send(failed(frame.call, problem))
            return
        self._calls[frame.call] = (channel, number)

    def _cancel(self, frame: frames.Cancel) -> None:
        channel, number = self._calls.pop(frame.call, (None, 0))
        if channel is not None:
            channel.cancel(number)

    def _notify(self, frame: frames.Notify) -> None:
        attachment = self.attachments.get(frame.session)
        if attachment is not None:
            try:
                attachment.channel.notify(frame.method, frame.params)
            except UpstreamProblem as problem:
                logger.info("a notification was not delivered: %s", problem.sentence)

    def _told(self, frame: frames.Told) -> None:
        channel = self.asks.pop(frame.ask, None)
        if channel is not None:
            channel.told(frame.ask, frame.result, frame.error)

    def _hear(self, frame: frames.Hear) -> None:
        if frame.session in self.attachments:
            self.attachments[frame.session].hears = frame.hears

    def _leave(self, frame: frames.Leave) -> None:
        attachment = self.attachments.pop(frame.session, None)
        if attachment is None:
            return
        channel = attachment.channel
        channel.detach(attachment)
        if frame.end:
            self._in_background(0, self.owner.pool.end(channel, "its client closed it"))

    async def _status(self, frame: frames.AskStatus) -> None:
        status = report(self.owner.pool, [one.name for one in self.owner.connections], frame.server_id)
        self.send(frames.Done(frame.call, msgspec.msgpack.encode(status)))

    async def _stop(self, frame: frames.Stop) -> None:
        ended = await self.owner.pool.stop(frame.server_id)
        self.send(frames.Done(frame.call, msgspec.msgpack.encode(ended)))


class Owner:
    """The pool and everyone attached to it."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.connections: set[Connection] = set()
        self._server: asyncio.AbstractServer | None = None

    async def listen(self) -> None:
        """Take the socket's place; whoever serves it now must hold the lock already."""
        path = self.pool.settings.socket
        path.unlink(missing_ok=True)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: Connection(self), str(path))
        os.chmod(path, 0o600)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.pool.settings.socket.unlink(missing_ok=True)
        await self.pool.close()
        for connection in list(self.connections):
            connection.hang_up()


def _same_user(peer: socket.socket) -> bool:
    """The kernel's word on who is at the other end."""
    if sys.platform == "linux":
        _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    else:  # xucred: version, then uid
        _, uid = struct.unpack_from("Ii", peer.getsockopt(0, 1, 128))
    return bool(uid == os.geteuid())
