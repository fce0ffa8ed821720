"""A real owner process, clients of it, and a way to find every process that came of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from proxy.engine.ports import Reply, UpstreamSpec
from proxy.owner.client import OwnerUpstreams
from proxy.owner.session import OwnerSession

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).parent / "peers"
TALKER = (str(PEERS / "talker.py"),)
MARK = "CROSSROADS_TEST_TREE"
LIMIT_S = 30.0


class OwnerProcess:
    """`python -m proxy.owner` on a socket of its own. `mark` stands in the environment of every child."""

    def __init__(self, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cr-owner-"))
        self.socket = self.folder / "run" / "owner.sock"
        self.token = secrets.token_hex(16)
        self.mark = secrets.token_hex(8)
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self._clients: list[OwnerUpstreams] = []

    def start(self) -> OwnerProcess:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONPATH": str(ROOT),
            "OWNER_SOCKET": str(self.socket),
            "OWNER_TOKEN": self.token,
            "SECRET_KEY": "a secret of the installation",
            "ALLOW_NETWORKS": "127.0.0.0/8",
            "OWNER_START_TIMEOUT_S": "20",
            # So that a run which measures coverage sees this process too.
            **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
            **self.settings,
        }
        self.process = subprocess.Popen([sys.executable, "-m", "proxy.owner"], env=env, cwd=self.folder)
        return self

    def client(self, name: str = "test", **options: Any) -> OwnerUpstreams:
        client = OwnerUpstreams(self.socket, self.token, name=name, **options)
        self._clients.append(client)
        return client

    def spec(self, *args: str, **more: Any) -> UpstreamSpec:
        """A server that runs `python ARGS`, with the mark in its environment."""
        return UpstreamSpec(
            **{
                "server_id": "srv_test",
                "workspace_id": "wsp_test",
                "slug": "peer",
                "title": "Peer",
                "transport": "stdio",
                "command": sys.executable,
                "args": args,
                "fingerprint": "f1",
                "timeout_ms": 20_000,
                "session_scope": "workspace",
                **more,
                "env": {MARK: self.mark, "PYTHONPATH": str(ROOT), **more.get("env", {})},
            }
        )

    def left(self) -> list[int]:
        """Every process that carries the mark, however it was started."""
        needle = f"{MARK}={self.mark}".encode()
        found = []
        for name in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                if name.isdigit() and needle in Path(f"/proc/{name}/environ").read_bytes().split(b"\0"):
                    found.append(int(name))
        return found

    def kill9(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """TERM, and how many seconds it took to end."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(LIMIT_S)
        return time.monotonic() - began

    async def finish(self) -> None:
        for client in self._clients:
            await client.close()
        if self.process is not None and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


async def until(true: Callable[[], Any], what: str, limit_s: float = LIMIT_S) -> None:
    """Wait for a condition; fails with its name."""
    end = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end, f"never happened: {what}"
        await asyncio.sleep(0.01)


async def call(session: OwnerSession, name: str, **arguments: Any) -> Any:
    """Call a tool of the talker and read its answer."""
    return read(await session.request("tools/call", params(name, **arguments)))


def params(name: str, **arguments: Any) -> bytes:
    return json.dumps({"name": name, "arguments": arguments}).encode()


def read(reply: Reply) -> Any:
    assert reply.result is not None, bytes(reply.error or b"")
    return json.loads(json.loads(bytes(reply.result))["content"][0]["text"])


class Listener:
    """A peer that remembers what it heard and answers what `answer` says."""

    def __init__(self, answer: Callable[[str, Any], Awaitable[Any]] | None = None) -> None:
        self.notes: list[tuple[str, Any]] = []
        self.asked: list[tuple[str, Any]] = []
        self.withdrawn = 0
        self._answer = answer

    async def notification(self, method: str, params: bytes) -> None:
        self.notes.append((method, json.loads(params or b"null")))

    async def request(self, method: str, params: bytes) -> Reply:
        self.asked.append((method, json.loads(params)))
        if self._answer is None:
            return Reply(error=msgspec.Raw(b'{"code":-1,"message":"no"}'))
        try:
            return Reply(result=msgspec.Raw(json.dumps(await self._answer(method, json.loads(params))).encode()))
        except asyncio.CancelledError:
            self.withdrawn += 1
            raise
