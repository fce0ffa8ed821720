"""Listings by text, by filters and in an order: what pages, the API, feeds and Ctrl-K ask."""

# ruff: noqa: S608  # statements are made of names that stand here; values travel beside them
from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from django.db import connection
from django.db.models import Prefetch

from core.embedding import ModelMissing, Vectors, embed_query
from marketplace.models import Listing, ListingVersion
from marketplace.search.facets import FACETS
from marketplace.search.fusion import relevance, results, standing
from marketplace.search.kept import Kept, kept
from marketplace.search.matching import Candidate, Filters, candidates, count_by_combo, mean_vector
from marketplace.search.question import Question, understand

log = logging.getLogger(__name__)
PAGE = 20
MOST_PAGES = 50
EXACT = 10_000
"""Counts are exact up to here."""
ORDERS = ("fits", "rated", "new", "used", "trend")
COLUMNS: Mapping[str, str] = {
    "fits": "score", "rated": "rating_low", "new": "published_at", "used": "workspaces", "trend": "trend",
}  # fmt: skip
TYPES: Mapping[str, str] = {"published_at": "timestamptz", "workspaces": "int"}
BRIDGE = 5
"""Best results by words whose meaning stands for that of a question in another language."""
FEW = 5_000


class Ask(msgspec.Struct, frozen=True):
    """What is asked of the catalogue."""

    text: str = ""
    chosen: Mapping[str, tuple[str, ...]] = {}
    order: str = "fits"
    page: int = 1
    size: int = PAGE
    facets: bool = True
    after: tuple[str, str] | None = None
    """Without text: the value and id of the last row that was seen, instead of a page."""

    @property
    def narrowed(self) -> int:
        return sum(len(values) for values in self.chosen.values())


class Count(msgspec.Struct, frozen=True):
    """A number that is exact, or the least that it can be."""

    number: int
    more: bool = False


class Found(msgspec.Struct, frozen=True):
    """One page of listings, in order."""

    ids: list[str]
    total: Count
    """That fit."""
    all: int
    """In the whole catalogue."""
    facets: Mapping[str, Mapping[str, int]] = {}
    pages: int = 1
    """That can be turned to; the last of very many are cut off."""
    corrected: str = ""
    """The text as it was understood, where something was mended."""
    last: tuple[str, str] | None = None
    """Without text: what `after` is for the rows that follow; None where there are none."""


def find(ask: Ask) -> Found:
    """Read what is asked. At most a handful of queries, whatever is asked."""
    index = kept()
    combos = tuple(sorted(index.fitting(ask.chosen))) if ask.narrowed else None
    filters = Filters(combos=combos, documents=sum(index.counts[c] for c in combos) if combos is not None else 0)
    if ask.text.strip():
        return _search(ask, index, filters)
    return _browse(ask, index, filters)


def hydrate(ids: Sequence[str], *, version: bool = False) -> list[Listing]:
    """The listings of these ids with publisher, in the same order; those that are gone are left out.

    `version`: with the number of the current one.
    """
    rows = Listing.objects.filter(pk__in=ids, state__in=Listing.SHOWN).select_related("publisher")
    if version:
        current = ListingVersion.objects.only("version")
        rows = rows.prefetch_related(Prefetch("current", current))
    found = {listing.pk: listing for listing in rows.defer("draft", "score_parts", "translations", "state_reason")}
    return [found[key] for key in ids if key in found]


def _browse(ask: Ask, index: Kept, filters: Filters) -> Found:
    total = filters.documents if filters.combos is not None else index.documents
    rows = _in_order(ask, filters)
    last = rows[ask.size - 1] if len(rows) > ask.size else None
    ids = [listing for _, listing in rows[: ask.size]]
    pages = min(MOST_PAGES, max(1, -(-total // ask.size)))
    facets = index.facets(ask.chosen, index.counts) if ask.facets else {}
    return Found(ids=ids, total=capped(total), all=index.documents, facets=facets, pages=pages, last=last)


def _in_order(ask: Ask, filters: Filters) -> list[tuple[str, str]]:
    """One page and the row after it, as (value, id), by the order's index; the few that filters leave are sorted."""
    column = COLUMNS.get(ask.order, "score")
    tests: list[str] = []
    values: list[Any] = []
    if filters.combos is not None:
        tests.append("combo_id = ANY(%s)")
        values.append(list(filters.combos))
    if ask.after:
        tests.append(f"({column}, listing_id) < (%s::{TYPES.get(column, 'float8')}, %s)")
        values += ask.after
    where = f"WHERE {' AND '.join(tests)}" if tests else ""
    source = f"SELECT {column}, listing_id FROM marketplace_searchdocument {where}"
    if filters.combos is not None and filters.documents <= FEW:
        source = f"SELECT * FROM ({source} OFFSET 0) AS few"
    sql = f"""
        SELECT {column}::text, listing_id
        FROM ({source} ORDER BY {column} DESC, listing_id DESC OFFSET %s LIMIT %s) AS page
        ORDER BY page.{column} DESC, listing_id DESC"""
    start = 0 if ask.after else (ask.page - 1) * ask.size
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, start, ask.size + 1])
        rows: list[tuple[str, str]] = cursor.fetchall()
    return rows


def _search(ask: Ask, index: Kept, filters: Filters) -> Found:
    question = understand(ask.text, index.documents)
    vector = meaning_of(question)
    found = results(candidates(question, filters, vector))
    _sort(found, ask.order)
    counts, more = _counts(question, found, filters)
    chosen = index.fitting(ask.chosen) if ask.narrowed else set(counts)
    total = Count(sum(count for combo, count in counts.items() if combo in chosen), more)
    start = (ask.page - 1) * ask.size
    return Found(
        ids=[candidate.listing for candidate in found[start : start + ask.size]],
        total=total,
        all=index.documents,
        facets=index.facets(ask.chosen, counts) if ask.facets else {},
        pages=max(1, -(-len(found) // ask.size)),
        corrected=question.corrected,
    )


def meaning_of(question: Question) -> Vectors | None:
    """The vector to search by. One in another language is that of what its words find, whose English texts we have."""
    try:
        vector = embed_query(question.corrected or question.text)
    except ModelMissing:
        return None
    if not question.foreign:
        return vector
    middle = mean_vector(question, BRIDGE)
    if middle is None:
        return vector
    bridge = np.array(middle, np.float32)
    mixed = vector * (1 - question.foreign) + bridge / np.linalg.norm(bridge) * question.foreign
    fitted: Vectors = mixed / np.linalg.norm(mixed)
    return fitted


def _sort(found: list[Candidate], order: str) -> None:
    """In place: by how well they fit, or what fits well enough by another order."""
    if order == "fits" or order not in ORDERS:
        found.sort(key=lambda candidate: (-standing(candidate), candidate.listing))
        return
    ranks = _values([candidate.listing for candidate in found], COLUMNS[order])
    best = max(map(relevance, found), default=0.0)
    found[:] = [candidate for candidate in found if relevance(candidate) >= best / 2]
    found.sort(key=lambda candidate: (ranks.get(candidate.listing, 0), standing(candidate)), reverse=True)


def _values(ids: Sequence[str], column: str) -> dict[str, float]:
    sql = f"SELECT listing_id, extract(epoch FROM {column}) FROM marketplace_searchdocument WHERE listing_id = ANY(%s)"
    if column != "published_at":
        sql = f"SELECT listing_id, {column} FROM marketplace_searchdocument WHERE listing_id = ANY(%s)"
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids)])
        return {listing: float(value) for listing, value in cursor.fetchall()}


def _counts(question: Question, found: Sequence[Candidate], filters: Filters) -> tuple[Counter[int], bool]:
    """Documents by combination that fit the text, whatever is ticked, and whether there are more than were counted."""
    counts, more = count_by_combo(question, EXACT)
    near = Counter(candidate.combo for candidate in found if candidate.text <= 0)
    return Counter(counts) + near, more


def capped(number: int) -> Count:
    return Count(min(number, EXACT), number > EXACT)


def is_value(facet: str, value: str) -> bool:
    return facet in FACETS and value in FACETS[facet][1]
