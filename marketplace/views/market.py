"""The marketplace: search, filters, order, everything in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from core.http import SiteRequest
from marketplace.search.facets import FACETS
from marketplace.search.question import LONGEST
from marketplace.selectors.finding import MOST_PAGES, ORDERS, Ask, Found, find, hydrate, is_value
from marketplace.selectors.rows import rows_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ORDER_LABELS: dict[str, _StrPromise] = {
    "fits": _("Fits, then evidence"),
    "rated": _("Rating, lower end"),
    "new": _("Newest"),
    "used": _("Most used"),
    "trend": _("Trending"),
}
OPEN = 6
"""Values of a facet that stand there without a click."""
SUGGESTED = ("postgres", "weekly report", "translate", "github issues", "browser")


class Choice(msgspec.Struct, frozen=True):
    """One value of a facet."""

    value: str
    label: str | _StrPromise
    count: int
    on: bool


class Facet(msgspec.Struct, frozen=True):
    """`first` are shown, `rest` fold away."""

    name: str
    title: str | _StrPromise
    first: list[Choice]
    rest: list[Choice]


class Chip(msgspec.Struct, frozen=True):
    """What is chosen, with the address without it."""

    label: str | _StrPromise
    url: str


@require_safe
def market_page(request: SiteRequest) -> HttpResponse:
    ask = read_ask(request.GET)
    found = find(ask)
    first = (ask.page - 1) * ask.size + 1
    context = {
        "ask": ask,
        "found": found,
        "rows": rows_of(hydrate(found.ids), request.user),
        "facets": facets_of(ask, found),
        "chips": chips_of(ask, request.GET),
        "orders": [("" if order == "fits" else order, ORDER_LABELS[order], order == ask.order) for order in ORDERS],
        "first": first,
        "last": first + len(found.ids) - 1,
        "cut": ask.page >= found.pages and found.total.number > first + len(found.ids) - 1,
        "suggested": SUGGESTED,
    }
    return render(request, "marketplace/market.html", context)


def read_ask(query: QueryDict) -> Ask:
    """Unknown values are left out, so that an old address still answers."""
    chosen = {
        facet: tuple(value for value in dict.fromkeys(query.getlist(facet)) if is_value(facet, value))[:30]
        for facet in FACETS
    }
    order, page = query.get("order", ""), query.get("page", "")
    return Ask(
        text=" ".join(query.get("q", "").replace("\0", "").split())[:LONGEST],
        chosen={facet: values for facet, values in chosen.items() if values},
        order=order if order in ORDERS else "fits",
        page=min(int(page), MOST_PAGES) if page.isascii() and page[:4].isdigit() and int(page[:4]) else 1,
    )


def facets_of(ask: Ask, found: Found) -> list[Facet]:
    """Facets with values that anything has, or that are chosen; the most common first where there are many."""
    made = []
    for name, (title, labels) in FACETS.items():
        chosen = ask.chosen.get(name, ())
        counts = found.facets[name]
        choices = [
            Choice(value, label, counts[value], value in chosen)
            for value, label in labels.items()
            if counts[value] or value in chosen
        ]
        if len(choices) > OPEN:
            choices.sort(key=lambda choice: (not choice.on, -choice.count))
        if choices:
            made.append(Facet(name, title, choices[:OPEN], choices[OPEN:]))
    return made


def chips_of(ask: Ask, query: QueryDict) -> list[Chip]:
    return [
        Chip(FACETS[facet][1][value], _without(query, facet, value))
        for facet, values in ask.chosen.items()
        for value in values
    ]


def _without(query: QueryDict, facet: str, value: str) -> str:
    left = query.copy()
    left.setlist(facet, [other for other in query.getlist(facet) if other != value])
    left.pop("page", None)
    return f"?{left.urlencode()}"
