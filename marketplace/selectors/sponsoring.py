"""Who pays for trials of a listing, and what with."""

from __future__ import annotations

from accounts.models import Workspace
from assistants.models import ModelProvider, Sponsorship
from marketplace.models import Listing
from proxy.models import Hub
from proxy.selectors.offers import offered


def sponsorship_of(listing: Listing) -> Sponsorship | None:
    """Also one that is switched off."""
    return Sponsorship.objects.select_related("provider", "hub").filter(subject=listing.id).first()


def paying(listing: Listing) -> Sponsorship | None:
    """The one that is in force."""
    row = sponsorship_of(listing)
    if row is None or not (row.active and row.allowed) or row.workspace.suspended_at is not None:
        return None
    return row if listing.publisher.suspended_at is None and listing.state in Listing.SHOWN else None


def lent_tools(row: Sponsorship | None) -> list[str]:
    """Names of the tools that a trial gets from the demo hub, as their servers know them."""
    if row is None or row.hub is None or not row.hub.read_only or row.hub.paused_at is not None:
        return []
    return [
        one.feature.name
        for one in offered(row.hub, kind="tool")
        if one.offered and one.feature.read_only and one.feature.name in row.tools
        and row.server in ("", one.server.id)
    ]  # fmt: skip


def providers_to_choose(workspace: Workspace) -> list[ModelProvider]:
    return list(ModelProvider.objects.filter(workspace=workspace).order_by("-is_default", "name"))


def demo_hubs(workspace: Workspace) -> list[Hub]:
    """Hubs that only read."""
    return list(Hub.objects.filter(workspace=workspace, read_only=True).order_by("title", "id"))
