"""Monthly partitions: made three months ahead, dropped by retention, with a default that is alarmed when it fills."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection, transaction

PARTITIONED = ("proxy_call", "billing_usageevent")
AHEAD = 3
ONE_AT_A_TIME = 7_301_001
"""Number of the advisory lock."""


def month_of(day: date) -> date:
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def partition_name(table: str, month: date) -> str:
    return f"{table}_{month:%Y_%m}"


def ensure_partitions(*, today: date, ahead: int = AHEAD, behind: int = 1) -> list[str]:
    """Make the partitions around today. May run twice; returns the names that it made."""
    made = []
    months = [add_months(month_of(today), offset) for offset in range(-behind, ahead + 1)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        for table in PARTITIONED:
            for month in months:
                name = partition_name(table, month)
                cursor.execute("SELECT to_regclass(%s)", [name])
                if cursor.fetchone()[0] is None:
                    _make_partition(cursor, table, name, month)
                    made.append(name)
    return made


def _make_partition(cursor: Any, table: str, name: str, month: date) -> None:
    """Make a month, and take in the rows of it that came too early and stand in the default partition.

    The names come from PARTITIONED and a date: nothing of a user's is in these statements.
    """
    first, last = month, add_months(month, 1)
    cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    cursor.execute(
        f"WITH early AS (DELETE FROM {table}_default WHERE month >= %s AND month < %s RETURNING *) "  # noqa: S608
        f"INSERT INTO {name} SELECT * FROM early",
        [first, last],
    )
    cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{last}')")


def drop_partitions(*, table: str, before: date) -> list[str]:
    """Drop whole months that ended before `before`. Returns the names dropped."""
    if table not in PARTITIONED:
        raise ValueError(f"{table} is not partitioned")
    dropped = []
    with connection.cursor() as cursor:
        for name in _children(table):
            year, _, month = name.removeprefix(f"{table}_").partition("_")
            if year.isdigit() and add_months(date(int(year), int(month), 1), 1) <= before:
                cursor.execute(f"DROP TABLE {name}")
                dropped.append(name)
    return dropped


def stray_rows() -> dict[str, int]:
    """Rows in the default partitions, by table: any above 0 is an alarm."""
    counts = {}
    with connection.cursor() as cursor:
        for table in PARTITIONED:
            # The names come from PARTITIONED.
            cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {table}_default LIMIT 1000) AS found")  # noqa: S608
            counts[table] = int(cursor.fetchone()[0])
    return counts


def _children(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = to_regclass(%s) ORDER BY 1",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]
