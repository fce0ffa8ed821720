"""The data folder: locks, secret files, kept ports, and what is known about processes that outlive us. No Django."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path


class LaunchError(Exception):
    """Something that keeps Crossroads from starting, as a sentence for the person at the terminal."""


def make_folder(folder: Path) -> Path:
    """Make a folder (closed to others when it is new), check that we can write in it, and return it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError as problem:
        raise LaunchError(f"The folder {folder} cannot be made: {problem.strerror}.") from problem
    if not writable:
        raise LaunchError(f"The folder {folder} cannot be written by this user. Choose another one with DATA_DIR.")
    return folder


def make_private(folder: Path) -> Path:
    """Make a folder that only we can enter, and return it. Refuses one that somebody else made."""
    make_folder(folder)
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        raise LaunchError(f"The folder {folder} belongs to another user. Remove it, or choose another DATA_DIR.")
    folder.chmod(0o700)
    return folder


def write_secret(path: Path, text: str) -> None:
    """Write a file of mode 600 in one step: there is never half a file, nor a readable one."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    os.replace(new, path)


def kept_secret(path: Path) -> str:
    """The secret in this file; made once, at random (43 URL-safe characters)."""
    with contextlib.suppress(FileNotFoundError):
        if kept := path.read_text(encoding="utf-8").strip():
            return kept
    write_secret(path, secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8")


@contextlib.contextmanager
def locked(path: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Hold the exclusive lock on a file. Raises BlockingIOError when another process still has it after `wait` s.

    The lock goes with the process, so a kill -9 leaves nothing to clean up.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        end = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Can a server listen here now?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port of loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def kept_port(path: Path) -> int | None:
    """The port written in this file, if there is one."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def take_port(path: Path) -> int:
    """The kept port while it is free, else a new one, which is kept from now on."""
    port = kept_port(path)
    if port is None or not port_is_free(port):
        port = free_port()
        path.write_text(str(port), encoding="ascii")
    return port


def read_pid(path: Path) -> int | None:
    """The process id on the first line of a pid file, when that process is alive."""
    try:
        pid = int(path.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if is_alive(pid) else None


def is_alive(pid: int) -> bool:
    """Does this process run? One that ended and that nobody collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    return True


def command_line(pid: int) -> str | None:
    """The command a process was started with, or None where this cannot be seen."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return None


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process that may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def tail(path: Path, lines: int = 12) -> str:
    """The last lines of a log, for a message."""
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
