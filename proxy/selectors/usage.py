"""What was used in a month: calls by day, by server, by key and by member, in one pass over the recorded calls.

Counted is what billing counts: calls of tools that a server answered, with an error of the tool's own too. Months and
days are of UTC, as billing's are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import ApiKey, User
from core.clock import now
from core.partitions import add_months, month_of
from proxy.models import Server
from proxy.selectors.stats import RANGE, Span

_GROUPS = ("day", "server", "key", "person")
_SOURCE = f"""
    SELECT (started_at AT TIME ZONE 'UTC')::date AS day, server, key, "user" AS person, outcome, reply_bytes
    FROM proxy_call WHERE {RANGE} AND outcome IN ('answered', 'tool_error')
"""  # noqa: S608  # a constant
_SUMS = "count(*), count(*) FILTER (WHERE outcome = 'tool_error'), coalesce(sum(reply_bytes), 0)::bigint"


@dataclass(frozen=True, kw_only=True)
class Count:
    """Calls of one day, server, key or member (`id`; "" where there was none). `errors` are among the calls."""

    id: str = ""
    name: str = ""
    calls: int = 0
    errors: int = 0
    reply_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class MonthUsage:
    """One month. `days` are all of its days up to today, oldest first; the others have the most used first."""

    month: date
    total: Count
    days: tuple[Count, ...]
    servers: tuple[Count, ...]
    keys: tuple[Count, ...]
    members: tuple[Count, ...]


def this_month() -> date:
    return month_of(now().astimezone(UTC).date())


def kept_months() -> list[date]:
    """The months of which calls are kept, newest first."""
    oldest = month_of((now() - timedelta(days=settings.ENV.call_retention_days)).date())
    months = [this_month()]
    while months[-1] > oldest:
        months.append(add_months(months[-1], -1))
    return months


def month_span(workspace_id: str, month: date, *, hub: str = "") -> Span:
    """The calls of a month; `hub` narrows it to one hub's."""
    return Span(workspace_id=workspace_id, since=starts(month), until=starts(add_months(month, 1)), hub=hub)


def starts(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def month_usage(workspace_id: str, month: date, *, hub: str = "") -> MonthUsage:
    """Four queries, however many calls, servers, keys and members there are."""
    span = month_span(workspace_id, month, hub=hub)
    sql = f"""
        WITH calls AS ({_SOURCE})
        SELECT grouping(day, server, key, person), day, server, key, person, {_SUMS}
        FROM calls GROUP BY GROUPING SETS ((day), (server), (key), (person), ())
    """  # noqa: S608  # constants of this module
    found: dict[str, list[Count]] = {name: [] for name in (*_GROUPS, "")}
    with connection.cursor() as cursor:
        cursor.execute(sql, span.params())
        for mask, *values, calls, errors, size in cursor.fetchall():
            # The mask has a bit for each column that a row is not grouped by, the first column's the highest.
            name = next((name for bit, name in zip((8, 4, 2, 1), _GROUPS, strict=True) if not mask & bit), "")
            id = str(values[_GROUPS.index(name)]) if name else ""
            found[name].append(Count(id=id, calls=calls, errors=errors, reply_bytes=size))
    names = _names(*({count.id for count in found[group]} for group in ("server", "key", "person")))
    return MonthUsage(
        month=month,
        total=found[""][0],
        days=_days(month, found["day"]),
        servers=_named(found["server"], names, _("No server")),
        keys=_named(found["key"], names, _("Without a key, in the browser")),
        members=_named(found["person"], names, _("Nobody: an open hub")),
    )


def usage_rows(workspace_id: str, month: date) -> Iterator[tuple[str, str, str, str, int, int, int]]:
    """Day, server, key, member, calls, errors and bytes answered of every combination there was, by day."""
    sql = f"""
        WITH calls AS ({_SOURCE})
        SELECT day, server, key, person, {_SUMS} FROM calls GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    """  # noqa: S608  # constants of this module
    with connection.cursor() as cursor:
        cursor.execute(sql, month_span(workspace_id, month).params())
        rows = cursor.fetchall()
    names = _names(*({row[column] for row in rows} for column in (1, 2, 3)))
    for day, server, key, person, calls, errors, size in rows:
        yield (
            day.isoformat(), names.get(server, server), names.get(key, key), names.get(person, person),
            calls, errors, size,
        )  # fmt: skip


def _names(servers: Iterable[str], keys: Iterable[str], people: Iterable[str]) -> dict[str, str]:
    """Names by id, of those that still exist; ids of different kinds never meet."""
    return {
        **dict(Server.objects.filter(pk__in=servers).values_list("pk", "title")),
        **dict(ApiKey.objects.filter(pk__in=keys).values_list("pk", "name")),
        **{user.pk: str(user) for user in User.objects.filter(pk__in=people)},
    }


def _named(counts: Iterable[Count], names: Mapping[str, str], nobody: str) -> tuple[Count, ...]:
    """What is gone keeps its id as name."""
    named = (replace(count, name=names.get(count.id, count.id) if count.id else nobody) for count in counts)
    return tuple(sorted(named, key=lambda count: (-count.calls, count.name)))


def _days(month: date, counts: Iterable[Count]) -> tuple[Count, ...]:
    by_day = {count.id: count for count in counts}
    last = min(add_months(month, 1) - timedelta(days=1), now().astimezone(UTC).date())
    days = [(month + timedelta(days=number)).isoformat() for number in range((last - month).days + 1)]
    return tuple(replace(by_day.get(day, Count(id=day)), name=day) for day in days)
