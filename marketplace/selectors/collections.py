"""Collections as people see them: whose they are, who may look, what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from core.decision import Principal
from marketplace.models import Collection, CollectionItem, CollectionReport, Listing, Report
from marketplace.selectors.rows import Row, rows_of

PAGE = 24
ENTRIES = 50
"""Entries on one page of a collection."""
HOME_LEAST = 3
"""Listings that a collection has before it comes to the home page by itself."""
LATEST = 50
_OPEN = Q(user=None) | Q(user__is_active=True)


class Entry(msgspec.Struct, frozen=True):
    """One listing of a collection. `row` is None where nobody sees the listing any more; `gone` says why."""

    item: CollectionItem
    row: Row | None
    gone: str


class Place(msgspec.Struct, frozen=True):
    """One of somebody's collections, and whether a listing is in it."""

    collection: Collection
    has: bool


def is_own(actor: Principal, collection: Collection) -> bool:
    """The installation's own are the operator's."""
    if collection.user_id is None:
        return actor.is_operator and actor.kind == "person"
    return bool(actor.user_id) and actor.user_id == collection.user_id


def public_collections() -> QuerySet[Collection]:
    """Those that everybody sees and that have something to show, each with `shown`. In no order."""
    rows = Collection.objects.filter(_OPEN, public=True, hidden_at=None).select_related("user")
    items = CollectionItem.objects.filter(collection=OuterRef("pk"), listing__state__in=Listing.SHOWN)
    return rows.filter(Exists(items)).annotate(shown=_shown())


def front_collections(most: int) -> list[Collection]:
    """For the home page: the operator's choice in its order, then the latest that have enough in them. Two queries."""
    chosen = list(public_collections().filter(featured__isnull=False).order_by("featured", "pk")[:most])
    if len(chosen) < most:
        latest = public_collections().filter(featured=None, user__isnull=False).order_by("-pk")[:LATEST]
        chosen += [one for one in latest if getattr(one, "shown", 0) >= HOME_LEAST][: most - len(chosen)]
    return chosen


def any_collections() -> QuerySet[Collection]:
    """Whoever may see them, with `shown`."""
    return Collection.objects.select_related("user").annotate(shown=_shown())


def own_collections(user_id: str) -> QuerySet[Collection]:
    """Somebody's own, those that changed last first; with `shown`, and `entries` that counts all."""
    rows = Collection.objects.filter(user=user_id).annotate(shown=_shown(), entries=Count("items"))
    return rows.order_by("-updated_at", "-pk")


def find_collection(actor: Principal, key: str) -> Collection | None:
    """By slug or id, if this person may see it: whoever does not learns nothing of it."""
    found = any_collections().filter(Q(slug=key) | Q(pk=key)).first()
    if found is None or is_own(actor, found):
        return found
    if found.visibility == "private" or (found.user is not None and not found.user.is_active):
        return None
    operator = actor.is_operator and actor.kind == "person"
    return found if found.hidden_at is None or operator else None


def entries_of(collection: Collection, user: Any = None, *, first: int = 0, most: int = 0) -> list[Entry]:
    """In their order, from the `first` on. A few queries, however many there are."""
    items = collection.items.select_related("listing__publisher", "listing__current").order_by("position", "id")
    items = items.defer("listing__draft", "listing__current__package", "listing__current__readme")
    found = list(items[first : first + most] if most else items)
    seen = [item.listing for item in found if item.listing.state in Listing.SHOWN]
    rows = {row.listing.pk: row for row in rows_of(seen, user)}
    return [Entry(item, rows.get(item.listing_id), _gone(item.listing)) for item in found]


def newest_entries(collection: Collection, most: int) -> Sequence[CollectionItem]:
    """Shown ones, those that were added last first."""
    items = collection.items.filter(listing__state__in=Listing.SHOWN).select_related("listing__publisher")
    return list(items.order_by("-created_at", "-id")[:most])


def places_for(user_id: str, listing: Listing) -> list[Place]:
    """Somebody's collections, and which of them have a listing. One query."""
    has = CollectionItem.objects.filter(collection=OuterRef("pk"), listing=listing)
    rows = Collection.objects.filter(user=user_id).annotate(has=Exists(has)).order_by("-updated_at", "-pk")
    return [Place(row, bool(row.has)) for row in rows]


def maker_of(collection: Collection) -> str:
    """How its maker is called in public: never by an address."""
    if collection.user is None:
        return "Crossroads"
    return collection.user.name or _("Somebody")


def open_collection_reports() -> QuerySet[CollectionReport]:
    """What waits for the operator, the oldest first."""
    rows = CollectionReport.objects.filter(state=Report.State.OPEN).select_related("collection__user", "user")
    return rows.order_by("id")


def _shown() -> Coalesce:
    items = CollectionItem.objects.filter(collection=OuterRef("pk"), listing__state__in=Listing.SHOWN)
    counted = items.order_by().values("collection").annotate(n=Count(F("pk"))).values("n")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())


def _gone(listing: Listing) -> str:
    if listing.state in Listing.SHOWN:
        return ""
    if listing.state == Listing.State.QUARANTINE:
        return _("Held back while the operator looks at it.")
    return _("No longer in the marketplace.")
