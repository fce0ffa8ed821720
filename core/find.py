"""Ctrl-K: one search over everything that a person may open. Apps register where else to look.

register_source(find_servers, order=20)       # find_servers(request, q) -> Group, or None
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.components.places import Area, places_of
from core.http import SiteRequest

LONGEST = 200
MOST = 8
"""Hits of one group."""


@dataclass(frozen=True)
class Hit:
    """One place to go. `code`, `line` and `state` draw a server's bullet in place of the icon."""

    label: str | Promise
    url: str
    note: str | Promise = ""
    icon: str = ""
    code: str = ""
    line: int = 0
    state: str = ""


@dataclass(frozen=True)
class Group:
    label: str | Promise
    hits: Sequence[Hit] = field(default_factory=tuple)


Source = Callable[[SiteRequest, str], Group | None]
_sources: dict[str, tuple[int, Source]] = {}


def register_source(source: Source, *, order: int = 50) -> None:
    """Ask `source` too. It answers quickly, with what this request's principal may see, for an empty `q` as well."""
    _sources[f"{source.__module__}.{source.__qualname__}"] = (order, source)


def found(request: SiteRequest, q: str) -> list[Group]:
    groups = (source(request, q) for _order, source in sorted(_sources.values(), key=lambda item: item[0]))
    return [group for group in groups if group is not None and group.hits]


def matches(q: str, *texts: object) -> bool:
    """Does every word of `q` stand in one of the texts?"""
    said = " ".join(str(text) for text in texts).casefold()
    return all(word in said for word in q.casefold().split())


@require_safe
@never_cache
def find(request: SiteRequest) -> HttpResponse:
    """The palette's hits, or a page of them."""
    q = " ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    template = "components/palette_hits.html" if request.htmx else "core/find.html"
    return render(request, template, {"q": q, "groups": found(request, q)})


def find_pages(request: SiteRequest, q: str) -> Group:
    """The places of the navigation."""
    areas: tuple[Area, ...] = ("workspace", "admin", "person", "operator", "public", "foot")
    links = {link.url: link for area in areas for link in places_of(request, area)}
    hits = [
        Hit(link.label, link.url, icon=link.icon)
        for link in links.values()
        if not link.url.startswith("#") and matches(q, link.label)
    ]
    return Group(_("Pages"), hits[: MOST * 2])
