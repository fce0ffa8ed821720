"""What the operator decides: versions approved or refused, listings held back, let out or removed."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.permissions import INSTALLATION, require
from core.decision import Principal
from core.errors import InvalidProblem
from core.events import record_event
from marketplace.mails import tell_publisher
from marketplace.models import Listing, ListingVersion
from marketplace.services.lifecycle import StateProblem, locked_listing, locked_version, move_listing, move_version
from marketplace.signals import listings_changed
from marketplace.states import OPEN, L, V

MAX_NOTE = 4_000
MAX_PICKS = 24


def approve_version(*, actor: Principal, version: ListingVersion, note: str = "") -> ListingVersion:
    """Let a version go live, whatever the scan found. The publisher gets a mail."""
    return _decide(actor, version, V.LIVE, note, "version_live")


def reject_version(*, actor: Principal, version: ListingVersion, note: str) -> ListingVersion:
    """Refuse a version; the note tells the publisher why."""
    return _decide(actor, version, V.REJECTED, _needed(note), "version_rejected")


def quarantine_version(*, actor: Principal, version: ListingVersion, note: str) -> ListingVersion:
    """Hold a version back that waits for review."""
    return _decide(actor, version, V.QUARANTINE, _needed(note), "version_quarantined")


def quarantine_listing(*, actor: Principal, listing: Listing, note: str) -> Listing:
    """Show a live listing to nobody until it is let out. What is installed goes on working."""
    return _move(actor, listing, L.QUARANTINE, _needed(note), "listing_quarantined")


def release_listing(*, actor: Principal, listing: Listing, note: str = "") -> Listing:
    """Let a listing out of quarantine: it is live again."""
    require(actor, "operator.manage", INSTALLATION)
    with transaction.atomic():
        listing = locked_listing(listing)
        if listing.state != L.QUARANTINE or listing.current_id is None:
            raise StateProblem(_("The listing is not held back. Decide on its version instead."))
        move_listing(actor=actor, listing=listing, to=L.LIVE, reason=note.strip()[:MAX_NOTE], event="listing.released")
        tell_publisher("listing_released", listing, note=note)
    return listing


def take_down_listing(*, actor: Principal, listing: Listing, note: str) -> Listing:
    """Remove a listing for good. What is installed goes on working; nobody can install it any more."""
    return _move(actor, listing, L.REMOVED, _needed(note), "listing_removed")


def set_picks(*, actor: Principal, listing_ids: Sequence[str]) -> list[Listing]:
    """The operator's picks in their order; all others are none. Raises InvalidProblem."""
    require(actor, "operator.manage", INSTALLATION)
    ids = list(dict.fromkeys(listing_ids))
    if len(ids) > MAX_PICKS:
        raise InvalidProblem(_("Choose at most %d.") % MAX_PICKS, field="listings")
    with transaction.atomic():
        shown = Listing.objects.select_for_update(no_key=True).filter(pk__in=ids, state=L.LIVE).in_bulk()
        if len(shown) != len(ids):
            raise InvalidProblem(_("Choose listings that are live."), field="listings")
        before = list(Listing.objects.exclude(featured=None).order_by("featured", "id").values_list("pk", flat=True))
        if before != ids:
            Listing.objects.filter(pk__in=set(before) - set(ids)).update(featured=None)
            for position, id in enumerate(ids, 1):
                Listing.objects.filter(pk=id).update(featured=position)
            record_event(type="listing.featured", actor=actor, target_kind="installation", data={"listings": ids})
            listings_changed.send(Listing, listing_ids=sorted({*before, *ids}))
    return [shown[id] for id in ids]


def _decide(actor: Principal, version: ListingVersion, to: V, note: str, mail: str) -> ListingVersion:
    require(actor, "operator.manage", INSTALLATION)
    note = note.strip()[:MAX_NOTE]
    with transaction.atomic():
        listing, version = locked_version(version)
        if version.state not in (V.REVIEW, V.QUARANTINE):
            raise StateProblem(
                _("Version %(version)s is %(state)s by now.")
                % {"version": version.version, "state": version.get_state_display()}
            )
        move_version(actor=actor, version=version, to=to, note=note)
        tell_publisher(mail, listing, version=version, note=note)
    return version


def _move(actor: Principal, listing: Listing, to: L, note: str, mail: str) -> Listing:
    require(actor, "operator.manage", INSTALLATION)
    with transaction.atomic():
        listing = locked_listing(listing)
        if to == L.REMOVED:
            listing.versions.filter(state__in=OPEN).update(state=V.WITHDRAWN)
        elif listing.current_id is None:
            raise StateProblem(_("The listing is not live. Decide on its version instead."))
        move_listing(actor=actor, listing=listing, to=to, reason=note)
        tell_publisher(mail, listing, note=note)
    return listing


def _needed(note: str) -> str:
    if not note.strip():
        raise InvalidProblem(_("Say why: the publisher reads it."), field="note")
    return note.strip()[:MAX_NOTE]
