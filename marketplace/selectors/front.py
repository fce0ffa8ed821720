"""What the home page shows of the marketplace: picks, what trends, what is new, categories, collections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from django.urls import reverse

from marketplace.catalogue.labels import CATEGORIES
from marketplace.models import Collection, Listing
from marketplace.search.kept import kept
from marketplace.selectors.collections import front_collections
from marketplace.selectors.finding import Ask, find, hydrate
from marketplace.selectors.rows import Row, rows_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

STRIP = 6
SHORT = 5
COLLECTIONS = 6
USUAL = ("github", "notion", "playwright", "sentry", "postgres", "time")
"""Shown first while the operator has picked nothing; those that are there."""


class Category(msgspec.Struct, frozen=True):
    label: str | _StrPromise
    url: str
    count: int


class Front(msgspec.Struct, frozen=True):
    assistants: int
    servers: int
    picks: list[Row]
    trending: list[Row]
    newest: list[Row]
    categories: list[Category]
    collections: Sequence[Collection]
    """Each with `shown`: how many of its listings can be seen."""

    @property
    def total(self) -> int:
        return self.assistants + self.servers


def front() -> Front:
    """A bounded number of queries, however large the catalogue is."""
    index = kept()
    counts = index.facets({}, index.counts)
    picks = _picks()
    taken = {listing.pk for listing in picks}
    trending = [key for key in _trending() if key not in taken][:SHORT]
    newest = find(Ask(order="new", size=SHORT, facets=False)).ids
    rows = {row.listing.pk: row for row in rows_of(hydrate([*trending, *newest]))}
    return Front(
        assistants=counts["kind"]["assistant"],
        servers=counts["kind"]["server"],
        picks=rows_of(picks),
        trending=[rows[key] for key in trending if key in rows],
        newest=[rows[key] for key in newest if key in rows],
        categories=_categories(counts["category"]),
        collections=front_collections(COLLECTIONS),
    )


def _picks() -> list[Listing]:
    """The operator's own, filled up with the best."""
    shown = Listing.objects.filter(state=Listing.State.LIVE).select_related("publisher")
    picked = list(shown.filter(featured__isnull=False).order_by("featured", "pk")[:STRIP])
    if not picked:
        usual = {listing.slug: listing for listing in shown.filter(slug__in=USUAL)}
        picked = [usual[slug] for slug in USUAL if slug in usual]
    if len(picked) < STRIP:
        taken = {listing.pk for listing in picked}
        best = hydrate(find(Ask(size=2 * STRIP, facets=False)).ids)
        picked += [listing for listing in best if listing.pk not in taken][: STRIP - len(picked)]
    return picked


def _trending() -> list[str]:
    """Nothing trends that nobody looks at."""
    ids = find(Ask(order="trend", size=SHORT + STRIP, facets=False)).ids
    moving = set(Listing.objects.filter(pk__in=ids, trend__gt=0).values_list("pk", flat=True))
    return [key for key in ids if key in moving]


def _categories(counts: dict[str, int]) -> list[Category]:
    market = reverse("marketplace:catalogue")
    return [
        Category(CATEGORIES[key], f"{market}?category={key}", count)
        for key, count in sorted(counts.items(), key=lambda item: -item[1])
        if count
    ]
