"""The registry of places: apps register where one can go, the layouts draw it.

Registered once at start (`AppConfig.ready`), read by every page. Core knows no place itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from core.decision import Resource
from core.permissions import INSTALLATION, NOBODY, allowed

Area = Literal["workspace", "admin", "operator", "public", "foot", "person"]
AREAS: tuple[Area, ...] = ("workspace", "admin", "operator", "public", "foot", "person")
IN_WORKSPACE: frozenset[Area] = frozenset({"workspace", "admin"})
Text = str | Promise


@dataclass(frozen=True)
class Due:
    """A count of things that wait for a person; `word` is read out after it."""

    count: int
    word: str


Count = Callable[[Any], int | Due | None]


@dataclass(frozen=True)
class Place:
    """Where one can go. `permission` is an action of `core.decision`; without it everybody sees the place."""

    area: Area
    label: Text
    url_name: str
    icon: str
    order: int
    count: Count | None = None
    permission: str = ""
    also: tuple[str, ...] = ()
    """Pages that belong to it and stand beside its address, by name: they show it as the current place."""


@dataclass(frozen=True)
class Link:
    """A place as one request sees it."""

    label: Text
    url: str
    icon: str
    current: bool
    count: int | None = None
    due: str = ""


@dataclass(frozen=True)
class WorkspaceLink:
    """One of the person's workspaces, for the switcher."""

    name: str
    note: str
    url: str
    current: bool = False


Switcher = Callable[[HttpRequest], Sequence[WorkspaceLink]]
_places: list[Place] = []
_switchers: list[Switcher] = []


def register_place(
    area: Area,
    label: Text,
    url_name: str,
    icon: str,
    order: int,
    count: Count | None = None,
    permission: str = "",
    also: tuple[str, ...] = (),
) -> None:
    """Add a place. Registering the same area and URL again replaces it, so that a reload does no harm."""
    _places[:] = [place for place in _places if (place.area, place.url_name) != (area, url_name)]
    _places.append(Place(area, label, url_name, icon, order, count, permission, also))
    _places.sort(key=lambda place: place.order)


def register_switcher(provide: Switcher) -> None:
    """Name the function that lists a person's workspaces."""
    _switchers[:] = [provide]


def workspaces(request: HttpRequest) -> Sequence[WorkspaceLink]:
    return _switchers[0](request) if _switchers and request.user.is_authenticated else ()


def places_of(request: HttpRequest, area: Area) -> list[Link]:
    """The links of one area that this request may follow, in order. One place of all areas is the current one."""
    addresses = {(place.area, place.url_name): _url(request, place) for place in _places}
    current = _current(request, addresses)
    seen = [(place, addresses[place.area, place.url_name]) for place in _places if place.area == area]
    return [_link(request, place, url, current) for place, url in seen if url and _may(request, place)]


def _current(request: HttpRequest, addresses: dict[tuple[Area, str], str]) -> str:
    """The address of the place that this page belongs to: by name, else the longest that its own begins with."""
    match = request.resolver_match
    for place in _places:
        if match and match.view_name in place.also:
            return addresses[place.area, place.url_name]
    return max((url for url in addresses.values() if _within(request.path, url)), key=len, default="")


def _within(path: str, url: str) -> bool:
    return bool(url) and (path == url or (url.endswith("/") and url != "/" and path.startswith(url)))


def _url(request: HttpRequest, place: Place) -> str:
    arguments: dict[str, str] = {}
    if place.area in IN_WORKSPACE:
        workspace = getattr(request, "workspace", None)
        if workspace is None:
            return ""
        arguments["workspace"] = workspace.slug
    try:
        return reverse(place.url_name, kwargs=arguments)
    except NoReverseMatch:
        return ""


def _may(request: HttpRequest, place: Place) -> bool:
    if not place.permission:
        return True
    workspace = getattr(request, "workspace", None)
    resource = Resource(kind="workspace", id=workspace.id, workspace_id=workspace.id) if workspace else INSTALLATION
    if place.area not in IN_WORKSPACE:
        resource = INSTALLATION
    return allowed(getattr(request, "principal", NOBODY), place.permission, resource)


def _link(request: HttpRequest, place: Place, url: str, current: str) -> Link:
    counted = place.count(request) if place.count else None
    if isinstance(counted, Due):
        return Link(place.label, url, place.icon, url == current, counted.count, counted.word)
    return Link(place.label, url, place.icon, url == current, counted)
