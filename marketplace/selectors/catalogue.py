"""The catalogue as pages show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.catalogue.labels import CATEGORIES, NEEDS
from marketplace.catalogue.loader import entries, find
from marketplace.catalogue.schema import Entry
from marketplace.catalogue.search import Facet, Facets, facets, search

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

STRIP = ("github", "notion", "playwright", "sentry", "postgres", "time")
"""What the home page shows first; those that are there, filled up with others."""
STRIP_LENGTH = 6


@dataclass(frozen=True)
class Choice:
    """One facet value with its count and whether it is taken."""

    value: str
    label: str | _StrPromise
    count: int
    on: bool


@dataclass(frozen=True)
class Query:
    """What is asked of the catalogue, from the address."""

    text: str
    category: str
    needs: tuple[str, ...]

    @classmethod
    def read(cls, query: QueryDict) -> Query:
        """Unknown values are left out, so that an old address still answers."""
        category = query.get("category", "")
        return cls(
            text=query.get("q", "").strip()[:200],
            category=category if category in CATEGORIES else "",
            needs=tuple(need for need in dict.fromkeys(query.getlist("need")) if need in NEEDS),
        )

    def results(self) -> list[Entry]:
        return search(self.text, self.category, self.needs)

    def facets(self) -> Facets:
        return facets(self.text, self.category, self.needs)


def category_choices(query: Query, found: Sequence[Facet]) -> list[Choice]:
    return [Choice(f.value, CATEGORIES[f.value], f.count, f.value == query.category) for f in found]


def need_choices(query: Query, found: Sequence[Facet]) -> list[Choice]:
    return [Choice(f.value, NEEDS[f.value], f.count, f.value in query.needs) for f in found]  # type: ignore[index]


def strip() -> list[dict[str, object]]:
    """Entries for the home page's cards."""
    picked = [entry for slug in STRIP if (entry := find(slug)) is not None]
    rest = (entry for entry in entries() if entry not in picked)
    while len(picked) < STRIP_LENGTH:
        picked.append(next(rest))
    return [
        {
            "name": entry.name,
            "by": _("Server by %(publisher)s") % {"publisher": entry.publisher},
            "code": entry.letters,
            "url": reverse("marketplace:entry", args=[entry.slug]),
            "text": entry.summary,
            "kind": "server",
        }
        for entry in picked
    ]
