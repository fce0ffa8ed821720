"""The owner's side of the keeper: start a process tree, hear of its end, end it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from proxy.owner import procs

logger = logging.getLogger(__name__)

_ROOT = str(Path(__file__).resolve().parents[2])
# Isolated and without site-packages: the keeper stays small and nothing in the environment reaches it.
_BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); from proxy.owner.keeper import main; main()"


class StartProblem(Exception):
    """A command that could not be started: `errno` of the operating system and the path it was about."""

    def __init__(self, errno: int, about: str) -> None:
        super().__init__(os.strerror(errno))
        self.errno = errno
        self.about = about


class Tree(asyncio.Protocol):
    """One child and its descendants, held by a warden. `exit_code` is negative for a signal, None while it runs."""

    def __init__(self, on_exit: Callable[[], None], on_gone: Callable[[Tree], None]) -> None:
        self.pid = 0
        self.warden = 0
        self.stdin = self.stdout = self.stderr = -1
        self.started_at = time.time()
        self.exit_code: int | None = None
        self.exited = asyncio.Event()
        self.gone = asyncio.Event()
        self._on_exit = on_exit
        self._on_gone = on_gone
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end(self, grace_s: float) -> None:
        """Ask the warden to end the tree: TERM after a part of the grace, KILL when it is over."""
        if self._transport is not None and not self.gone.is_set():
            self._transport.write(b"end %d\n" % int(grace_s * 1000))

    def kill(self) -> None:
        """End the tree at once, by hanging up on the warden."""
        if self._transport is not None:
            self._transport.close()

    def pids(self) -> list[int]:
        """All processes of the tree that live now."""
        return [] if self.gone.is_set() or not self.warden else procs.descendants(self.warden)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's are no subclasses

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            self._hear(json.loads(line))

    def _hear(self, news: dict[str, Any]) -> None:
        if "started" in news:
            self.pid, self.warden = news["started"], news["warden"]
            if not self.started.done():
                self.started.set_result(None)
        elif "failed" in news:
            if not self.started.done():
                self._fail(StartProblem(news["failed"], news["about"]))
        elif "exited" in news:
            self._has_exited(news["exited"])

    def _has_exited(self, code: int) -> None:
        self.exit_code = code
        self.exited.set()
        self._on_exit()

    def _fail(self, problem: Exception) -> None:
        self.started.set_exception(problem)
        self.started.exception()  # looked at here, since the starter may have left

    def connection_lost(self, problem: Exception | None) -> None:
        if not self.started.done():
            self._fail(ConnectionError("the warden went away"))
        self.gone.set()
        self._on_gone(self)
        if self.exit_code is None and self.pid:
            self._has_exited(-signal.SIGKILL)


class Keeper:
    """Starts trees through the keeper process, which it starts again when it was killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._wardens: set[int] = set()

    @property
    def pids(self) -> set[int]:
        """The owner's own children: the keeper, and wardens that a killed keeper left behind."""
        return self._wardens | ({self._process.pid} if self._process else set())

    async def start(
        self, argv: Sequence[str], *, cwd: str, env: Mapping[str, str], on_exit: Callable[[], None]
    ) -> Tree:
        """Start a command. Raises StartProblem for one that cannot be started; the caller owns the tree's pipes."""
        spec = {"argv": list(argv), "cwd": cwd, "env": dict(env)}
        try:
            return await self._start(spec, on_exit)
        except ConnectionError:
            # The keeper was killed while it had our wish in hand. Nothing was started.
            logger.warning("a child is started again, since the keeper ended meanwhile")
            return await self._start(spec, on_exit)

    async def _start(self, spec: dict[str, Any], on_exit: Callable[[], None]) -> Tree:
        tree = Tree(on_exit, lambda gone: self._wardens.discard(gone.warden))
        ours, theirs = socket.socketpair()
        stdin, stdout, stderr = os.pipe(), os.pipe(), os.pipe()
        tree.stdin, tree.stdout, tree.stderr = stdin[1], stdout[0], stderr[0]
        try:
            await self._brief(ours, theirs, [stdin[0], stdout[1], stderr[1]], json.dumps(spec).encode())
            await asyncio.get_running_loop().create_connection(lambda: tree, sock=ours)
            await asyncio.shield(tree.started)
            self._wardens.add(tree.warden)
        except BaseException:
            tree.kill()
            ours.close()
            for descriptor in (tree.stdin, tree.stdout, tree.stderr):
                os.close(descriptor)
            raise
        return tree

    async def _brief(self, ours: socket.socket, theirs: socket.socket, give: list[int], body: bytes) -> None:
        """Hand the warden its socket, and over that the pipe ends and the wish. Our copies are closed in any case:
        an end that stays open here would hide that the other side is gone."""
        try:
            self._hand_over(theirs)
            socket.send_fds(ours, [struct.pack("!I", len(body))], give)
        finally:
            theirs.close()
            for descriptor in give:
                os.close(descriptor)
        ours.setblocking(False)
        await asyncio.get_running_loop().sock_sendall(ours, body)

    def _hand_over(self, control: socket.socket) -> None:
        for last in (False, True):
            if self._process is None or self._process.poll() is not None or self._channel is None:
                self._start_keeper()
            assert self._channel is not None
            try:
                socket.send_fds(self._channel, [b"w"], [control.fileno()])
                return
            except OSError:
                if last:
                    raise
                logger.warning("the keeper is gone; starting it again")
                self.close()

    def _start_keeper(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _BOOT, _ROOT, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={},
                cwd="/",
            )
        self._channel = ours

    def close(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
