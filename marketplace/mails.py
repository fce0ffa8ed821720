"""Mails to publishers about their listings."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from core.links import absolute
from core.mailer import register_message, send_message
from marketplace.models import Listing, ListingVersion, Publisher

WHO = (Membership.Role.OWNER, Membership.Role.ADMIN)


def register_messages() -> None:
    register_message("marketplace.version_live", _("%(name)s %(version)s is live"))
    register_message("marketplace.version_rejected", _("%(name)s %(version)s was not accepted"))
    register_message("marketplace.version_quarantined", _("%(name)s %(version)s is held back"))
    register_message("marketplace.listing_quarantined", _("%(name)s is no longer shown for now"))
    register_message("marketplace.listing_released", _("%(name)s is shown again"))
    register_message("marketplace.listing_removed", _("%(name)s was removed"))
    register_message("marketplace.evidence_lowered", _("%(name)s has not worked well for three days"))
    register_message("marketplace.evidence_deprecated", _("%(name)s is deprecated: it has not worked for a month"))
    register_message("marketplace.evidence_restored", _("%(name)s works again"))


def tell_publisher(kind: str, listing: Listing, *, version: ListingVersion | None = None, note: str = "") -> int:
    """One mail to each owner and admin of the publisher's workspace. Returns how many."""
    findings = version.findings if version else []
    context = {
        "name": listing.name,
        "version": version.version if version else "",
        "note": note,
        "findings": [finding["sentence"] for finding in findings if finding["severity"] != "info"][:10],
        "url": listing_address(listing),
    }
    addresses = publisher_addresses(listing.publisher)
    for address in addresses:
        send_message(kind=f"marketplace.{kind}", to=address, context=context)
    return len(addresses)


def publisher_addresses(publisher: Publisher) -> list[str]:
    """Whom a publisher's mail goes to; nobody for one that nobody has claimed."""
    if publisher.workspace_id is None:
        return []
    rows = Membership.objects.filter(workspace=publisher.workspace_id, role__in=WHO, user__is_active=True)
    return list(rows.order_by("user__email").values_list("user__email", flat=True))


def listing_address(listing: Listing) -> str:
    """Where its publisher looks after it."""
    workspace = listing.publisher.workspace
    if workspace is None:
        return ""
    try:
        return absolute(reverse("marketplace:publish-listing", args=[workspace.slug, listing.slug]))
    except NoReverseMatch:
        return ""
