"""The public home page: what Crossroads is, in one screen, and below it what the marketplace has."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.components.interchange import Client, HubPicture, Line
from marketplace.catalogue.loader import find
from marketplace.selectors.front import front
from proxy.models import Hub
from proxy.snippets import client_snippets

SHOWN = ("github", "postgres", "notion", "grafana", "playwright", "stripe", "brave-search", "filesystem")
CLIENTS = ("Claude", "Cursor", "VS Code", "ChatGPT")


def home_page(request: HttpRequest) -> HttpResponse:
    """An example hub, drawn like a real one; its snippets carry this installation's address."""
    example = Hub(slug="main", title=_("Your hub"))
    url = f"{settings.ENV.public_url}/mcp/you/main"
    wanted = ("claude-code", "cursor", "vs-code", "python")
    return render(
        request,
        "home.html",
        {
            "hub": _picture(),
            "snippets": [snippet for snippet in client_snippets(example, url) if snippet.key in wanted],
            "front": front(),
            "open_signup": settings.OPEN_SIGNUP,
        },
    )


def _picture() -> HubPicture:
    found = [entry for slug in SHOWN if (entry := find(slug)) is not None]
    lines = tuple(
        Line(entry.slug, entry.name, entry.letters, number, note=", ".join(entry.tags[:2]), per_minute=30)
        for number, entry in enumerate(found, start=1)
    )
    clients = tuple(Client(name) for name in (*CLIENTS, _("Your scripts")))
    return HubPicture(id="home", name=_("Your hub"), note=_("keys, rules, record"), clients=clients, lines=lines)
