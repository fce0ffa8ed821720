"""Keys: who is this bearer token. Warm look-ups touch no database; last use is written in batches."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import psycopg

from core.crypto import Keyring
from core.decision import Principal
from proxy.adapters.cache import Loaded, VersionedCache
from proxy.adapters.changes import ChangeFeed
from proxy.adapters.database import Database, Row
from proxy.engine.ports import KeyProblem

QUERY = """
SELECT k.id, k.name, k.user_id, k.scopes, k.hub, k.expires_at, k.revoked_at, k.workspace_id,
       w.version, w.suspended_at, m.role, u.is_active
FROM accounts_apikey k
JOIN accounts_workspace w ON w.id = k.workspace_id
JOIN accounts_user u ON u.id = k.user_id
LEFT JOIN accounts_membership m ON m.workspace_id = k.workspace_id AND m.user_id = k.user_id
WHERE k.hash = %s
"""
TOUCH = """
UPDATE accounts_apikey AS k SET last_used_at = u.at
FROM unnest(%s::text[], %s::timestamptz[]) AS u(id, at)
WHERE k.id = u.id AND (k.last_used_at IS NULL OR k.last_used_at < u.at)
"""
SHORTEST, LONGEST = 20, 200


class PostgresKeys:
    """Implements the engine's `Keys` port."""

    def __init__(self, database: Database, keyring: Keyring, feed: ChangeFeed) -> None:
        self._database = database
        self._hash = keyring.keyed_hash
        self._feed = feed
        self._cache: VersionedCache[Principal | KeyProblem] = VersionedCache()
        self._used: dict[str, float] = {}
        feed.on_change(self._cache.changed, on_lost=self._cache.clear)

    def workspaces(self) -> list[str]:
        return self._cache.workspaces()

    async def principal(self, token: str) -> Principal:
        if not token:
            raise KeyProblem("missing", "Send a key of this workspace: Authorization: Bearer cr_…")
        if not token.startswith("cr_") or not SHORTEST <= len(token) <= LONGEST:
            raise KeyProblem("malformed", "This is not a Crossroads key; one begins with cr_.")
        digest = self._hash(token)
        found = self._cache.get(digest)
        if found is None:
            found = await self._cache.load(digest, lambda: self._load(digest))
        if isinstance(found, KeyProblem):
            raise KeyProblem(found.reason, found.sentence)
        now = time.time()
        if found.expires_at and now >= found.expires_at:
            raise KeyProblem("expired", f"The key {found.label} has expired. Make a new one.")
        self._used[found.key_id] = now
        return found

    async def _load(self, digest: bytes) -> Loaded[Principal | KeyProblem]:
        if not self._feed.reachable:
            raise KeyProblem("unavailable", "Keys cannot be checked right now. Try again in a moment.")
        row = await self._database.row(QUERY, [digest])
        if row is None:
            return KeyProblem("unknown", "This key is not known here."), "", 0
        return _principal(row), row["workspace_id"], row["version"]

    async def flush(self) -> None:
        """Write when keys were last used."""
        used, self._used = self._used, {}
        if not used:
            return
        times = [datetime.fromtimestamp(at, UTC) for at in used.values()]
        try:
            async with self._database.connection() as connection:
                await connection.execute(TOUCH, [list(used), times])
        except (OSError, psycopg.Error):
            self._used = {**used, **self._used}


def _principal(row: Row) -> Principal | KeyProblem:
    if row["revoked_at"] is not None:
        return KeyProblem("revoked", f"The key {row['name']} was revoked.")
    if not row["is_active"] or row["role"] is None:
        return KeyProblem("revoked", "The person of this key is no longer a member of the workspace.")
    if row["suspended_at"] is not None:
        return KeyProblem("revoked", "This workspace is suspended. Ask the operator.")
    return Principal(
        kind="key",
        id=row["id"],
        key_id=row["id"],
        user_id=row["user_id"],
        label=row["name"],
        workspace_id=row["workspace_id"],
        role=row["role"],
        scopes=frozenset(row["scopes"]),
        hub_id=row["hub"],
        expires_at=row["expires_at"].timestamp() if row["expires_at"] else 0.0,
    )
