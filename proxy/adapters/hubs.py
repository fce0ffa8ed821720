"""Hubs from Postgres: compiled once, kept until their workspace changes. Secrets are opened only to reach a server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from core.crypto import Keyring, open_sealed
from proxy.adapters.cache import Loaded, VersionedCache
from proxy.adapters.changes import ChangeFeed
from proxy.adapters.database import Database, Row
from proxy.adapters.rows import choice_row, feature_row, hub_row, server_row, spec_of
from proxy.adapters.stale import StaleServers
from proxy.compile import compile_hub, implicit_hub
from proxy.engine.ports import HubSnapshot, UpstreamProblem, UpstreamSpec
from proxy.stdio_policy import NOT_ALLOWED, stdio_bar

HUB = """
SELECT h.*, w.slug AS workspace_slug, w.version AS workspace_version
FROM proxy_hub h JOIN accounts_workspace w ON w.id = h.workspace_id
WHERE w.suspended_at IS NULL AND {where}
"""
BY_ID = HUB.format(where="h.id = %s")
BY_SLUG = HUB.format(
    where="h.slug = %s AND (w.slug = %s OR w.id = (SELECT workspace_id FROM accounts_slugalias WHERE slug = %s))"
)
HUB_SERVERS = """
SELECT s.*, hs.position, hs.offers_all,
    EXISTS (SELECT FROM accounts_user u WHERE u.id = s.command_by AND u.is_operator AND u.is_active) AS by_operator
FROM proxy_hubserver hs JOIN proxy_server s ON s.id = hs.server_id
WHERE hs.hub_id = %s
"""
FEATURES = """
SELECT f.id, f.server_id, f.kind, f.name, f.title, f.description, f.alias, f.enabled, f.read_only, f.position, f.fault,
    d.body::text AS definition
FROM proxy_feature f JOIN proxy_definition d ON d.id = f.definition_id
WHERE f.server_id = ANY(%s) AND f.gone_at IS NULL AND f.enabled
"""
CHOICES = """
SELECT c.feature_id, c.offered, c.clash_with
FROM proxy_hubfeature c JOIN proxy_hubserver hs ON hs.id = c.hub_server_id WHERE hs.hub_id = %s
"""
SERVER = """
SELECT s.*, w.slug AS workspace_slug, w.version AS workspace_version,
    EXISTS (SELECT FROM accounts_user u WHERE u.id = s.command_by AND u.is_operator AND u.is_active) AS by_operator
FROM proxy_server s JOIN accounts_workspace w ON w.id = s.workspace_id
WHERE s.id = %s AND w.suspended_at IS NULL
"""
DATA_KEY = "SELECT wrapped FROM core_datakey WHERE workspace = %s ORDER BY version DESC LIMIT 1"
NEW_DATA_KEY = (
    "INSERT INTO core_datakey (workspace, version, wrapped, created_at) VALUES (%s, 1, %s, now())"
    " ON CONFLICT DO NOTHING"
)
VERSIONS = "SELECT id, version FROM accounts_workspace WHERE id = ANY(%s)"


class Unreachable(Exception):
    """Postgres has been away for longer than the cut-off: nothing is served."""


class PostgresHubs:
    """Implements the engine's `Hubs` port."""

    def __init__(
        self, database: Database, keyring: Keyring, feed: ChangeFeed, *, stdio_policy: tuple[str, ...] = ("operator",)
    ) -> None:
        self._stdio_policy = stdio_policy
        self._database = database
        self._keyring = keyring
        self._feed = feed
        self._hubs: VersionedCache[HubSnapshot | None] = VersionedCache(2_000)
        self._specs: VersionedCache[UpstreamSpec | None] = VersionedCache(5_000)
        self.data_keys: dict[str, bytes] = {}
        """Data keys of workspaces with a hub that records payloads, or a server with secrets."""
        self._stale = StaleServers(database)
        for cache in (self._hubs, self._specs):
            feed.on_change(cache.changed, on_lost=cache.clear)
        feed.on_change(lambda workspace, _: self._forget_key(workspace), on_lost=self.data_keys.clear)

    def _forget_key(self, workspace: str) -> None:
        self.data_keys.pop(workspace, None)

    def stale(self, server_id: str) -> None:
        self._stale.add(server_id)

    async def flush(self) -> None:
        """Write which servers are to be discovered again soon; the timer for it is their row."""
        await self._stale.flush()

    def workspaces(self) -> list[str]:
        return [*self._hubs.workspaces(), *self._specs.workspaces()]

    async def by_slug(self, workspace_slug: str, hub_slug: str) -> HubSnapshot | None:
        key = (workspace_slug, hub_slug)
        found = self._hubs.get(key)
        if found is not None:
            return found
        return await self._load(key, BY_SLUG, [hub_slug, workspace_slug, workspace_slug])

    async def by_id(self, hub_id: str) -> HubSnapshot | None:
        found = self._hubs.get(hub_id)
        return found if found is not None else await self._load(hub_id, BY_ID, [hub_id])

    async def of_server(self, server_id: str) -> HubSnapshot | None:
        key = ("server", server_id)
        return await self._hubs.load(key, lambda: self._guarded(lambda: self._read_server(server_id)))

    async def spec(self, server_id: str) -> UpstreamSpec | None:
        found = self._specs.get(server_id)
        if found is not None:
            return found
        return await self._specs.load(server_id, lambda: self._guarded(lambda: self._read_spec(server_id)))

    def changes(self) -> AsyncIterator[str]:
        return self._feed.changes()

    async def _load(self, key: object, query: str, params: list[str]) -> HubSnapshot | None:
        return await self._hubs.load(key, lambda: self._guarded(lambda: self._read_hub(query, params)))

    async def _guarded(self, read: Callable[[], Awaitable[Any]]) -> Any:
        if not self._feed.reachable:
            raise Unreachable("hubs cannot be read right now")
        return await read()

    async def _read_hub(self, query: str, params: list[str]) -> Loaded[HubSnapshot | None]:
        async with self._database.reading() as connection:
            hub = await _one(connection, query, params)
            if hub is None:
                return None, "", 0
            servers = await _all(connection, HUB_SERVERS, [hub["id"]])
            features = await _all(connection, FEATURES, [[server["id"] for server in servers]])
            choices = await _all(connection, CHOICES, [hub["id"]])
            if hub["record_payloads"]:
                await self._open_key(connection, hub["workspace_id"])
        snapshot = compile_hub(
            hub_row(hub),
            [server_row(server, barred=self._bar(server, hub["workspace_slug"])) for server in servers],
            [feature_row(feature) for feature in features],
            [choice_row(choice) for choice in choices],
            hub["workspace_version"],
        )
        return snapshot, hub["workspace_id"], hub["workspace_version"]

    async def _read_server(self, server_id: str) -> Loaded[HubSnapshot | None]:
        async with self._database.reading() as connection:
            server = await _one(connection, SERVER, [server_id])
            if server is None:
                return None, "", 0
            features = await _all(connection, FEATURES, [[server_id]])
        row = server_row(server, barred=self._bar(server, server["workspace_slug"]))
        hub = implicit_hub(row, workspace_id=server["workspace_id"], workspace_slug=server["workspace_slug"])
        snapshot = compile_hub(
            hub, [row], [feature_row(feature) for feature in features], (), server["workspace_version"]
        )
        return snapshot, server["workspace_id"], server["workspace_version"]

    async def _read_spec(self, server_id: str) -> Loaded[UpstreamSpec | None]:
        async with self._database.reading() as connection:
            server = await _one(connection, SERVER, [server_id])
            if server is None:
                return None, "", 0
            bar = self._bar(server, server["workspace_slug"])
            if bar:
                raise UpstreamProblem(NOT_ALLOWED, bar)
            secrets = await self._open(connection, server["workspace_id"], server["secrets"])
        return spec_of(server, secrets), server["workspace_id"], server["workspace_version"]

    def _bar(self, server: Row, workspace_slug: str) -> str:
        return stdio_bar(
            self._stdio_policy,
            transport=server["transport"],
            command_by=server["command_by"],
            by_operator=server["by_operator"],
            workspace_slug=workspace_slug,
        )

    async def _open(self, connection: AsyncConnection[DictRow], workspace: str, sealed: bytes | None) -> dict[str, Any]:
        if not sealed:
            return {}
        key = await self._open_key(connection, workspace)
        opened: dict[str, Any] = msgspec.json.decode(open_sealed(key, bytes(sealed), workspace.encode()))
        return opened

    async def _open_key(self, connection: AsyncConnection[DictRow], workspace: str) -> bytes:
        key = self.data_keys.get(workspace)
        if key is None:
            row = await _one(connection, DATA_KEY, [workspace]) or await self._make_key(workspace)
            key = self.data_keys[workspace] = self._keyring.unwrap(bytes(row["wrapped"]))
        return key

    async def _make_key(self, workspace: str) -> Row:
        """The workspace's first data key: it has sealed nothing yet. Two processes may try; one key stays."""
        _plain, wrapped = self._keyring.new_data_key()
        async with self._database.connection() as connection:
            await connection.execute(NEW_DATA_KEY, [workspace, wrapped])
        row = await self._database.row(DATA_KEY, [workspace])
        assert row is not None
        return row

    async def versions(self, workspaces: list[str]) -> list[tuple[str, int]]:
        rows = await self._database.rows(VERSIONS, [workspaces])
        return [(row["id"], row["version"]) for row in rows]


async def _one(connection: AsyncConnection[DictRow], query: str, params: list[Any]) -> Row | None:
    return await (await connection.execute(query, params)).fetchone()


async def _all(connection: AsyncConnection[DictRow], query: str, params: list[Any]) -> list[Row]:
    return await (await connection.execute(query, params)).fetchall()
