"""Where the catalogue stands in the navigation, and what Ctrl-K finds of it."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.components.places import register_place
from core.find import MOST, Group, Hit, register_source
from core.http import SiteRequest
from marketplace.models import Listing
from marketplace.selectors.finding import Ask, find, hydrate
from marketplace.selectors.rows import by_line


def register() -> None:
    """Called once, in AppConfig.ready."""
    register_place("public", _("Marketplace"), "marketplace:catalogue", "store", 10)
    register_place("operator", _("Imports"), "marketplace:imports", "upload", 36, permission="operator.view")
    register_source(find_entries, order=60)


def find_entries(request: SiteRequest, q: str) -> Group | None:
    """Listings that fit; none for an empty search."""
    if len(q) < 2:
        return None
    found = hydrate(find(Ask(text=q, size=MOST, facets=False)).ids)
    hits = [
        Hit(
            listing.name,
            reverse("marketplace:entry", args=[listing.slug]),
            note=by_line(listing),
            code=listing.letters if listing.kind == Listing.Kind.SERVER else "",
            icon="" if listing.kind == Listing.Kind.SERVER else "bot",
        )
        for listing in found
    ]
    return Group(_("Marketplace"), hits)
