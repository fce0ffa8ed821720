"""A hub with every server of the proof behind it."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from proxy.engine.ports import UpstreamSpec
from proxy.owner.client import OwnerUpstreams
from tests.clients.servers import ROOT, Upstream, all_servers
from tests.peers.gateway import serve_gateway, stdio_spec


@dataclass(frozen=True)
class Endpoint:
    """Where a client connects: the hub's URL, a key, and what is behind it."""

    url: str
    key: str
    upstreams: list[Upstream]


@contextlib.contextmanager
def run_owner(folder: Path) -> Iterator[OwnerUpstreams]:
    """The owner process, which holds the children of servers over stdio."""
    token = secrets.token_hex(16)
    place = folder / "owner"
    place.mkdir(mode=0o700)
    socket = place / "owner.sock"
    environment = {**os.environ, "OWNER_SOCKET": str(socket), "OWNER_TOKEN": token}
    with (folder / "owner.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "proxy.owner"], cwd=ROOT, env=environment, stderr=log)
        try:
            yield OwnerUpstreams(socket, token, name="tests", connect_timeout_s=10)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def as_spec(server: Upstream) -> UpstreamSpec:
    return stdio_spec(server.slug, server.command, server.args, env=dict(server.env), cwd=server.cwd)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    """All servers at once in one hub, under prefixed names."""
    # A socket's path may not be long, and pytest's folders are.
    with tempfile.TemporaryDirectory(prefix="cr-") as folder:
        servers = all_servers(Path(folder))
        with run_owner(Path(folder)) as owner, serve_gateway(owner) as served:
            yield Endpoint(served.add("all", *map(as_spec, servers)), served.key, servers)
