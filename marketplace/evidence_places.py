"""Where the evidence stands: a part of a listing's page, and the operator's list."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.components.places import register_place
from core.http import SiteRequest
from marketplace.listing_parts import register_part
from marketplace.models import Listing
from marketplace.selectors.evidence import Evidence, evidence_of, prober_of
from marketplace.services.probing import may_probe


def register_evidence() -> None:
    """Called once, in AppConfig.ready."""
    register_part("evidence", evidence_part)
    register_place("operator", _("Evidence"), "marketplace:evidence", "activity", 33, permission="operator.view")


def evidence_part(request: SiteRequest, listing: Listing) -> Evidence:
    """For the listing's page, with the button for whoever may press it."""
    return evidence_of(listing, may=may_probe(prober_of(request, listing), listing))
