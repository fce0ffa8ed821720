"""The keeper and its wardens: small processes that hold the children, so that nothing outlives the owner.

The owner starts one keeper. For each child the keeper forks a warden (cheap: a copy of a small process), and the
warden starts the child. Warden and owner share one socket. When it closes, however the owner ended, the warden kills
the whole tree: it is a subreaper, so whatever the child forked, detached or double-forked is still below it. Should
the warden itself be killed, the child dies with it and the keeper kills what that leaves.

A child's bytes never pass through here: its pipes lead straight to the owner. Standard library only.

Wire, owner to keeper: one byte with one descriptor, the warden's socket. Owner to warden: four bytes of length with
the three pipe ends, then a JSON object {argv, cwd, env}; later lines `end <milliseconds>`. Warden to owner: JSON lines
{"started": pid, "warden": pid} or {"failed": errno, "about": path}, {"exited": code}, and end of file once nothing of
the tree is left.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from typing import Any, NoReturn

from proxy.owner import procs

_LENGTH = struct.Struct("!I")
# What a child keeps of the time it has to go: first to notice that its input closed, then to act on TERM.
_SHARE_BEFORE_TERM = 0.25


class Warden:
    """One child and all that comes of it, until nothing is left."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.child = 0
        self.commands = b""
        self.term_at = 0.0
        self.kill_at = 0.0
        self.wake_out, self.wake_in = os.pipe()
        os.set_blocking(self.wake_in, False)
        os.set_blocking(self.wake_out, False)

    def run(self) -> None:
        os.setsid()
        procs.become_subreaper()
        signal.set_wakeup_fd(self.wake_in, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        if self.start():
            self.watch()

    def start(self) -> bool:
        head, pipes, _, _ = socket.recv_fds(self.control, _LENGTH.size, 3)
        if len(head) < _LENGTH.size:
            return False
        spec = json.loads(_receive(self.control, _LENGTH.unpack(head)[0]))
        try:
            # Kept, so that nothing but the loop below collects the child.
            self.process = _start_child(spec, pipes)
        except OSError as problem:
            self.tell({"failed": problem.errno or 0, "about": problem.filename or ""})
            return False
        finally:
            for pipe in pipes:
                os.close(pipe)
        self.child = self.process.pid
        self.tell({"started": self.child, "warden": os.getpid()})
        return True

    def watch(self) -> None:
        """Until the tree is empty, the owner is gone, or its time is up."""
        while True:
            ended, any_left = procs.reap()
            if self.child in ended:
                self.tell({"exited": ended[self.child]})
            if not any_left:
                return
            now = time.monotonic()
            if self.kill_at and now >= self.kill_at:
                break
            if self.term_at and now >= self.term_at:
                self.term_at = 0.0
                self.terminate()
            due = self.term_at or self.kill_at
            ready = _wait(self.control.fileno(), self.wake_out, max(0.0, due - now) if due else None)
            if self.wake_out in ready:
                _drain(self.wake_out)
            if self.control.fileno() in ready and not self.obey():
                break
        procs.kill_all_below()

    def obey(self) -> bool:
        """Read what the owner says; False when it is gone."""
        try:
            data = self.control.recv(4096)
        except OSError:
            return False
        self.commands += data
        while b"\n" in self.commands:
            line, _, self.commands = self.commands.partition(b"\n")
            grace = int(line.split()[1]) / 1000
            now = time.monotonic()
            self.term_at = now + grace * _SHARE_BEFORE_TERM
            self.kill_at = now + grace
        return bool(data)

    def terminate(self) -> None:
        procs.send(self.child, signal.SIGTERM, group=True)
        for pid in procs.descendants(os.getpid()):
            try:
                in_group = os.getpgid(pid) == self.child
            except OSError:
                continue
            if not in_group:
                procs.send(pid, signal.SIGTERM)

    def tell(self, what: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # when the owner is gone the loop notices by itself
            self.control.sendall(json.dumps(what).encode() + b"\n")


def _start_child(spec: dict[str, Any], pipes: list[int]) -> subprocess.Popen[bytes]:
    parent = os.getpid()

    def prepare() -> None:
        procs.die_with_parent()
        if os.getppid() != parent:
            os._exit(127)
        _prefer_for_oom()

    return subprocess.Popen(
        spec["argv"],
        cwd=spec["cwd"],
        env=spec["env"],
        stdin=pipes[0],
        stdout=pipes[1],
        stderr=pipes[2],
        start_new_session=True,
        preexec_fn=prepare,
    )


def _prefer_for_oom() -> None:
    """When memory runs out the kernel takes a child before it takes the owner or a store."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
    except OSError:
        pass


def _wait(channel: int, wake: int, seconds: float | None) -> list[int]:
    """Poll, not select: descriptors above 1,023 are no exception with a hundred children."""
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    poll.register(wake, select.POLLIN)
    return [descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)]


def _receive(channel: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = channel.recv(size - len(data))
        if not chunk:
            raise SystemExit(0)
        data += chunk
    return bytes(data)


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 512):
            pass
    except BlockingIOError:
        pass


def serve(owner: socket.socket) -> None:
    """Fork a warden for each socket the owner hands over; go when the owner and the last warden are gone."""
    os.setsid()
    procs.become_subreaper()
    wardens: set[int] = set()
    wake_out, wake_in = os.pipe()
    for end in (wake_out, wake_in):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake_in, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready = _wait(owner.fileno(), wake_out, None)
        if wake_out in ready:
            _drain(wake_out)
            ended, _ = procs.reap()
            wardens.difference_update(ended)
            if ended:
                wardens.difference_update(procs.kill_all_below(keep=wardens))
        if owner.fileno() in ready:
            _, handed, _, _ = socket.recv_fds(owner, 1, 1)
            if not handed:
                break
            wardens.add(_fork_warden(handed[0], close=(owner.fileno(), wake_out, wake_in)))
    while procs.reap()[1]:
        time.sleep(0.01)


def _fork_warden(control: int, *, close: tuple[int, ...]) -> int:
    pid = os.fork()
    if pid:
        os.close(control)
        return pid
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for descriptor in close:
            os.close(descriptor)
        Warden(socket.socket(fileno=control)).run()
        status = 0
    finally:
        # Never back into the keeper's loop, nor through its exit handlers.
        os._exit(status)


def main() -> NoReturn:
    serve(socket.socket(fileno=int(sys.argv[1])))
    raise SystemExit(0)
