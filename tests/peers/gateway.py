"""A gateway in a thread of the test, built of the ports in memory and real servers behind it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.net import NetPolicy
from proxy.adapters.policy import DecisionPolicy
from proxy.compile import Naming
from proxy.engine.app import Gateway
from proxy.engine.config import GatewayConfig
from proxy.engine.ports import HubSnapshot, Upstreams, UpstreamSpec
from proxy.engine.upstreams import HttpUpstreams, RoutedUpstreams
from proxy.owner.client import OwnerUpstreams
from tests.peers.inthread import LoopThread
from tests.peers.memory import (
    WORKSPACE,
    WORKSPACE_ID,
    MemoryHubs,
    MemoryJournal,
    MemoryKeys,
    MemoryStore,
    key_principal,
)

KEY = "test-key"
LOOPBACK = ("127.0.0.0/8", "::1/128")


def http_spec(slug: str, url: str, **more: Any) -> UpstreamSpec:
    """A server over Streamable HTTP."""
    given = {"transport": "http", "url": url, "fingerprint": url, **more}
    return UpstreamSpec(server_id=f"srv_{slug}", workspace_id=WORKSPACE_ID, slug=slug, title=slug.title(), **given)


def stdio_spec(slug: str, command: str, args: Sequence[str], **more: Any) -> UpstreamSpec:
    given = {"transport": "stdio", "command": command, "args": tuple(args), "fingerprint": slug, **more}
    return UpstreamSpec(server_id=f"srv_{slug}", workspace_id=WORKSPACE_ID, slug=slug, title=slug.title(), **given)


@dataclass
class Served:
    """A running gateway with its insides. `key` opens it; an open one needs none."""

    thread: LoopThread
    base: str
    gateway: Gateway
    hubs: MemoryHubs
    keys: MemoryKeys
    journal: MemoryJournal
    store: MemoryStore
    upstreams: Upstreams
    key: str

    def add(self, slug: str, *specs: UpstreamSpec, naming: Naming = "prefixed", **hub: Any) -> str:
        """Offer servers in a hub; the hub's URL."""
        self.thread.run(self.hubs.add(self.upstreams, slug, specs, naming=naming, **hub))
        return f"{self.base}/mcp/{WORKSPACE}/{slug}"

    def snapshot(self, slug: str) -> HubSnapshot:
        return self.hubs.snapshots[slug]


@contextlib.contextmanager
def serve_gateway(owner: OwnerUpstreams | None = None, **config: Any) -> Iterator[Served]:
    """Serve a gateway; servers over stdio and SSE need an `owner`."""
    store, journal, hubs = MemoryStore(), MemoryJournal(), MemoryHubs()
    keys = MemoryKeys(**{KEY: key_principal(KEY)})
    with LoopThread() as thread:

        async def build() -> tuple[Gateway, Upstreams]:
            http = HttpUpstreams(NetPolicy(LOOPBACK), store=store)
            upstreams = RoutedUpstreams(http=http, owner=owner)
            gateway = Gateway(
                GatewayConfig(**config), keys=keys, hubs=hubs, policy=DecisionPolicy(), journal=journal, store=store,
                upstreams=upstreams,
            )  # fmt: skip
            await gateway.start()
            return gateway, upstreams

        gateway, upstreams = thread.run(build())
        base = thread.serve(gateway)
        yield Served(thread, base, gateway, hubs, keys, journal, store, upstreams, KEY)
