"""What follows from many days: three bad ones lower a listing, thirty deprecate it, a good one brings it back."""

from __future__ import annotations

from datetime import date

from core.permissions import SYSTEM
from marketplace.evidence.days import DEPRECATED_AFTER, LOOK_BACK, Stretch, Verdict, verdict_of
from marketplace.evidence.words import deprecation_reason
from marketplace.mails import tell_publisher
from marketplace.models import Listing, ListingDay, ListingNotice
from marketplace.services.lifecycle import move_listing
from marketplace.services.ranking import recount
from marketplace.signals import listing_changed

LOWERED, DEPRECATED, RESTORED = "lowered", "deprecated", "restored"
State = Listing.State


def judge_listing(*, listing: Listing) -> Verdict:
    """Draw the consequences for a locked listing: health, score, state, and a mail of each step once."""
    days = ListingDay.objects.filter(listing=listing).order_by("-day").values_list("day", "outcome")
    verdict = verdict_of(list(days[:LOOK_BACK]))
    before = listing.health
    if verdict.health is not None and verdict.health != before:
        listing.health = verdict.health
        listing.save(update_fields=["health"])  # not updated_at: nothing that others copy has changed
        listing_changed.send(Listing, listing_id=listing.id)
    if verdict.health in ("bad", "poor"):
        _tell_once(listing, LOWERED, verdict.bad if verdict.health == "bad" else verdict.poor)
    if verdict.bad.days >= DEPRECATED_AFTER and listing.state == State.LIVE:
        _deprecate(listing, verdict.bad)
    if verdict.health == "good":
        _restore(listing)
    if (listing.health, listing.state) != (before, State.LIVE) or verdict.health is not None:
        recount(listing_ids=[listing.id])
    return verdict


def _deprecate(listing: Listing, bad: Stretch) -> None:
    """Once for each stretch: who takes the advice back has the last word."""
    assert bad.since is not None
    if not _notice(listing, DEPRECATED, bad.since):
        return
    move_listing(actor=SYSTEM, listing=listing, to=State.DEPRECATED, reason=deprecation_reason())
    tell_publisher("evidence_deprecated", listing, note=_last_note(listing))


def _restore(listing: Listing) -> None:
    """A good day ends it all. Only what the evidence deprecated is brought back, not what its publisher did."""
    lowered = ListingNotice.objects.filter(listing=listing, kind=LOWERED).order_by("-since").first()
    if lowered is None or not _notice(listing, RESTORED, lowered.since):
        return
    if listing.state == State.DEPRECATED and listing.state_reason == deprecation_reason():
        move_listing(actor=SYSTEM, listing=listing, to=State.LIVE)
    tell_publisher("evidence_restored", listing)


def _tell_once(listing: Listing, kind: str, stretch: Stretch) -> None:
    assert stretch.since is not None
    if _notice(listing, kind, stretch.since):
        tell_publisher(f"evidence_{kind}", listing, note=_last_note(listing))


def _notice(listing: Listing, kind: str, since: date) -> bool:
    """True when this is the first time. Kept for unclaimed listings too, though nobody gets a mail."""
    return ListingNotice.objects.get_or_create(listing=listing, kind=kind, since=since)[1]


def _last_note(listing: Listing) -> str:
    notes = ListingDay.objects.filter(listing=listing).exclude(note="").order_by("-day")
    return notes.values_list("note", flat=True).first() or ""
