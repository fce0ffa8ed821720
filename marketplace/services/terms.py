"""What people had searched for when they opened a listing: counted by month, and kept only once enough people did.

Who opened is held for the month as a sketch that counts and names nobody (HyperLogLog in Redis, over a keyed hash that
is another one each month). A term reaches the database with its third person; rarer ones are never written down, nor
is what looks like an address or a number of somebody. Redis is speed, never truth: what it loses counts anew, and a
number that was written down never falls.
"""

from __future__ import annotations

import logging
from datetime import date

import redis
from django.db import connection, transaction

from core.clock import now
from core.keyring import keyring
from core.redis import connection as redis_connection
from core.redis import key
from marketplace.models import Listing
from marketplace.search_terms import LEAST_PEOPLE

log = logging.getLogger(__name__)
_KEPT_S = 40 * 86_400
_DAY_S = 86_400
MOST_A_DAY = 100
"""Terms that count of one visitor and day."""
MOST_TERMS = 1_000
"""Different terms of one listing that are watched in a month."""
_UPSERT = """
INSERT INTO marketplace_searchterm (listing_id, month, term, opened)
SELECT * FROM unnest(%s::text[], %s::date[], %s::text[], %s::int[])
ON CONFLICT (listing_id, month, term) DO UPDATE SET opened = excluded.opened
WHERE marketplace_searchterm.opened < excluded.opened
"""


def count_term(*, listing_id: str, term: str, visitor: str) -> None:
    """Count that a visitor opened a listing after that search. Never fails and never waits long.

    `visitor` tells people apart (a user's id or a network's address); it is never kept as it is.
    """
    if not term or not visitor:
        return
    moment = now()
    month = f"{moment:%Y-%m}"
    who = keyring().keyed_hash(f"search-term:{month}:{visitor}").hex()[:32]
    try:
        _count(listing_id, term, month, moment.date(), who)
    except redis.RedisError as problem:
        log.warning("a search term is not counted: %s", type(problem).__name__)


def _count(listing_id: str, term: str, month: str, today: date, who: str) -> None:
    client = redis_connection()
    often = key(f"terms_of_visitor:{today.isoformat()}:{who}")
    watched = key(f"terms_of_listing:{month}:{listing_id}")
    pipe = client.pipeline(transaction=False)
    pipe.incr(often)
    pipe.expire(often, _DAY_S)
    pipe.sismember(watched, term)
    pipe.scard(watched)
    times, _kept, known, terms = pipe.execute()
    if times > MOST_A_DAY or (not known and terms >= MOST_TERMS):
        return
    people = key(f"term_people:{month}:{listing_id}:{term}")
    pipe = client.pipeline(transaction=False)
    pipe.sadd(watched, term)
    pipe.expire(watched, _KEPT_S)
    pipe.pfadd(people, who)
    pipe.expire(people, _KEPT_S)
    pipe.pfcount(people)
    count = int(pipe.execute()[-1])
    if count >= LEAST_PEOPLE:
        counted = key(f"terms_counted:{month}")
        client.hset(counted, f"{listing_id} {term}", str(count))
        client.expire(counted, _KEPT_S)


def write_terms() -> int:
    """Write down what was counted since the last time. Done twice it changes nothing. Returns how many rows it saw."""
    client = redis_connection()
    written = 0
    for found in client.scan_iter(match=key("terms_counted:*"), count=500):
        name = found.decode() if isinstance(found, bytes) else str(found)
        month = date.fromisoformat(f"{name.rpartition(':')[2]}-01")
        taken = key(f"terms_taken:{month:%Y-%m}:{now().timestamp()}")
        try:
            client.rename(name, taken)
        except redis.ResponseError:  # another worker took it
            continue
        written += _write(month, client.hgetall(taken))  # type: ignore[arg-type]
        client.delete(taken)
    return written


def _write(month: date, counted: dict[bytes, bytes]) -> int:
    rows = [(*name.decode().partition(" ")[::2], int(value)) for name, value in sorted(counted.items())]
    known = set(Listing.objects.filter(pk__in={row[0] for row in rows}).values_list("pk", flat=True))
    kept = [row for row in rows if row[0] in known]
    if kept:
        listings, terms, people = zip(*kept, strict=True)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_UPSERT, [list(listings), [month] * len(kept), list(terms), list(people)])
    return len(kept)
