"""Start peers from tests.

    from tests.peers.fixtures import peers  # noqa: F401  (or import it in a conftest.py)

    def test_x(peers: Peers) -> None:
        server = peers.start("conformance_server", "--era", "stateless")
        server.url

Every peer a test started ends with the test, its whole process group with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 20.0
STOP_LIMIT_S = 3.0


class Peer:
    """One running peer. `url` is where it serves; `said` is the whole first line, as a mapping."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.name = module
        self._errors: IO[bytes] = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"tests.peers.{module}", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
        )
        try:
            self.said: dict[str, Any] = json.loads(self._first_line())
        except BaseException:
            self.stop()
            raise
        self.url = str(self.said["url"])
        self.port = int(self.said["port"])

    @property
    def errors(self) -> str:
        """What it wrote to stderr so far."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    def _first_line(self) -> bytes:
        assert self.process.stdout is not None
        out = self.process.stdout
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            if selector.select(START_LIMIT_S) and (line := out.readline()):
                return bytes(line)
        raise RuntimeError(f"peer {self.name} did not start: {self.errors[-2000:]}")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it politely, then by force; also what it left in its process group."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_LIMIT_S)
        self._signal(signal.SIGKILL)
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


class Peers:
    """Starts peers and ends all it started."""

    def __init__(self) -> None:
        self._running: list[Peer] = []

    def start(self, module: str, *arguments: str) -> Peer:
        """Start `tests.peers.MODULE` on a free port and wait until it serves."""
        peer = Peer(module, *arguments)
        self._running.append(peer)
        return peer

    def stop(self) -> None:
        while self._running:
            self._running.pop().stop()


@pytest.fixture
def peers() -> Iterator[Peers]:
    started = Peers()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def module_peers() -> Iterator[Peers]:
    """As `peers`, for peers that all tests of a file share."""
    started = Peers()
    yield started
    started.stop()


def stdio_command(module: str, *arguments: str) -> tuple[str, list[str]]:
    """Command and arguments of a peer over stdio, for a server's configuration. Its cwd is `ROOT`."""
    return sys.executable, ["-m", f"tests.peers.{module}", *arguments]


def wait_until(condition: Any, *, limit_s: float = 5.0, what: str = "the condition") -> None:
    """Poll until `condition()` is true; fails the test when it is not within `limit_s`."""
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"{what} did not come true within {limit_s:g} s")
        time.sleep(0.01)
