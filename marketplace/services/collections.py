"""Collections that anyone makes: a title, a few words, and listings in an order with a note on each."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import INSTALLATION, in_workspace, require
from core.clock import now
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem, PermissionProblem, ServiceProblem
from core.events import changed, record_event
from marketplace.importers.texts import slug_of
from marketplace.models import Collection, CollectionItem, Listing
from marketplace.selectors.collections import is_own

MAX_TITLE, MAX_TEXT, MAX_NOTE, MOST_COLLECTIONS, MOST_ENTRIES = 80, 2_000, 200, 100, 200
VISIBILITIES = ("public", "unlisted", "private")
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
MARK = 10
"""Letters by chance at the end of an address: one that is not listed cannot be guessed from its title."""


class Full(ServiceProblem):
    """There is no room for one more."""

    code = "too_many"


def keeper(actor: Principal, action: str) -> str:
    """The person who acts for themselves; a key needs the scope for it. Returns the person's id."""
    if not actor.user_id:
        raise PermissionProblem(_("Sign in, or send a key."), code="anonymous")
    if actor.kind == "key":
        require(actor, action, in_workspace(actor.workspace_id))
    return actor.user_id


def create_collection(*, actor: Principal, title: str, text: str = "", visibility: str = "private") -> Collection:
    """An empty one. Raises InvalidProblem, and Full at MOST_COLLECTIONS."""
    user_id = keeper(actor, "collection.write")
    values = _checked(title=title, text=text, visibility=visibility)
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        _not_for_all(user, visibility)
        if Collection.objects.filter(user=user_id).count() >= MOST_COLLECTIONS:
            raise Full(_("You have %d collections, which is the most. Delete one first.") % MOST_COLLECTIONS)
        collection = Collection.objects.create(user_id=user_id, slug=_free_slug(values["title"]), **values)
        _record("collection.created", actor, collection)
    return collection


def edit_collection(
    *, actor: Principal, collection: Collection, title: str | None = None, text: str | None = None,
    visibility: str | None = None,
) -> Collection:  # fmt: skip
    """Change what is given. Its address stays. Raises InvalidProblem."""
    with transaction.atomic():
        collection = _locked(actor, collection)
        if visibility is not None and collection.user is not None:
            _not_for_all(collection.user, visibility)
        values = _checked(
            title=collection.title if title is None else title,
            text=collection.text if text is None else text,
            visibility=collection.visibility if visibility is None else visibility,
        )
        changes = changed({name: getattr(collection, name) for name in values}, values)
        if changes:
            for name, value in values.items():
                setattr(collection, name, value)
            collection.save()
            _record("collection.changed", actor, collection, {"fields": sorted(changes)})
    return collection


def delete_collection(*, actor: Principal, collection: Collection) -> None:
    with transaction.atomic():
        collection = _locked(actor, collection)
        _record("collection.deleted", actor, collection)
        collection.delete()


def add_entry(*, actor: Principal, collection: Collection, listing: Listing, note: str = "") -> CollectionItem:
    """At the end; one that is there already stays where it is, with the new note if there is one. Raises Full."""
    note = _noted(note)
    if listing.state not in Listing.SHOWN:
        raise NotFoundProblem(_("There is no such listing."))
    with transaction.atomic():
        collection = _locked(actor, collection)
        found = collection.items.filter(listing=listing).first()
        if found is not None:
            return _put_note(actor, collection, found, note) if note else found
        if collection.items.count() >= MOST_ENTRIES:
            raise Full(_("It has %d entries, which is the most. Take one out first.") % MOST_ENTRIES)
        last = collection.items.aggregate(last=Max("position"))["last"]
        item = collection.items.create(listing=listing, note=note, position=0 if last is None else last + 1)
        _touch("collection.entry_added", actor, collection, listing)
    return item


def note_entry(*, actor: Principal, collection: Collection, listing: Listing, note: str) -> CollectionItem:
    """Say in a few words why it is there; empty takes the words away."""
    note = _noted(note)
    with transaction.atomic():
        collection = _locked(actor, collection)
        return _put_note(actor, collection, _entry(collection, listing), note)


def remove_entry(*, actor: Principal, collection: Collection, listing: Listing) -> None:
    """Take it out; also a listing that is no longer in the marketplace."""
    with transaction.atomic():
        collection = _locked(actor, collection)
        _entry(collection, listing).delete()
        _touch("collection.entry_removed", actor, collection, listing)


def move_entry(*, actor: Principal, collection: Collection, listing: Listing, to: int) -> None:
    """To a place counted from 0; beyond the end is the end."""
    with transaction.atomic():
        collection = _locked(actor, collection)
        _entry(collection, listing)
        ids = [id for id in _order(collection) if id != listing.pk]
        ids.insert(max(0, to), listing.pk)
        _put_order(actor, collection, ids)


def order_entries(*, actor: Principal, collection: Collection, listing_ids: Sequence[str]) -> None:
    """The whole order anew: every entry once. Raises InvalidProblem."""
    with transaction.atomic():
        collection = _locked(actor, collection)
        if sorted(listing_ids) != sorted(_order(collection)):
            raise InvalidProblem(_("Name every entry once, and nothing else."), field="listings")
        _put_order(actor, collection, list(listing_ids))


def save_listing(*, actor: Principal, listing: Listing, into: Sequence[str], title: str = "") -> list[Collection]:
    """Have a listing in just these of one's collections (ids), and in a new private one where there is a title."""
    user_id = keeper(actor, "collection.write")
    with transaction.atomic():
        own = list(Collection.objects.filter(user=user_id).order_by("id"))
        has = set(
            CollectionItem.objects.filter(collection__in=own, listing=listing).values_list("collection", flat=True)
        )
        if set(into) - {one.pk for one in own}:
            raise NotFoundProblem(_("There is no such collection."))
        for one in own:
            if one.pk in into and one.pk not in has:
                add_entry(actor=actor, collection=one, listing=listing)
            elif one.pk in has and one.pk not in into:
                remove_entry(actor=actor, collection=one, listing=listing)
        made = [one for one in own if one.pk in into]
        if title.strip():
            new = create_collection(actor=actor, title=title)
            add_entry(actor=actor, collection=new, listing=listing)
            made.append(new)
    return made


def require_own(actor: Principal, collection: Collection) -> None:
    if collection.user_id is None:
        require(actor, "operator.manage", INSTALLATION)
        return
    keeper(actor, "collection.write")
    if not is_own(actor, collection):
        raise PermissionProblem(_("Only who made a collection changes it."), code="not_yours")


def _locked(actor: Principal, collection: Collection) -> Collection:
    require_own(actor, collection)
    found = Collection.objects.select_for_update(no_key=True).filter(pk=collection.pk).first()
    if found is None:
        raise NotFoundProblem(_("There is no such collection."))
    return found


def _checked(*, title: str, text: str, visibility: str) -> dict[str, Any]:
    title, text = " ".join(title.split()), text.strip()
    if not title:
        raise InvalidProblem(_("Give it a title."), field="title")
    for name, value, most in (("title", title, MAX_TITLE), ("text", text, MAX_TEXT)):
        if len(value) > most or "\0" in value:
            raise InvalidProblem(_("Use at most %(most)s characters.") % {"most": most}, field=name)
    if visibility not in VISIBILITIES:
        raise InvalidProblem(_("Choose who sees it."), field="visibility")
    return {"title": title, "text": text, "public": visibility == "public", "unlisted": visibility == "unlisted"}


def _not_for_all(user: User, visibility: str) -> None:
    """Anybody may be the demo's visitor without a name."""
    if user.is_demo and visibility != "private":
        raise PermissionProblem(
            _("Visitors of the demo keep collections for themselves. Sign up to show one."), code="demo"
        )


def _noted(note: str) -> str:
    note = " ".join(note.split())
    if len(note) > MAX_NOTE or "\0" in note:
        raise InvalidProblem(_("Use at most %(most)s characters.") % {"most": MAX_NOTE}, field="note")
    return note


def _free_slug(title: str) -> str:
    mark = "".join(secrets.choice(LETTERS) for _n in range(MARK))
    return f"{slug_of(title, 60) or 'collection'}-{mark}"


def _entry(collection: Collection, listing: Listing) -> CollectionItem:
    found = collection.items.filter(listing=listing).first()
    if found is None:
        raise NotFoundProblem(_("It is not in this collection."))
    return found


def _order(collection: Collection) -> list[str]:
    return list(collection.items.order_by("position", "id").values_list("listing", flat=True))


def _put_order(actor: Principal, collection: Collection, ids: list[str]) -> None:
    if ids == _order(collection):
        return
    items = {item.listing_id: item for item in collection.items.all()}
    for position, id in enumerate(ids):
        items[id].position = position
    CollectionItem.objects.bulk_update(items.values(), ["position"])
    _touch("collection.ordered", actor, collection)


def _put_note(actor: Principal, collection: Collection, item: CollectionItem, note: str) -> CollectionItem:
    if item.note != note:
        item.note = note
        item.save(update_fields=["note"])
        _touch("collection.entry_noted", actor, collection, item.listing)
    return item


def _touch(type: str, actor: Principal, collection: Collection, listing: Listing | None = None) -> None:
    Collection.objects.filter(pk=collection.pk).update(updated_at=now())
    _record(type, actor, collection, {"listing": listing.name, "slug": listing.slug} if listing else None)


def _record(type: str, actor: Principal, collection: Collection, data: dict[str, Any] | None = None) -> None:
    said = {"name": collection.title, **(data or {})}
    record_event(type=type, actor=actor, target_kind="collection", target=collection.pk, data=said)
