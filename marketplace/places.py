"""Where the catalogue stands in the navigation, and what Ctrl-K finds of it."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.http import WorkspaceRequest
from core.components.places import register_place
from core.find import MOST, Group, Hit, register_source
from core.http import SiteRequest
from marketplace.listing_parts import register_part
from marketplace.models import Install, Listing
from marketplace.selectors.finding import Ask, find, hydrate
from marketplace.selectors.rows import by_line
from marketplace.structured import structured_data


def _structured(request: SiteRequest, listing: Listing) -> dict[str, str]:
    return structured_data(listing)


def register() -> None:
    """Called once, in AppConfig.ready."""
    register_place("public", _("Marketplace"), "marketplace:catalogue", "store", 10)
    also = ("marketplace:install", "marketplace:installed", "marketplace:uninstall")
    register_place(
        "workspace", _("Installed"), "marketplace:installs", "download", 65, count_installs, "workspace.view", also
    )
    register_place("operator", _("Imports"), "marketplace:imports", "upload", 36, permission="operator.view")
    register_source(find_entries, order=60)
    register_part("structured", _structured)
    register_source(find_installs, order=25)


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


def count_installs(request: WorkspaceRequest) -> int:
    return Install.objects.filter(workspace=request.workspace, removed_at=None).count()


def find_installs(request: SiteRequest, q: str) -> Group | None:
    """What is installed in the workspaces that the person is a member of."""
    rows = Install.objects.filter(workspace__memberships__user=request.principal.user_id or None, removed_at=None)
    for word in q.split():
        rows = rows.filter(listing__name__icontains=word)
    return Group(
        _("Installed"),
        [
            Hit(
                one.listing.name,
                reverse("marketplace:installed", args=[one.workspace.slug, one.id]),
                note=one.workspace.name,
                icon="download",
            )
            for one in rows.select_related("workspace", "listing").order_by("listing__name", "id")[:MOST]
        ],
    )
