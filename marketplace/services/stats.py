"""Views, trials, installs and uninstalls by listing and day: counted in Redis, written down by a job.

Redis is speed, never truth: what is counted while it is away is not counted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date
from typing import Literal

import redis
from django.db import connection, transaction

from core.clock import now
from core.redis import connection as redis_connection
from core.redis import key
from marketplace.models import Listing

log = logging.getLogger(__name__)
Field = Literal["views", "trials", "installs", "uninstalls", "found"]
FIELDS: tuple[Field, ...] = ("views", "trials", "installs", "uninstalls", "found")
_DAYS_KEPT_S = 3 * 86_400
_UPSERT = """
INSERT INTO marketplace_listingstat (listing_id, day, views, trials, installs, uninstalls, found)
SELECT listing, %s, views, trials, installs, uninstalls, found
FROM unnest(%s::text[], %s::int[], %s::int[], %s::int[], %s::int[], %s::int[])
  AS counted (listing, views, trials, installs, uninstalls, found)
ON CONFLICT (listing_id, day) DO UPDATE SET
  views = marketplace_listingstat.views + excluded.views,
  trials = marketplace_listingstat.trials + excluded.trials,
  installs = marketplace_listingstat.installs + excluded.installs,
  uninstalls = marketplace_listingstat.uninstalls + excluded.uninstalls,
  found = marketplace_listingstat.found + excluded.found
"""


def count_stat(listing_id: str, field: Field, n: int = 1) -> None:
    """Count something that happened to a listing today. Never fails and never waits long."""
    count_stats([listing_id], field, n)


def count_stats(listing_ids: Iterable[str], field: Field, n: int = 1) -> None:
    """The same for many listings at once, as a page of results."""
    name = key(f"listing_stats:{now().date().isoformat()}")
    try:
        pipe = redis_connection().pipeline(transaction=False)
        for listing_id in listing_ids:
            pipe.hincrby(name, f"{listing_id} {field}", n)
        pipe.expire(name, _DAYS_KEPT_S)
        pipe.execute()
    except redis.RedisError as problem:
        log.warning("a count of listings is lost: %s", type(problem).__name__)


def write_stats() -> int:
    """Write down what was counted and forget it in Redis. Returns how many rows. At once, each takes its own part."""
    client = redis_connection()
    written = 0
    for found in client.scan_iter(match=key("listing_stats:*"), count=500):
        name = found.decode() if isinstance(found, bytes) else str(found)
        day = name.rpartition(":")[2]
        taken = key(f"listing_taken:{day}:{now().timestamp()}")
        try:
            client.rename(name, taken)
        except redis.ResponseError:  # another worker took it
            continue
        written += _write(date.fromisoformat(day), client.hgetall(taken))  # type: ignore[arg-type]
        client.delete(taken)
    return written


def _write(day: date, counted: dict[bytes, bytes]) -> int:
    rows: dict[str, dict[str, int]] = {}
    for name, value in counted.items():
        listing, _space, field = name.decode().partition(" ")
        if field in FIELDS:
            rows.setdefault(listing, dict.fromkeys(FIELDS, 0))[field] += int(value)
    known = sorted(Listing.objects.filter(pk__in=rows).values_list("pk", flat=True))
    if known:
        columns = [[rows[listing][field] for listing in known] for field in FIELDS]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_UPSERT, [day, known, *columns])
    return len(known)
