"""A week of calls for the demo: the tools that are there, called as a small team would."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import ApiKey, User
from billing.services import sum_usage_hours
from core.clock import now
from core.ids import new_id
from core.partitions import ensure_partitions
from proxy.adapters.database import Database
from proxy.adapters.records import RecordWriter
from proxy.adapters.store import RedisStore
from proxy.engine.ports import CallRecord, Outcome
from proxy.models import Call, Hub, Server
from proxy.selectors.calls import first_id
from proxy.selectors.offers import Offered, offered

DAYS = 7
BY_HOUR = (1, 1, 0, 0, 0, 1, 3, 8, 16, 22, 24, 21, 14, 20, 25, 24, 19, 12, 7, 5, 4, 3, 2, 1)
"""Calls of a working day by hour, UTC."""
WEEKEND = 0.2
CLIENTS = (("claude-ai", "1.4.2", 5), ("claude-code", "2.0.31", 6), ("cursor", "1.7.9", 5), ("vscode", "1.106.0", 3))
FAVOURITES = {"current_time": 9, "convert_time": 12, "calculate": 14, "convert_units": 5, "count_text": 4}
NIGHTLY_CLIENT = ("nightly-report", "1.0")


@dataclass(frozen=True)
class _Place:
    hub: Hub
    server: Server
    user: User
    keys: tuple[ApiKey, ApiKey]


def record_week(*, hub: Hub, server: Server, user: User, keys: tuple[ApiKey, ApiKey]) -> int:
    """Record the week once: through the writer that the gateway's journal uses, with the usage they are.

    Nothing is recorded while no tool is known, or where there are calls already. Returns how many.
    """
    tools = [row for row in offered(hub, kind="tool") if row.offered]
    if not tools or Call.objects.filter(workspace=hub.workspace_id).exists():
        return 0
    ensure_partitions(today=now().date())
    records = list(_week(_Place(hub, server, user, keys), tools, now()))
    asyncio.run(_insert(records))
    sum_usage_hours(since=now() - timedelta(days=DAYS + 1), until=now())
    return len(records)


async def _insert(records: Sequence[CallRecord]) -> None:
    gateway = settings.GATEWAY
    database = Database(gateway.database_url)
    store = RedisStore(gateway.redis_url, prefix=gateway.redis_prefix)
    await database.open()
    try:
        writer = RecordWriter(database, store)
        for start in range(0, len(records), 500):
            await writer.insert(list(records[start : start + 500]))
    finally:
        await store.stop()
        await database.close()


def _week(place: _Place, tools: Sequence[Offered], end: datetime) -> Iterator[CallRecord]:
    chance = random.Random(place.hub.id)  # noqa: S311  # the same demo again looks the same
    weights = [FAVOURITES.get(tool.feature.name, 1) for tool in tools]
    hour = (end - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
    while hour < end:
        share = WEEKEND if hour.weekday() >= 5 else 1.0
        for _ in range(round(BY_HOUR[hour.hour] * share * chance.uniform(0.7, 1.3))):
            at = hour + timedelta(seconds=chance.uniform(0, 3600))
            if at < end:
                yield _record(place, chance.choices(tools, weights)[0], at, chance, nightly=False)
        if hour.hour == 2:
            for number in range(12):
                at = hour + timedelta(seconds=4 + number * chance.uniform(1, 2))
                if at < end:
                    yield _record(place, tools[number % len(tools)], at, chance, nightly=True)
        hour += timedelta(hours=1)


def _record(place: _Place, tool: Offered, at: datetime, chance: random.Random, *, nightly: bool) -> CallRecord:
    key = place.keys[1] if nightly else place.keys[0]
    name, version = NIGHTLY_CLIENT if nightly else _client(chance)
    outcome, error = _outcome(chance)
    upstream = round(chance.lognormvariate(7.6, 0.7))
    stages = {"route": chance.randint(8, 40), "policy": chance.randint(10, 60), "connect": chance.randint(5, 30)}
    if outcome in ("answered", "tool_error"):
        stages |= {"upstream": upstream, "reply": chance.randint(15, 90)}
    return CallRecord(
        id=first_id(at)[:15] + new_id("call")[-16:],
        workspace_id=place.hub.workspace_id,
        hub_id=place.hub.id,
        server_id=place.server.id,
        principal_id=key.id,
        user_id=place.user.id,
        key_id=key.id,
        client_name=name,
        client_version=version,
        protocol=chance.choice(("2025-11-25", "2025-11-25", "2026-07-28")),
        method="tools/call",
        name=tool.name,
        outcome=outcome,
        error_code=-32000 if outcome == "failed" else 0,
        error=error,
        started_at=at.timestamp(),
        duration_us=sum(stages.values()) + chance.randint(20, 120),
        stages=stages,
        request_bytes=chance.randint(140, 900),
        reply_bytes=round(chance.lognormvariate(6.2, 0.8)) if outcome == "answered" else chance.randint(90, 260),
    )


def _client(chance: random.Random) -> tuple[str, str]:
    name, version, _share = chance.choices(CLIENTS, [share for _name, _version, share in CLIENTS])[0]
    return name, version


def _outcome(chance: random.Random) -> tuple[Outcome, str]:
    number = chance.random()
    if number < 0.975:
        return "answered", ""
    if number < 0.992:
        return "tool_error", ""
    if number < 0.997:
        return "cancelled", ""
    return "failed", "The server did not answer within 60 s."
