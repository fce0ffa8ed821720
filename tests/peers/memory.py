"""The engine's ports in memory: a gateway can be built of them without Django, Postgres or Redis.

`MemoryHubs.add(...)` takes servers as `UpstreamSpec`; `discover` asks them what they have, and `compile_hub` (the
product's own) makes the snapshot.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import msgspec

from core.decision import Principal
from proxy.compile import FeatureRow, HubRow, Naming, ServerRow, compile_hub, implicit_hub
from proxy.engine.ports import (
    CallRecord,
    Era,
    HubSnapshot,
    KeyProblem,
    Kind,
    Upstreams,
    UpstreamSession,
    UpstreamSpec,
)

WORKSPACE_ID, WORKSPACE = "wsp_memory", "memory"
Listing = tuple[Kind, str, str, str, str]
"""Kind, capability, method, the field of its result, and what names an item."""
LISTS: tuple[Listing, ...] = (
    ("tool", "tools", "tools/list", "tools", "name"),
    ("resource", "resources", "resources/list", "resources", "uri"),
    ("template", "resources", "resources/templates/list", "resourceTemplates", "uriTemplate"),
    ("prompt", "prompts", "prompts/list", "prompts", "name"),
)


def key_principal(token: str, **more: Any) -> Principal:
    """The principal of an owner's key that may do all that MCP allows."""
    given: dict[str, Any] = {
        "kind": "key", "id": f"key_{token}", "key_id": f"key_{token}", "user_id": "usr_memory", "label": token,
        "workspace_id": WORKSPACE_ID, "role": "owner", "scopes": frozenset({"mcp"}), **more,
    }  # fmt: skip
    return Principal(**given)


class MemoryKeys:
    """Tokens and whose they are. Remove one to revoke it."""

    def __init__(self, **principals: Principal) -> None:
        self.principals = dict(principals)
        self.asked = 0

    async def principal(self, token: str) -> Principal:
        self.asked += 1
        if not token:
            raise KeyProblem("missing", "Send a key.")
        if token not in self.principals:
            raise KeyProblem("unknown", "This key is not known.")
        found = self.principals[token]
        if found.expires_at and found.expires_at < time.time():
            raise KeyProblem("expired", "This key has expired.")
        return found


class MemoryHubs:
    """Hubs, their servers, and word of changes to whoever listens."""

    def __init__(self) -> None:
        self.snapshots: dict[str, HubSnapshot] = {}
        self.specs: dict[str, UpstreamSpec] = {}
        self.of_servers: dict[str, HubSnapshot] = {}
        self.stale_servers: list[str] = []
        self._listeners: list[asyncio.Queue[str]] = []
        self._again: dict[str, Callable[[], Awaitable[object]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(
        self,
        upstreams: Upstreams,
        slug: str,
        specs: Sequence[UpstreamSpec],
        *,
        naming: Naming = "prefixed",
        **hub: Any,
    ) -> HubSnapshot:
        """Discover `specs` and offer all that they have in a hub. A server that says that its lists changed is asked
        again."""
        servers: list[ServerRow] = []
        features: list[FeatureRow] = []
        for position, spec in enumerate(specs):
            server, found = await discover(upstreams, spec, position)
            self.specs[spec.server_id] = msgspec.structs.replace(spec, eras=server.eras)
            servers.append(server)
            features += found
            alone = implicit_hub(server, workspace_id=WORKSPACE_ID, workspace_slug=WORKSPACE)
            self.of_servers[spec.server_id] = compile_hub(alone, [server], found)
        row = HubRow(
            id=f"hub_{slug}", workspace_id=WORKSPACE_ID, workspace_slug=WORKSPACE, slug=slug, title=slug.title(),
            naming=naming, **hub,
        )  # fmt: skip
        before = self.snapshots.get(slug)
        self.snapshots[slug] = compile_hub(row, servers, features, version=before.version + 1 if before else 1)
        for spec in specs:
            self._again[spec.server_id] = lambda: self.add(upstreams, slug, specs, naming=naming, **hub)
        return self.snapshots[slug]

    async def by_slug(self, workspace_slug: str, hub_slug: str) -> HubSnapshot | None:
        return self.snapshots.get(hub_slug) if workspace_slug == WORKSPACE else None

    async def by_id(self, hub_id: str) -> HubSnapshot | None:
        return next((hub for hub in self.snapshots.values() if hub.hub_id == hub_id), None)

    async def of_server(self, server_id: str) -> HubSnapshot | None:
        return self.of_servers.get(server_id)

    async def spec(self, server_id: str) -> UpstreamSpec | None:
        return self.specs.get(server_id)

    async def changes(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._listeners.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.remove(queue)

    def stale(self, server_id: str) -> None:
        self.stale_servers.append(server_id)
        task = asyncio.get_running_loop().create_task(self._discover_again(server_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _discover_again(self, server_id: str) -> None:
        await self._again[server_id]()
        self.changed()

    def changed(self, workspace_id: str = WORKSPACE_ID) -> None:
        """Say that a workspace's version was raised."""
        for queue in self._listeners:
            queue.put_nowait(workspace_id)


class MemoryJournal:
    def __init__(self) -> None:
        self.records: list[CallRecord] = []

    def record(self, record: CallRecord) -> None:
        self.records.append(record)


class MemoryStore:
    """Shared memory of the gateways that are given the same instance."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[float, bytes]] = {}
        self._streams: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        self._channels: dict[str, list[asyncio.Queue[bytes]]] = defaultdict(list)
        self._events = 0

    async def get(self, key: str) -> bytes | None:
        ends, value = self._values.get(key, (0.0, b""))
        return value if ends > time.monotonic() else None

    async def set(self, key: str, value: bytes, *, ttl_s: int) -> None:
        self._values[key] = (time.monotonic() + ttl_s, value)

    async def add(self, key: str, value: bytes, *, ttl_s: int) -> bool:
        if await self.get(key) is not None:
            return False
        await self.set(key, value, ttl_s=ttl_s)
        return True

    async def delete(self, key: str) -> None:
        self._values.pop(key, None)

    async def append(self, stream: str, value: bytes, *, ttl_s: int, max_len: int = 1000) -> str:
        self._events += 1
        event = f"{self._events:012}-0"
        self._streams[stream] = [*self._streams[stream][-max_len + 1 :], (event, value)]
        return event

    async def read(self, stream: str, after: str) -> list[tuple[str, bytes]]:
        return [(event, value) for event, value in self._streams[stream] if event > after]

    async def publish(self, channel: str, value: bytes) -> int:
        for queue in self._channels[channel]:
            queue.put_nowait(value)
        return len(self._channels[channel])

    async def subscribe(self, channel: str) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._channels[channel].append(queue)
        try:
            yield b""
            while True:
                yield await queue.get()
        finally:
            self._channels[channel].remove(queue)


async def discover(upstreams: Upstreams, spec: UpstreamSpec, position: int = 0) -> tuple[ServerRow, list[FeatureRow]]:
    """Ask a server what it has, in every era that it speaks."""
    eras: list[Era] = []
    hello: dict[str, Any] = {}
    session: UpstreamSession | None = None
    wanted: tuple[Era, ...] = spec.eras or ("stateless", "handshake")
    last = wanted[-1]
    for era in wanted:
        try:
            session = await upstreams.session(spec, era=era)
        except Exception:
            if era == last and not eras:
                raise
            continue
        hello = hello or msgspec.json.decode(session.hello)
        eras.append(era)
    assert session is not None
    features = [row for listing in LISTS for row in await _listed(session, hello.get("capabilities", {}), listing)]
    server = ServerRow(
        id=spec.server_id, slug=spec.slug, title=spec.title, transport=spec.transport, eras=tuple(eras),
        capabilities=hello.get("capabilities", {}), instructions=hello.get("instructions") or "",
        fingerprint=spec.fingerprint, session_scope=spec.session_scope, timeout_ms=spec.timeout_ms,
        position=position,
    )  # fmt: skip
    return server, features


async def _listed(session: UpstreamSession, capabilities: dict[str, Any], listing: Listing) -> list[FeatureRow]:
    kind, capability, method, field, name = listing
    if capability not in capabilities:
        return []
    rows: list[FeatureRow] = []
    cursor: str | None = ""
    while cursor is not None:
        reply = await session.request(method, msgspec.json.encode({"cursor": cursor} if cursor else {}))
        if reply.result is None:
            break
        page = msgspec.json.decode(bytes(reply.result))
        for item in page[field]:
            hints = item.get("annotations") or {}
            rows.append(
                FeatureRow(
                    id=f"{kind}_{session.spec.server_id}_{len(rows):04}", server_id=session.spec.server_id, kind=kind,
                    name=item[name], definition=item, read_only=bool(hints.get("readOnlyHint")), position=len(rows),
                )
            )  # fmt: skip
        cursor = page.get("nextCursor")
    return rows
