"""Listings: begun from an assistant or a server, described, and what their publisher does with them once live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.permissions import in_workspace, require
from assistants.models import Assistant
from core.decision import Principal
from core.errors import InvalidProblem, ServiceProblem
from core.events import changed, record_event
from marketplace.catalogue.loader import find
from marketplace.importers.texts import letters_of, slug_of
from marketplace.models import Listing, ListingAlias, Publisher
from marketplace.packages import Package, package_json
from marketplace.selectors.travel import newest_version, package_of_assistant
from marketplace.selectors.travel_servers import package_of_server
from marketplace.semver import FIRST
from marketplace.services.drafting import checked_draft
from marketplace.services.lifecycle import locked_listing, move_listing
from marketplace.states import OPEN, L, V
from marketplace.texts import FIELDS
from proxy.models import Server

MAX_LISTINGS = 500
MAX_SLUG = 80
RESERVED = frozenset(
    {"new", "publishers", "publisher", "collections", "compare", "search", "categories", "feed", "api", "picks"}
)
EDITED = (*FIELDS, "readme", "notes", "version")
COLUMNS = ("name", "summary", "letters", "category", "tags", "languages", "translations", "licence", "homepage",
           "repository")  # fmt: skip


def create_listing(
    *,
    actor: Principal,
    publisher: Publisher,
    assistant: Assistant | None = None,
    server: Server | None = None,
    works_offline: bool = False,
) -> Listing:
    """A draft made from an assistant or a server of the publisher's workspace. Nothing of it is shown yet.

    Raises TravelProblem for what cannot be told to others, ServiceProblem when it is listed already.
    """
    require_listing(actor, publisher)
    source = assistant or server
    if source is None or (assistant and server):
        raise InvalidProblem(_("Choose an assistant or a server."), field="source")
    if source.workspace_id != publisher.workspace_id:
        raise InvalidProblem(_("Choose an assistant or a server of this workspace."), field="source")
    package = _package_of(assistant, server, works_offline)
    name = assistant.name if assistant else source.title  # type: ignore[union-attr]
    with transaction.atomic():
        Publisher.objects.select_for_update(no_key=True).get(pk=publisher.pk)
        _refuse_twice(publisher, assistant, server)
        listing = Listing(
            publisher=publisher,
            kind=Listing.Kind.ASSISTANT if assistant else Listing.Kind.SERVER,
            slug=free_listing_slug(name),
            name=name,
            summary=assistant.summary if assistant else "",
            letters=_letters(source.letters, name),
            category="other",
            languages=["en"],
            assistant=assistant.id if assistant else "",
            server=server.id if server else "",
        )
        texts = {field: getattr(listing, field) for field in COLUMNS}
        listing.draft = texts | {
            "readme": "", "notes": "", "version": FIRST, "package": package_json(package), "revision": 1,
        }  # fmt: skip
        listing.save(force_insert=True)
        _record("listing.created", actor, listing)
    return listing


def edit_listing(*, actor: Principal, listing: Listing, revision: int | None = None, **values: Any) -> Listing:
    """Change the draft of the next version: `EDITED` fields alone; what is left out stays.

    `revision` is the draft's that the caller saw. Raises InvalidProblem for the first field that cannot be used,
    ServiceProblem (stale) when somebody else saved meanwhile.
    """
    require_listing(actor, listing.publisher, listing)
    unknown = set(values) - set(EDITED)
    if unknown:
        raise InvalidProblem(_("There is no field %s.") % min(unknown), field=min(unknown))
    with transaction.atomic():
        listing = locked_listing(listing)
        _refuse_removed(listing)
        if revision is not None and revision != listing.draft.get("revision", 1):
            raise ServiceProblem(_("Somebody else saved this draft meanwhile. Look at theirs first."), code="stale")
        before = {name: listing.draft.get(name) for name in EDITED}
        after = checked_draft(listing.draft | values)
        changes = changed(before, {name: after.get(name) for name in EDITED})
        if not changes:
            return listing
        listing.draft = after | {"revision": listing.draft.get("revision", 1) + 1}
        _mirror(listing)
        listing.save()
        fields = sorted(changes)
        record_event_of(actor, listing, "listing.changed", {"fields": fields})
    return listing


def refresh_package(*, actor: Principal, listing: Listing, works_offline: bool | None = None) -> Listing:
    """Take the assistant or server as it is now into the draft. Raises TravelProblem."""
    require_listing(actor, listing.publisher, listing)
    return _put_package(actor, listing, source_package(listing, works_offline))


def source_package(listing: Listing, works_offline: bool | None = None) -> Package:
    """The assistant or server that it is made from, as it is now. Raises TravelProblem, ServiceProblem when gone."""
    assistant = Assistant.objects.filter(pk=listing.assistant, workspace=listing.publisher.workspace_id).first()
    server = Server.objects.filter(pk=listing.server, workspace=listing.publisher.workspace_id).first()
    if assistant is None and server is None:
        raise ServiceProblem(_("What this listing was made from is no longer in the workspace."), code="gone")
    offline = bool(listing.draft.get("package", {}).get("works_offline")) if works_offline is None else works_offline
    return _package_of(assistant, server, offline)


def deprecate_listing(*, actor: Principal, listing: Listing, reason: str) -> Listing:
    """Advise against it: it stays installed and findable, with the reason on its page."""
    require_listing(actor, listing.publisher, listing)
    reason = reason.strip()[:2000]
    if not reason:
        raise InvalidProblem(_("Say why, and what to take instead."), field="reason")
    return _move(actor, listing, L.DEPRECATED, reason)


def restore_listing(*, actor: Principal, listing: Listing) -> Listing:
    """Take the advice back."""
    require_listing(actor, listing.publisher, listing)
    with transaction.atomic():
        listing = locked_listing(listing)
        if listing.state != L.DEPRECATED:
            raise ServiceProblem(_("Only a deprecated listing can be restored."), code="state")
        move_listing(actor=actor, listing=listing, to=L.LIVE)
    return listing


def remove_listing(*, actor: Principal, listing: Listing, reason: str = "") -> Listing:
    """Take it out of the marketplace for good. What is installed goes on working; nobody can install it any more."""
    require_listing(actor, listing.publisher, listing)
    return _move(actor, listing, L.REMOVED, reason.strip()[:2000])


def require_listing(actor: Principal, publisher: Publisher, listing: Listing | None = None) -> None:
    """Only those who may manage the listings of the publisher's workspace."""
    id = listing.id if listing else ""
    require(actor, "listing.manage", in_workspace(publisher.workspace_id or "", "listing", id))


def free_listing_slug(wish: str) -> str:
    """A slug that no listing has or had, and none of the built-in catalogue."""
    base = slug_of(wish, MAX_SLUG - 6) or "listing"
    taken = set(Listing.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    taken |= set(ListingAlias.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 1
    while slug in taken or slug in RESERVED or find(slug) is not None:
        number += 1
        slug = f"{base}-{number}"
    return slug


def record_event_of(actor: Principal, listing: Listing, type: str, data: Mapping[str, Any] | None = None) -> None:
    record_event(
        type=type,
        actor=actor,
        workspace_id=listing.publisher.workspace_id or "",
        target_kind="listing",
        target=listing.id,
        data={"name": listing.name, "slug": listing.slug} | dict(data or {}),
    )


def _record(type: str, actor: Principal, listing: Listing) -> None:
    record_event_of(actor, listing, type, {"kind": listing.kind})


def _package_of(assistant: Assistant | None, server: Server | None, works_offline: bool) -> Package:
    """Raises TravelProblem, or ServiceProblem for what came from the marketplace itself."""
    if assistant is not None:
        if assistant.install:
            raise ServiceProblem(
                _("This assistant came from the marketplace: whoever made it publishes it."), code="installed"
            )
        return package_of_assistant(assistant, newest_version(assistant), works_offline=works_offline)
    assert server is not None
    if server.catalogue:
        raise ServiceProblem(_("This server came from the marketplace: it is listed there already."), code="installed")
    return package_of_server(server)


def _put_package(actor: Principal, listing: Listing, package: Package) -> Listing:
    with transaction.atomic():
        listing = locked_listing(listing)
        _refuse_removed(listing)
        values = package_json(package)
        if values != listing.draft.get("package"):
            revision = listing.draft.get("revision", 1) + 1
            listing.draft = listing.draft | {"package": values, "revision": revision}
            listing.save(update_fields=["draft", "updated_at"])
            record_event_of(actor, listing, "listing.changed", {"fields": ["package"]})
    return listing


def _refuse_twice(publisher: Publisher, assistant: Assistant | None, server: Server | None) -> None:
    own = Listing.objects.filter(publisher=publisher).exclude(state=L.REMOVED)
    if own.count() >= MAX_LISTINGS:
        raise ServiceProblem(_("A publisher has at most %d listings.") % MAX_LISTINGS, code="limit")
    same = own.filter(assistant=assistant.id) if assistant else own.filter(server=server.id if server else "")
    if same.exists():
        raise ServiceProblem(_("There is a listing of this already."), code="listed")


def _refuse_removed(listing: Listing) -> None:
    if listing.state == L.REMOVED:
        raise ServiceProblem(_("The listing was removed."), code="state")


def _mirror(listing: Listing) -> None:
    """A listing that was never live shows its draft to its publisher everywhere; a live one its current version."""
    if listing.current_id is None:
        for name in COLUMNS:
            setattr(listing, name, listing.draft[name])


def _move(actor: Principal, listing: Listing, to: L, reason: str) -> Listing:
    with transaction.atomic():
        listing = locked_listing(listing)
        if to == L.REMOVED:
            _end_open_versions(listing)
        move_listing(actor=actor, listing=listing, to=to, reason=reason)
    return listing


def _end_open_versions(listing: Listing) -> None:
    """Nothing is left to be decided about what is gone."""
    listing.versions.filter(state__in=OPEN).update(state=V.WITHDRAWN)


def _letters(letters: str, name: str) -> str:
    return letters if len(letters) == 2 and letters.isalnum() and letters.isascii() else letters_of(name)
