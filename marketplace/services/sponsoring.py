"""Trials that a publisher pays for: a model within a budget, a demo hub that only reads, or both.

    sponsor_trials(actor=actor, listing=listing, terms=Terms(provider="mdl_…"))     # on, or changed
    end_trials(actor=actor, listing=listing)

Whether it is in force follows from the listing and its publisher too (`renew_sponsorships`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.permissions import in_workspace, require
from assistants.models import ModelProvider, Sponsorship
from assistants.services.settings import model_of_class
from assistants.services.sponsors import MOST_WRITTEN, weight
from core.decision import Principal
from core.errors import InvalidProblem, ServiceProblem
from core.events import changed
from marketplace.models import Listing
from marketplace.packages import AssistantPackage, Package, read_package
from marketplace.selectors.sponsoring import sponsorship_of
from marketplace.services.lifecycle import locked_listing
from marketplace.services.listings import record_event_of, require_listing
from marketplace.services.showroom import BUNDLED
from marketplace.states import L
from proxy.models import Hub

BOUNDS: Final = {
    "day_tokens": (2_000, 1_000_000_000),
    "all_tokens": (2_000, 100_000_000_000),
    "answer_tokens": (2_000, 200_000),
    "visitor_answers": (1, 50),
}
WORDS = 1_000
"""Tokens of one answer that must be left for what a visitor writes."""


@dataclass(frozen=True)
class Terms:
    """What is paid for. Empty `provider`: the offline model answers. Empty `hub`: no tools are lent."""

    provider: str = ""
    klass: str = "fast"
    hub: str = ""
    day_tokens: int = 200_000
    all_tokens: int = 2_000_000
    answer_tokens: int = 20_000
    visitor_answers: int = 5


def terms_of(row: Sponsorship | None) -> Terms:
    """As they are kept; those of the start where there are none."""
    if row is None:
        return Terms()
    return Terms(
        provider=row.provider_id or "",
        klass=row.klass,
        hub=row.hub_id or "",
        day_tokens=row.day_tokens,
        all_tokens=row.all_tokens,
        answer_tokens=row.answer_tokens,
        visitor_answers=row.visitor_answers,
    )


def sponsor_trials(*, actor: Principal, listing: Listing, terms: Terms) -> Sponsorship:
    """Switch paid trials on, or change their terms. What was spent stays counted. Raises InvalidProblem by field."""
    _require(actor, listing)
    with transaction.atomic():
        listing = locked_listing(listing)
        if listing.state == L.REMOVED:
            raise ServiceProblem(_("The listing was removed."), code="state")
        provider, hub = _provider(listing, terms), _hub(listing, terms)
        _check(listing, terms, provider, hub)
        row = sponsorship_of(listing)
        before = _said(row)
        was_active = row is not None and row.active
        values = asdict(terms) | {"provider": provider, "hub": hub, "active": True}
        if row is None:
            row = Sponsorship(workspace=listing.publisher.workspace, subject=listing.id, created_by=actor.user_id)
        for name, value in values.items():
            setattr(row, name, value)
        _renew(row, listing)
        row.save()
        changes = changed(before, _said(row))
        if changes:
            type = "listing.trials_changed" if was_active else "listing.trials_paid"
            record_event_of(actor, listing, type, {"terms": asdict(terms), "fields": sorted(changes)})
    return row


def end_trials(*, actor: Principal, listing: Listing) -> Sponsorship | None:
    """Pay no more. The offline model answers from the next message on; the terms stay, to be switched on again."""
    _require(actor, listing)
    with transaction.atomic():
        listing = locked_listing(listing)
        row = sponsorship_of(listing)
        if row is not None and row.active:
            row.active = False
            row.save(update_fields=["active", "updated_at"])
            record_event_of(actor, listing, "listing.trials_unpaid", {"used": row.all_used})
    return row


def renew_sponsorships(*, listing_ids: Collection[str]) -> int:
    """Tell sponsorships what became of their listings: nothing is paid for what is not shown, nor for a publisher that
    is suspended or belongs to somebody else by now. Returns how many changed."""
    rows = {row.subject: row for row in Sponsorship.objects.filter(subject__in=listing_ids)}
    found = Listing.objects.filter(pk__in=rows).select_related("publisher", "current")
    count = 0
    for listing in found:
        row = rows[listing.id]
        before = (row.allowed, row.payer, row.tools, row.server)
        _renew(row, listing)
        if before != (row.allowed, row.payer, row.tools, row.server):
            row.save(update_fields=["allowed", "payer", "tools", "server", "updated_at"])
            count += 1
    return count


def _renew(row: Sponsorship, listing: Listing) -> None:
    publisher = listing.publisher
    row.payer = publisher.name
    row.allowed = (
        listing.state in Listing.SHOWN and publisher.suspended_at is None and publisher.workspace_id == row.workspace_id
    )
    package = _package(listing)
    if isinstance(package, AssistantPackage):
        row.tools, row.server = sorted({need.tool for need in package.tools if need.listing != BUNDLED}), ""
    elif package is not None:
        row.tools, row.server = sorted(tool.name for tool in package.tools), listing.server


def _package(listing: Listing) -> Package | None:
    """What is shown; before there is such a thing, the draft."""
    stored = listing.current.package if listing.current else listing.draft.get("package")
    return read_package(stored) if stored else None


def _require(actor: Principal, listing: Listing) -> None:
    """It spends what the workspace's models cost: whoever switches it on may manage these too."""
    require_listing(actor, listing.publisher, listing)
    require(actor, "model.manage", in_workspace(listing.publisher.workspace_id or "", "model"))


def _provider(listing: Listing, terms: Terms) -> ModelProvider | None:
    if not terms.provider:
        return None
    found = ModelProvider.objects.filter(pk=terms.provider, workspace=listing.publisher.workspace_id).first()
    if found is None:
        raise InvalidProblem(_("The workspace has no such model provider."), field="provider")
    if terms.klass not in Sponsorship.ModelClass.values:
        raise InvalidProblem(_("Choose fast, balanced or best."), field="klass")
    if not model_of_class(found, terms.klass):
        raise InvalidProblem(_("This provider names no model yet. Choose one under Models."), field="provider")
    return found


def _hub(listing: Listing, terms: Terms) -> Hub | None:
    if not terms.hub:
        return None
    found = Hub.objects.filter(pk=terms.hub, workspace=listing.publisher.workspace_id).first()
    if found is None:
        raise InvalidProblem(_("The workspace has no such hub."), field="hub")
    if not found.read_only:
        raise InvalidProblem(_("A demo hub is read-only. Set that on the hub first."), field="hub")
    return found


def _check(listing: Listing, terms: Terms, provider: ModelProvider | None, hub: Hub | None) -> None:
    if provider is None and hub is None:
        raise InvalidProblem(_("Choose a model provider, a demo hub, or both."), field="provider")
    if listing.kind == Listing.Kind.SERVER and hub is None:
        raise InvalidProblem(_("A server is tried on a demo hub: choose one that has it."), field="hub")
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(terms, name) <= most:
            raise InvalidProblem(
                _("Choose a number from %(least)s to %(most)s.") % {"least": f"{least:,}", "most": f"{most:,}"},
                field=name,
            )
    package = _package(listing)
    if provider is not None and isinstance(package, AssistantPackage):
        least = weight(package.instructions, (), (), package.output_schema) + WORDS + MOST_WRITTEN
        if terms.answer_tokens < least:
            raise InvalidProblem(
                _("With its instructions one answer may take %s tokens: allow as many.") % f"{least:,}",
                field="answer_tokens",
            )


def _said(row: Sponsorship | None) -> dict[str, Any]:
    terms = asdict(replace(terms_of(row))) if row is not None else {}
    return terms | {"active": bool(row and row.active)}
