"""Writes the search index. Everything here follows from listings and may be repeated without harm."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from django.db import connection, transaction
from django.db.models import Q

from core.embedding import ModelMissing, Vectors, embed
from core.jobs import enqueue_job
from marketplace.models import Listing, SearchDocument, SearchMeaning, SearchPending, SearchState
from marketplace.models.search import TIERS
from marketplace.search.documents import Texts, meaning_text, text_hash, texts_of, vector_literals
from marketplace.search.facets import combo_key
from marketplace.services import ranking
from marketplace.services.search_counts import combo_ids, recount, recount_words

log = logging.getLogger(__name__)
REINDEX = "marketplace.reindex"
CHUNK = 500
SHOWN = Q(state__in=Listing.SHOWN, publisher__suspended_at=None, published_at__isnull=False)
Embed = Callable[[Sequence[str]], Vectors]


def queue_listings(*, listing_ids: Iterable[str]) -> None:
    """Note that listings changed, in the caller's transaction; a job indexes them when that commits."""
    SearchPending.objects.bulk_create([SearchPending(listing=listing) for listing in listing_ids], batch_size=5_000)
    enqueue_job(task=REINDEX)


def index_pending(*, seconds: float = float("inf")) -> bool:
    """Index what waits, a chunk at a time. False when time ran out before nothing waited."""
    began, looked, rest = time.monotonic(), 0, True
    while time.monotonic() - began < seconds and (rest := bool(rows := _pending())):
        reindex(listing_ids=list(dict.fromkeys(listing for _, listing in rows)))
        SearchPending.objects.filter(id__in=[row for row, _ in rows]).delete()
        looked += len(rows)
    if looked:
        recount()
        recount_words()
    return not rest


def _pending() -> list[tuple[int, str]]:
    return list(SearchPending.objects.order_by("id").values_list("id", "listing")[:CHUNK])


def reindex_all(*, everything: bool = False) -> int:
    """Queue every listing, and index them here and now. `everything`: take unchanged texts apart again, too."""
    if everything:
        SearchDocument.objects.update(text_hash="")
        SearchMeaning.objects.update(text_hash="")
    ids = set(Listing.objects.filter(SHOWN).values_list("id", flat=True).iterator())
    gone = set(SearchDocument.objects.exclude(listing__in=Listing.objects.filter(SHOWN)).values_list("pk", flat=True))
    for chunk in _chunks(sorted(ids | gone)):
        reindex(listing_ids=chunk)
    recount()
    recount_words(now=True)
    return len(ids)


def reindex(*, listing_ids: Sequence[str], embed_texts: Embed = embed) -> None:
    """Bring the documents of these listings up to date: made, changed, or removed. A few hundred at a time."""
    unranked = Listing.objects.filter(SHOWN, pk__in=listing_ids, score_parts={})
    ranking.recount(listing_ids=list(unranked.values_list("pk", flat=True)), tell=False)
    rows = Listing.objects.filter(SHOWN, pk__in=listing_ids).select_related("publisher", "current")
    listings = list(rows.defer("draft", "score_parts", "current__manifest", "current__findings", "current__texts"))
    shown = {listing.id for listing in listings}
    with transaction.atomic():
        gone = [listing for listing in listing_ids if listing not in shown]
        SearchDocument.objects.filter(pk__in=gone).delete()
        SearchMeaning.objects.filter(pk__in=gone).delete()
        _write_documents(listings)
        _write_meanings(listings, embed_texts)


def _write_documents(listings: Sequence[Listing]) -> None:
    texts = {listing.id: texts_of(listing) for listing in listings}
    hashes = {listing: text_hash(found) for listing, found in texts.items()}
    known = dict(SearchDocument.objects.filter(pk__in=list(texts)).values_list("pk", "text_hash"))
    combos = combo_ids(combo_key(listing) for listing in listings)
    _write_texts([(listing, texts[listing.id], hashes[listing.id]) for listing in listings
                  if known.get(listing.id) != hashes[listing.id]], combos)  # fmt: skip
    _write_facts([listing for listing in listings if known.get(listing.id) == hashes[listing.id]], combos)


def _write_texts(rows: Sequence[tuple[Listing, list[Texts], str]], combos: dict[str, int]) -> None:
    if not rows:
        return
    vectors = vector_literals([texts for _, texts, _ in rows])
    tier = new_tier()
    values = [
        (listing.id, vector, digest, combos[combo_key(listing)], tier, *_facts(listing))
        for (listing, _, digest), vector in zip(rows, vectors, strict=True)
    ]
    sql = """
        INSERT INTO marketplace_searchdocument
            (listing_id, words, text_hash, combo_id, tier, score, rating_low, workspaces, trend, published_at)
        SELECT * FROM unnest(%s::text[], %s::tsvector[], %s::text[], %s::bigint[], %s::smallint[], %s::float8[],
            %s::float8[], %s::int[], %s::float8[], %s::timestamptz[])
        ON CONFLICT (listing_id) DO UPDATE SET words = excluded.words, text_hash = excluded.text_hash,
            combo_id = excluded.combo_id, score = excluded.score, rating_low = excluded.rating_low,
            workspaces = excluded.workspaces, trend = excluded.trend, published_at = excluded.published_at"""
    with connection.cursor() as cursor:
        cursor.execute(sql, _columns(values))


def _write_facts(listings: Sequence[Listing], combos: dict[str, int]) -> None:
    """What orders and filters; rows that already say so are left alone."""
    if not listings:
        return
    values = [(listing.id, combos[combo_key(listing)], *_facts(listing)) for listing in listings]
    sql = """
        UPDATE marketplace_searchdocument AS d SET combo_id = n.combo, score = n.score, rating_low = n.low,
            workspaces = n.workspaces, trend = n.trend, published_at = n.published
        FROM unnest(%s::text[], %s::bigint[], %s::float8[], %s::float8[], %s::int[], %s::float8[], %s::timestamptz[])
            AS n (id, combo, score, low, workspaces, trend, published)
        WHERE d.listing_id = n.id AND (d.combo_id, d.score, d.rating_low, d.workspaces, d.trend, d.published_at)
            IS DISTINCT FROM (n.combo, n.score, n.low, n.workspaces, n.trend, n.published)"""
    with connection.cursor() as cursor:
        cursor.execute(sql, _columns(values))


def _facts(listing: Listing) -> tuple[object, ...]:
    return listing.score, listing.rating_low, listing.workspaces, listing.trend, listing.published_at


def _write_meanings(listings: Sequence[Listing], embed_texts: Embed) -> None:
    texts = {listing.id: meaning_text(listing) for listing in listings}
    hashes = {listing: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for listing, text in texts.items()}
    known = dict(SearchMeaning.objects.filter(pk__in=list(texts)).values_list("pk", "text_hash"))
    changed = [listing for listing in texts if known.get(listing) != hashes[listing]]
    if not changed:
        return
    try:
        vectors = embed_texts([texts[listing] for listing in changed])
    except ModelMissing as missing:
        log.warning("listings are found by words alone: %s", missing)
        return
    sql = """
        INSERT INTO marketplace_searchmeaning (listing_id, vector, text_hash)
        SELECT * FROM unnest(%s::text[], %s::halfvec[], %s::text[])
        ON CONFLICT (listing_id) DO UPDATE SET vector = excluded.vector, text_hash = excluded.text_hash"""
    values = [(listing, vector_text(vector), hashes[listing]) for listing, vector in zip(changed, vectors, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(sql, _columns(values))


def vector_text(vector: Vectors) -> str:
    """A vector as Postgres reads it."""
    return "[" + ",".join(map("{:.5f}".format, np.asarray(vector, np.float32).tolist())) + "]"


def new_tier() -> int:
    """Where new documents begin: with the best while all are few, else below until the next count."""
    documents = SearchState.objects.values_list("documents", flat=True).first() or 0
    return sum(documents < size for size in TIERS)


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK))
