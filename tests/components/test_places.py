"""The navigation shows the places that exist and that the person may go to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path

from core.components import places
from core.components.places import Due, WorkspaceLink, places_of, register_place, register_switcher, workspaces
from core.context import theme_of
from core.decision import Principal


def page(request: HttpRequest, **_: Any) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("w/<slug:workspace>/", page, name="overview"),
    path("w/<slug:workspace>/hubs/", page, name="hubs"),
    path("w/<slug:workspace>/keys/", page, name="keys"),
    path("operator/health/", page, name="health"),
]


class Workspace:
    id, slug, name = "wsp_1", "acme", "Acme"


class Person:
    is_authenticated, theme = True, "dark"


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(places, "_places", [])
    monkeypatch.setattr(places, "_switchers", [])
    with override_settings(ROOT_URLCONF=__name__):
        yield


def asked(address: str = "/w/acme/hubs/x/", role: str = "owner", **principal: Any) -> HttpRequest:
    request = RequestFactory().get(address)
    request.workspace = Workspace() if address.startswith("/w/") else None  # type: ignore[attr-defined]
    request.user = Person()  # type: ignore[assignment]
    request.principal = Principal(kind="person", id="usr_1", workspace_id="wsp_1", role=role, **principal)  # type: ignore[attr-defined]
    return request


def labels(request: HttpRequest, area: places.Area = "workspace") -> list[str]:
    return [str(link.label) for link in places_of(request, area)]


def test_places_come_in_order_and_only_where_their_page_exists() -> None:
    register_place("workspace", "Hubs", "hubs", "waypoints", 20)
    register_place("workspace", "Overview", "overview", "house", 10)
    register_place("workspace", "Nowhere", "proxy:nowhere", "x", 5)
    assert labels(asked()) == ["Overview", "Hubs"]
    assert labels(asked("/about/")) == []


def test_the_nearest_place_is_the_current_one() -> None:
    register_place("workspace", "Overview", "overview", "house", 10)
    register_place("workspace", "Hubs", "hubs", "waypoints", 20)
    assert [link.current for link in places_of(asked("/w/acme/hubs/x/"), "workspace")] == [False, True]
    assert [link.current for link in places_of(asked("/w/acme/other/"), "workspace")] == [True, False]


def test_a_place_that_needs_a_permission_is_hidden_without_it() -> None:
    register_place("admin", "Keys", "keys", "key-round", 10, permission="key.manage")
    register_place("operator", "Health", "health", "heart-pulse", 10, permission="operator.view")
    assert labels(asked(role="owner"), "admin") == ["Keys"]
    assert labels(asked(role="viewer"), "admin") == []
    assert labels(asked(), "operator") == []
    assert labels(asked("/operator/health/", is_operator=True), "operator") == ["Health"]


def test_counts_are_numbers_or_things_that_wait() -> None:
    register_place("workspace", "Hubs", "hubs", "waypoints", 10, count=lambda request: 3)
    register_place("workspace", "Overview", "overview", "house", 20, count=lambda request: Due(2, "waiting"))
    assert [(link.count, link.due) for link in places_of(asked(), "workspace")] == [(3, ""), (2, "waiting")]


def test_registering_again_replaces() -> None:
    register_place("workspace", "Old", "hubs", "x", 10)
    register_place("workspace", "New", "hubs", "x", 10)
    assert labels(asked()) == ["New"]


def test_the_switcher_lists_workspaces_of_signed_in_people() -> None:
    register_switcher(lambda request: [WorkspaceLink("Acme", "Team", "/w/acme/", True)])
    assert [item.name for item in workspaces(asked())] == ["Acme"]
    stranger = asked()
    stranger.user.is_authenticated = False  # type: ignore[misc]
    assert workspaces(stranger) == ()
    Person.is_authenticated = True


@pytest.mark.parametrize(("cookie", "theme"), [("", "dark"), ("light", "light"), ('"><script>', "")])
def test_the_browsers_theme_goes_before_the_accounts(cookie: str, theme: str) -> None:
    request = asked()
    if cookie:
        request.COOKIES["theme"] = cookie
    assert theme_of(request) == theme
