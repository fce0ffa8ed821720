"""The states of listings and versions: which follow which, and what each step does beside. Nothing else sets them.

A listing that was never live is as its newest version is. Once live it stays so while newer versions are looked at,
until it is deprecated, quarantined as a whole, or removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.decision import Principal
from core.errors import ServiceProblem
from core.events import record_event
from marketplace.manifests import facts_of
from marketplace.models import Listing, ListingVersion
from marketplace.packages import read_manifest, read_package
from marketplace.signals import listing_changed, version_live
from marketplace.states import LISTING_MOVES, OPEN, VERSION_MOVES, L, V, held
from marketplace.texts import read_texts

_VERSION_EVENTS: Final[Mapping[str, str]] = {
    V.SCAN: "listing.submitted",
    V.REVIEW: "listing.review_waiting",
    V.QUARANTINE: "listing.quarantined",
    V.LIVE: "listing.live",
    V.REJECTED: "listing.rejected",
    V.WITHDRAWN: "listing.withdrawn",
}
_LISTING_EVENTS: Final[Mapping[str, str]] = {
    L.DEPRECATED: "listing.deprecated",
    L.QUARANTINE: "listing.quarantined",
    L.LIVE: "listing.restored",
    L.REMOVED: "listing.removed",
}


class StateProblem(ServiceProblem):
    """The step does not follow from the state that it is in by now."""

    code = "state"


def locked_listing(listing: Listing) -> Listing:
    """The row as it is now, locked until the transaction ends."""
    rows = Listing.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("publisher__workspace", "current").get(pk=listing.pk)


def locked_version(version: ListingVersion) -> tuple[Listing, ListingVersion]:
    """A version with its listing, both locked: the listing first, as everywhere."""
    listing = locked_listing(version.listing)
    found = ListingVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    found.listing = listing
    return listing, found


def begin_version(*, actor: Principal, version: ListingVersion) -> None:
    """A version that was just made: it waits for the scan."""
    _settle(version.listing)
    _record(V.SCAN, actor, version.listing, version, "")


def move_version(*, actor: Principal, version: ListingVersion, to: V, note: str = "") -> None:
    """Take a locked version one step on, its listing with it. One event. Raises StateProblem."""
    listing = version.listing
    if to not in VERSION_MOVES[version.state]:
        raise StateProblem(
            _("Version %(version)s is %(state)s by now.")
            % {"version": version.version, "state": version.get_state_display()}
        )
    if to == V.LIVE and (listing.state == L.REMOVED or held(listing)):
        raise StateProblem(_("The listing itself is in quarantine or removed."))
    if to == V.WITHDRAWN and version.state == V.LIVE:
        _let_go(listing, version)
    version.state, version.decision_note = to, note or version.decision_note
    version.decided_by = actor.user_id if to in (V.LIVE, V.REJECTED) else version.decided_by
    if to == V.LIVE:
        version.published_at = now()
    version.save()
    if to == V.LIVE:
        _go_live(listing, version)
    else:
        _settle(listing)
    _record(_VERSION_EVENTS[to], actor, listing, version, note)
    if to == V.LIVE:
        version_live.send(ListingVersion, version=version)
    listing_changed.send(Listing, listing_id=listing.id)


def move_listing(*, actor: Principal, listing: Listing, to: L, reason: str = "", event: str = "") -> None:
    """Take a locked listing one step on. One event. Raises StateProblem."""
    if to not in LISTING_MOVES[listing.state]:
        raise StateProblem(_("The listing is %(state)s by now.") % {"state": listing.get_state_display()})
    _set(listing, to, reason)
    listing.save()
    _record(event or _LISTING_EVENTS[to], actor, listing, None, reason)
    listing_changed.send(Listing, listing_id=listing.id)


def _set(listing: Listing, to: str, reason: str = "") -> None:
    if listing.state != to:
        assert to in LISTING_MOVES[listing.state], (listing.state, to)
        listing.state, listing.state_at = to, now()
    listing.state_reason = reason


def _settle(listing: Listing) -> None:
    """A listing that was never live follows its newest version."""
    if listing.current_id is None and listing.state != L.REMOVED:
        newest = listing.versions.filter(state__in=OPEN).order_by("-version_key").first()
        _set(listing, newest.state if newest else L.DRAFT)
        listing.save()


def _go_live(listing: Listing, version: ListingVersion) -> None:
    current = listing.current
    if current is None or current.version_key <= version.version_key:
        _show(listing, version)
    _set(listing, L.LIVE)
    listing.published_at = listing.published_at or version.published_at
    listing.save()


def _show(listing: Listing, version: ListingVersion) -> None:
    """The listing takes over what the version says of it."""
    listing.current = version
    if version.texts:
        texts = read_texts(version.texts)
        for name in ("name", "summary", "letters", "category", "licence", "homepage", "repository"):
            setattr(listing, name, getattr(texts, name))
        listing.tags, listing.languages = list(texts.tags), list(texts.languages)
        listing.translations = version.texts.get("translations", {})
    facts = facts_of(read_package(version.package))
    listing.reads_only, listing.asks_first, listing.offline = facts.reads_only, facts.asks_first, facts.offline
    listing.needs, listing.transports = list(facts.needs), list(facts.transports)
    tools = read_manifest(version.manifest).tools
    if listing.kind == Listing.Kind.ASSISTANT and tools:
        writing = [tool for tool in tools if tool.writes]
        listing.reads_only, listing.asks_first = not writing, bool(writing) and all(tool.asks for tool in writing)


def _let_go(listing: Listing, version: ListingVersion) -> None:
    """A live version is withdrawn: the newest of the others stands in its place."""
    if listing.current_id != version.id:
        return
    others = listing.versions.filter(state=V.LIVE).exclude(pk=version.pk)
    newest = others.order_by(F("version_key").desc()).first()
    if newest is None:
        raise StateProblem(_("It is the only live version. Remove the listing instead."))
    _show(listing, newest)
    listing.save()


def _record(type: str, actor: Principal, listing: Listing, version: ListingVersion | None, note: str) -> None:
    type = _VERSION_EVENTS.get(type, type)
    data: dict[str, Any] = {"name": listing.name, "slug": listing.slug}
    if version is not None:
        data |= {"version": version.version, "version_id": version.id}
    if note:
        data["note"] = note
    record_event(
        type=type,
        actor=actor,
        workspace_id=listing.publisher.workspace_id or "",
        target_kind="listing",
        target=listing.id,
        data=data,
    )
