"""Where the catalogue stands in the navigation, and what Ctrl-K finds of it."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.components.places import register_place
from core.find import MOST, Group, Hit, register_source
from core.http import SiteRequest
from marketplace.catalogue.search import search


def register() -> None:
    """Called once, in AppConfig.ready."""
    register_place("public", _("Marketplace"), "marketplace:catalogue", "store", 10)
    register_source(find_entries, order=60)


def find_entries(request: SiteRequest, q: str) -> Group | None:
    """Entries that fit; none for an empty search."""
    if not q:
        return None
    hits = [
        Hit(entry.name, reverse("marketplace:entry", args=[entry.slug]), note=entry.publisher, code=entry.letters)
        for entry in search(q)[:MOST]
    ]
    return Group(_("Marketplace"), hits)
