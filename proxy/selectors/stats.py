"""Figures of calls: totals, quantiles, histograms, by minute, by tool. Each is one query over an index range.

Only `tools/call` counts, unless a method is given. Succeeded is what was answered without an error; refused calls
and those that the client cancelled count neither way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from core.clock import now
from proxy.selectors.calls import first_id

BUCKETS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
"""Upper ends of the histogram; what takes longer is in one more bucket."""
_HOUR = timedelta(hours=1)
_SLACK = timedelta(minutes=15)
RANGE = """
    workspace = %(workspace)s AND id >= %(first)s AND month >= %(month)s AND started_at >= %(since)s
    AND started_at < %(until)s AND (%(hub)s = '' OR hub = %(hub)s) AND (%(server)s = '' OR server = %(server)s)
    AND (%(method)s = '' OR method = %(method)s)
"""
_GOOD = "outcome IN ('answered', 'input_required')"
_BAD = "outcome IN ('tool_error', 'failed')"


@dataclass(frozen=True, kw_only=True)
class Span:
    """Which calls to count. Times are aware; `until` None means now."""

    workspace_id: str
    since: datetime
    until: datetime | None = None
    hub: str = ""
    server: str = ""
    method: str = "tools/call"

    def params(self) -> dict[str, Any]:
        start = self.since - _SLACK
        return {
            "workspace": self.workspace_id,
            "first": first_id(start),
            "month": start.date().replace(day=1),
            "since": self.since,
            "until": self.until or now(),
            "hub": self.hub,
            "server": self.server,
            "method": self.method,
        }


@dataclass(frozen=True)
class Summary:
    """Counts, and quantiles of the whole duration in milliseconds (None without calls)."""

    calls: int = 0
    good: int = 0
    bad: int = 0
    refused: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    own_p95_ms: float | None = None
    """The part of Crossroads itself: all but the server, and the opening of a session with it."""

    @property
    def success(self) -> float | None:
        """Share that succeeded, 0 to 1; None where nothing counts."""
        return _share(self.good, self.bad)

    @property
    def success_percent(self) -> float | None:
        return _percent(self.success)


@dataclass(frozen=True)
class Bucket:
    """Calls that took at most `up_to_ms` (None: longer than all) and more than the bucket before."""

    up_to_ms: int | None
    good: int
    bad: int


@dataclass(frozen=True)
class Minute:
    """Calls of one minute (or hour), `at` its start."""

    at: datetime
    good: int
    bad: int
    refused: int


@dataclass(frozen=True)
class ToolStats:
    """One tool over the span: how often, how well, how fast, and calls by hour, the oldest first."""

    calls: int = 0
    good: int = 0
    bad: int = 0
    p95_ms: float | None = None
    by_hour: tuple[int, ...] = field(default=(0,) * 24)

    @property
    def success(self) -> float | None:
        return _share(self.good, self.bad)

    @property
    def success_percent(self) -> float | None:
        return _percent(self.success)


def summarize(span: Span) -> Summary:
    """Totals and quantiles."""
    rows = _query(
        f"""
        SELECT count(*), count(*) FILTER (WHERE {_GOOD}), count(*) FILTER (WHERE {_BAD}),
            count(*) FILTER (WHERE outcome = 'refused'),
            percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration_us)
                FILTER (WHERE outcome <> 'refused'),
            percentile_cont(0.95) WITHIN GROUP (
                ORDER BY duration_us - COALESCE((stages ->> 'upstream')::bigint, 0)
                    - COALESCE((stages ->> 'connect')::bigint, 0)
            ) FILTER (WHERE outcome <> 'refused')
        FROM proxy_call WHERE {RANGE}
        """,  # noqa: S608  # constants of this module
        span.params(),
    )
    calls, good, bad, refused, quantiles, own = rows[0]
    p50, p95, p99 = (_ms(value) for value in quantiles or (None, None, None))
    return Summary(calls, good, bad, refused, p50, p95, p99, _ms(own))


def histogram(span: Span) -> list[Bucket]:
    """How long calls took, over BUCKETS_MS and one bucket for the rest."""
    params = span.params() | {"ends": [end * 1000 for end in BUCKETS_MS]}
    rows = _query(
        f"""
        SELECT width_bucket(duration_us - 1, %(ends)s::bigint[]), count(*) FILTER (WHERE {_GOOD}),
            count(*) FILTER (WHERE {_BAD})
        FROM proxy_call WHERE {RANGE} GROUP BY 1
        """,  # noqa: S608  # constants of this module
        params,
    )
    counts = {number: (good, bad) for number, good, bad in rows}
    ends = (*BUCKETS_MS, None)
    return [Bucket(end, *counts.get(number, (0, 0))) for number, end in enumerate(ends)]


def by_minute(span: Span, *, step: timedelta = timedelta(minutes=1)) -> list[Minute]:
    """Calls of every step of the span (a minute, an hour), also of those without any."""
    params = span.params() | {"step": step}
    rows = _query(
        f"""
        SELECT date_bin(%(step)s, started_at, 'epoch'), count(*) FILTER (WHERE {_GOOD}),
            count(*) FILTER (WHERE {_BAD}), count(*) FILTER (WHERE outcome = 'refused')
        FROM proxy_call WHERE {RANGE} GROUP BY 1
        """,  # noqa: S608  # constants of this module
        params,
    )
    counts = {at: (good, bad, refused) for at, good, bad, refused in rows}
    seconds = step.total_seconds()
    start = datetime.fromtimestamp(span.since.timestamp() // seconds * seconds, span.since.tzinfo)
    found, at, end = [], start, params["until"]
    while at < end:
        found.append(Minute(at, *counts.get(at, (0, 0, 0))))
        at += step
    return found


def tool_stats(span: Span, names: Mapping[str, Collection[tuple[str, str]]]) -> dict[str, ToolStats]:
    """Figures for things by the names they are called by: {key: [(server id, name as clients say it)]}.

    `by_hour` covers the 24 hours up to the span's end.
    """
    pairs = [(server, name, key) for key, called in names.items() for server, name in called]
    params = span.params() | {
        "servers": [server for server, _name, _key in pairs],
        "names": [name for _server, name, _key in pairs],
        "items": [key for _server, _name, key in pairs],
    }
    rows = _query(
        f"""
        WITH calls AS (
            SELECT item, outcome, duration_us,
                least(23, floor(extract(epoch FROM %(until)s - started_at) / 3600))::int AS ago
            FROM proxy_call
            JOIN unnest(%(servers)s::text[], %(names)s::text[], %(items)s::text[]) AS m (at_server, called, item)
                ON server = m.at_server AND name = m.called
            WHERE {RANGE}
        )
        SELECT item, ago, count(*), count(*) FILTER (WHERE {_GOOD}), count(*) FILTER (WHERE {_BAD}),
            percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_us) FILTER (WHERE outcome <> 'refused')
        FROM calls GROUP BY GROUPING SETS ((item), (item, ago))
        """,  # noqa: S608  # constants of this module
        params,
    )
    hours: dict[str, list[int]] = {item: [0] * 24 for item, ago, *_rest in rows if ago is None}
    for item, ago, calls, *_rest in rows:
        if ago is not None:
            hours[item][23 - ago] = calls
    return {
        item: ToolStats(calls, good, bad, _ms(p95), tuple(hours[item]))
        for item, ago, calls, good, bad, p95 in rows
        if ago is None
    }


def _share(good: int, bad: int) -> float | None:
    return good / (good + bad) if good + bad else None


def _percent(share: float | None) -> float | None:
    """To a tenth, rounded down, so that 100 % is said only of what never failed."""
    return None if share is None else int(share * 1000) / 10


def _ms(microseconds: float | None) -> float | None:
    return None if microseconds is None else float(microseconds) / 1000


def _query(sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def last_day(workspace_id: str, *, hub: str = "", server: str = "", method: str = "tools/call") -> Span:
    """The 24 hours up to now."""
    return Span(workspace_id=workspace_id, since=now() - 24 * _HOUR, hub=hub, server=server, method=method)
