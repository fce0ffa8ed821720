"""Records into Postgres: one statement for a batch of calls, one for the usage that they are."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import psycopg
from redis.exceptions import RedisError

from core.crypto import seal
from core.ids import id_time
from proxy.adapters.database import Database
from proxy.engine.ports import CallRecord, Store

log = logging.getLogger(__name__)

CALLS = """
INSERT INTO proxy_call (id, month, workspace, hub, server, principal, "user", key, client_name, client_version,
    protocol, method, name, outcome, error_code, error, started_at, duration_us, stages, request_bytes, reply_bytes,
    arguments, result, request_id)
SELECT id, month, workspace, hub, server, principal, "user", key, client_name, client_version, protocol, method, name,
    outcome, error_code, error, to_timestamp(started_at), duration_us, stages, request_bytes, reply_bytes,
    decode(arguments, 'base64'), decode(result, 'base64'), request_id
FROM jsonb_to_recordset(%s::jsonb) AS r (id text, month date, workspace text, hub text, server text, principal text,
    "user" text, key text, client_name text, client_version text, protocol text, method text, name text, outcome text,
    error_code int, error text, started_at float8, duration_us bigint, stages jsonb, request_bytes int,
    reply_bytes int, arguments text, result text, request_id text)
ON CONFLICT DO NOTHING
"""
USAGE = """
INSERT INTO billing_usageevent (id, month, meter, workspace, subject, actor, quantity, at)
SELECT id || ':' || meter, month, meter, workspace, hub, principal,
    CASE meter WHEN 'calls' THEN 1 ELSE reply_bytes END, to_timestamp(started_at)
FROM jsonb_to_recordset(%s::jsonb) AS r (id text, month date, workspace text, hub text, principal text, method text,
    outcome text, reply_bytes bigint, started_at float8),
    (VALUES ('calls'), ('reply_bytes')) AS m (meter)
WHERE method = 'tools/call' AND outcome IN ('answered', 'tool_error')
ON CONFLICT DO NOTHING
"""
_INT4 = 2**31 - 1
LIVE = "calls:"
"""Channel of a workspace's new calls, `calls:<workspace id>` in the store; the message is a list of hubs' ids."""


class PayloadSealer:
    """Seals arguments and results under the workspace's data key; without the key at hand they are not kept."""

    def __init__(self, data_keys: Mapping[str, bytes]) -> None:
        self._data_keys = data_keys

    def __call__(self, record: CallRecord) -> None:
        if record.arguments is None and record.result is None:
            return
        key = self._data_keys.get(record.workspace_id)
        if key is None:
            record.arguments = record.result = None
            return
        aad = record.workspace_id.encode()
        if record.arguments is not None:
            record.arguments = seal(key, record.arguments, aad)
        if record.result is not None:
            record.result = seal(key, record.result, aad)


class RecordWriter:
    """Inserts batches; then tells the live pages, which may fail without harm."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    async def insert(self, records: list[CallRecord]) -> None:
        """One transaction for all; where one record cannot be stored, the others still are."""
        try:
            await self._insert(records)
        except (psycopg.DataError, psycopg.IntegrityError, UnicodeError):
            for record in records:
                try:
                    await self._insert([record])
                except (psycopg.DataError, psycopg.IntegrityError, UnicodeError):
                    log.exception("the record %s cannot be stored and is left out", record.id)
        await self._tell(records)

    async def _insert(self, records: list[CallRecord]) -> None:
        body = msgspec.json.encode([_storable(_row(record)) for record in records]).decode()
        async with self._database.connection() as connection:
            await connection.execute(CALLS, [body])
            await connection.execute(USAGE, [body])

    async def _tell(self, records: list[CallRecord]) -> None:
        hubs: dict[str, set[str]] = {}
        for record in records:
            hubs.setdefault(record.workspace_id, set()).add(record.hub_id)
        try:
            for workspace_id, seen in hubs.items():
                await self._store.publish(f"{LIVE}{workspace_id}", msgspec.json.encode(sorted(seen)))
        except (RedisError, OSError) as problem:
            log.debug("live pages were not told: %s", problem)


def _month(call_id: str) -> str:
    try:
        at = id_time(call_id)
    except ValueError:
        at = datetime.now(UTC)
    return f"{at:%Y-%m}-01"


def _text(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _storable(row: dict[str, object]) -> dict[str, object]:
    """A row without NUL, the one character that Postgres text cannot hold. What a client wrote must not unmake it."""
    return {name: value.replace("\0", "") if isinstance(value, str) else value for name, value in row.items()}


def _code(code: int) -> int:
    """An error's code as the column holds it; a server may have sent any number."""
    return max(-_INT4, min(code, _INT4))


def _row(record: CallRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "month": _month(record.id),
        "workspace": record.workspace_id,
        "hub": record.hub_id,
        "server": record.server_id,
        "principal": record.principal_id[:80],
        "user": record.user_id,
        "key": record.key_id,
        "client_name": record.client_name[:120],
        "client_version": record.client_version[:60],
        "protocol": record.protocol[:12],
        "method": record.method[:60],
        "name": record.name[:2000],
        "outcome": record.outcome,
        "error_code": _code(record.error_code),
        "error": record.error[:2000],
        "started_at": record.started_at,
        "duration_us": record.duration_us,
        "stages": record.stages,
        "request_bytes": record.request_bytes,
        "reply_bytes": record.reply_bytes,
        "arguments": _text(record.arguments),
        "result": _text(record.result),
        "request_id": record.request_id[:40],
    }
