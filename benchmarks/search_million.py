"""The search index of very many listings, made in bulk: words as the product makes them, meanings mixed of real ones.

Indexes are dropped and built anew at the end, which takes minutes where row by row takes hours.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.db import connection, transaction

from benchmarks.million import SOURCE
from core.embedding import DIMENSIONS
from marketplace.models import Listing
from marketplace.models.search import TIERS
from marketplace.search.documents import texts_of, vector_literals
from marketplace.search.facets import combo_key
from marketplace.services.search_counts import combo_ids, recount, recount_words, search_state

CHUNK = 4_000
TABLES = ("marketplace_searchdocument", "marketplace_searchmeaning")
ONLY = (
    "id", "kind", "category", "name", "tags", "summary", "translations", "languages", "needs", "reads_only",
    "asks_first", "offline", "rating_low", "health", "score", "workspaces", "trend", "published_at", "publisher__name",
    "publisher__proof", "current__readme", "current__package",
)  # fmt: skip
Log = Callable[[str], object]


def index_million(log: Log) -> None:
    """Documents, meanings, words and counts of all listings that benchmarks.million made."""
    began = time.monotonic()

    def tell(text: str) -> None:
        log(f"{text} after {time.monotonic() - began:.0f} s")

    search_state()
    definitions = _drop_indexes()
    with transaction.atomic():
        _superuser()
        _mix_meanings()
    tell("meanings mixed")
    with transaction.atomic():
        _superuser()
        _copy_documents(tell)
    _build(definitions, tell)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE marketplace_searchdocument, marketplace_searchmeaning")
    tell("vacuumed")
    recount(now=True)
    tell("facets and tiers counted")
    recount_words(now=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE marketplace_searchdocument, marketplace_searchword")
    tell("words counted")


def _superuser() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() == (True,):
            cursor.execute("SET LOCAL session_replication_role = replica")


def _drop_indexes() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexname LIKE 'search_%%'",
            [list(TABLES)],
        )
        found: list[tuple[str, str]] = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f'DROP INDEX "{name}"')
    return found


def _build(definitions: list[tuple[str, str]], tell: Log) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '2500MB'; SET max_parallel_maintenance_workers = 2")
        for name, definition in definitions:
            cursor.execute(definition)
            tell(f"{name} built")


def _mix_meanings() -> None:
    """Each lies between two real ones, nearer to the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE base ON COMMIT DROP AS SELECT (row_number() OVER ()) - 1 AS place, vector "
            "FROM marketplace_searchmeaning"
        )
        cursor.execute("CREATE UNIQUE INDEX ON base (place)")
        cursor.execute("ANALYZE base")
        cursor.execute("SELECT count(*) FROM base")
        count = cursor.fetchone()[0]
        near, far = (f"array_fill({weight}, ARRAY[{DIMENSIONS}])::vector::halfvec" for weight in (0.8, 0.45))
        cursor.execute(
            f"""
            INSERT INTO marketplace_searchmeaning (listing_id, vector, text_hash)
            SELECT l.id, l2_normalize(a.vector * {near} + b.vector * {far}), ''
            FROM (
                SELECT id, abs(hashtext(id)::bigint) %% {count} AS one,
                    abs(hashtext('x' || id)::bigint) %% {count} AS two
                FROM marketplace_listing WHERE source = %s AND state IN ('live', 'deprecated')
            ) AS l JOIN base AS a ON a.place = l.one JOIN base AS b ON b.place = l.two""",
            [SOURCE],
        )


def _copy_documents(tell: Log) -> None:
    rows = Listing.objects.filter(source=SOURCE, state__in=Listing.SHOWN).select_related("publisher", "current")
    columns = "listing_id, words, text_hash, combo_id, tier, score, rating_low, workspaces, trend, published_at"
    done, cuts = 0, _cuts()
    with connection.cursor() as cursor:
        for chunk in _chunks(rows.only(*ONLY).iterator(chunk_size=CHUNK)):
            literals = vector_literals([texts_of(listing) for listing in chunk])
            combos = combo_ids({combo_key(listing) for listing in chunk})
            with cursor.copy(f"COPY marketplace_searchdocument ({columns}) FROM STDIN") as copy:
                for listing, words in zip(chunk, literals, strict=True):
                    copy.write_row(_row(listing, words, combos, cuts))
            done += len(chunk)
            if done % 100_000 < CHUNK:
                tell(f"{done:,} documents")


def _row(listing: Listing, words: str, combos: dict[str, int], cuts: list[float]) -> tuple[Any, ...]:
    digest = hashlib.md5(words.encode(), usedforsecurity=False).hexdigest()
    facts = (listing.score, listing.rating_low, listing.workspaces, listing.trend, listing.published_at)
    tier = sum(listing.score >= cut for cut in cuts)
    return (listing.id, words, digest, combos[combo_key(listing)], tier, *facts)


def _cuts() -> list[float]:
    """The scores from which documents belong to the tiers, so that counting them anew moves few."""
    shown = Listing.objects.filter(state__in=Listing.SHOWN).order_by("-score").values_list("score", flat=True)
    return [float(next(iter(shown[size - 1 : size]), 0.0)) for size in TIERS]


def _chunks(rows: Iterator[Listing]) -> Iterator[list[Listing]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
