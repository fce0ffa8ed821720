"""What every page knows: the places it may lead to, the person's workspaces, the theme."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core.components.places import AREAS, places_of, workspaces

THEMES = ("light", "dark")
THEME_COOKIE = "theme"


def theme_of(request: HttpRequest) -> str:
    """light, dark, or empty for what the system says. The browser's own choice goes before the account's."""
    chosen = request.COOKIES.get(THEME_COOKIE, "") or getattr(request.user, "theme", "")
    return chosen if chosen in THEMES else ""


def places(request: HttpRequest) -> dict[str, Any]:
    """`here.places` by area and `here.workspaces`, computed only where a template asks; `here.theme`.

    One name, so that a page's own variables do not take the layout's away. Not `site`: allauth's pages have that.
    """
    here = {
        "places": {area: SimpleLazyObject(partial(places_of, request, area)) for area in AREAS},
        "workspaces": SimpleLazyObject(partial(workspaces, request)),
        "theme": theme_of(request) if hasattr(request, "user") else "",
    }
    return {"here": here}
