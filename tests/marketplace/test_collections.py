"""Collections: made, filled, ordered, shared, reported, hidden."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from core.errors import InvalidProblem, NotFoundProblem, PermissionProblem
from core.models import Event
from marketplace.models import Collection, Listing
from marketplace.selectors.collections import front_collections
from marketplace.services import collections
from tests.cast import Cast, cast
from tests.marketplace import publishing

__all__ = ["cast"]


@pytest.fixture
def listings(cast: Cast) -> list[Listing]:
    return [publishing.add_listed_server(slug) for slug in ("orders", "stock", "mail", "notes")]


def made(cast: Cast, *listings: Listing, visibility: str = "public", title: str = "For a small shop") -> Collection:
    actor = cast.principal("member")
    collection = collections.create_collection(actor=actor, title=title, text="What we use.", visibility=visibility)
    for listing in listings:
        collections.add_entry(actor=actor, collection=collection, listing=listing, note=f"Why {listing.slug}")
    return collection


def address(collection: Collection) -> str:
    return f"/marketplace/collections/{collection.slug}/"


def order(collection: Collection) -> list[str]:
    return list(collection.items.order_by("position", "id").values_list("listing__slug", flat=True))


def test_it_is_filled_ordered_and_emptied(cast: Cast, listings: list[Listing]) -> None:
    actor, one = cast.principal("member"), made(cast, *listings)
    assert order(one) == ["orders", "stock", "mail", "notes"]
    collections.move_entry(actor=actor, collection=one, listing=listings[3], to=0)
    collections.move_entry(actor=actor, collection=one, listing=listings[0], to=99)
    assert order(one) == ["notes", "stock", "mail", "orders"]
    collections.order_entries(actor=actor, collection=one, listing_ids=[row.id for row in listings])
    assert order(one) == ["orders", "stock", "mail", "notes"]
    for wrong in ([listings[0].id], [row.id for row in listings[:3]] + [listings[0].id]):
        with pytest.raises(InvalidProblem):
            collections.order_entries(actor=actor, collection=one, listing_ids=wrong)
    collections.add_entry(actor=actor, collection=one, listing=listings[1])
    assert one.items.count() == 4
    assert one.items.get(listing=listings[1]).note == "Why stock"
    collections.note_entry(actor=actor, collection=one, listing=listings[1], note="")
    assert one.items.get(listing=listings[1]).note == ""
    collections.remove_entry(actor=actor, collection=one, listing=listings[0])
    with pytest.raises(NotFoundProblem):
        collections.remove_entry(actor=actor, collection=one, listing=listings[0])
    assert order(one) == ["stock", "mail", "notes"]
    types = Event.objects.filter(target=one.id).values_list("type", flat=True)
    assert {"collection.created", "collection.entry_added", "collection.ordered", "collection.entry_removed"} <= set(
        types
    )


def test_there_are_limits(cast: Cast, listings: list[Listing], monkeypatch: pytest.MonkeyPatch) -> None:
    actor = cast.principal("member")
    monkeypatch.setattr(collections, "MOST_ENTRIES", 2)
    monkeypatch.setattr(collections, "MOST_COLLECTIONS", 1)
    one = made(cast, *listings[:2])
    with pytest.raises(collections.Full):
        collections.add_entry(actor=actor, collection=one, listing=listings[2])
    with pytest.raises(collections.Full):
        collections.save_listing(actor=actor, listing=listings[2], into=[], title="One more")
    for field, values in (
        ("title", {"title": " "}), ("title", {"title": "x" * 81}), ("text", {"text": "x" * 2001}),
        ("visibility", {"visibility": "friends"}),
    ):  # fmt: skip
        with pytest.raises(InvalidProblem) as problem:
            collections.edit_collection(actor=actor, collection=one, **values)
        assert problem.value.field == field
    with pytest.raises(InvalidProblem):
        collections.note_entry(actor=actor, collection=one, listing=listings[0], note="x" * 201)


def test_only_its_maker_changes_it(cast: Cast, listings: list[Listing]) -> None:
    one = made(cast, listings[0])
    for who in ("owner", "operator", "outsider"):
        with pytest.raises(PermissionProblem):
            collections.add_entry(actor=cast.principal(who), collection=one, listing=listings[1])
        assert cast.browser(who).get(f"{address(one)}edit/").status_code == 404
        assert cast.browser(who).post(f"{address(one)}delete/").status_code == 404
    with pytest.raises(PermissionProblem):
        collections.create_collection(actor=cast.principal("anonymous"), title="No")
    own = Collection.objects.create(slug="ours", title="Ours", public=True)
    with pytest.raises(PermissionProblem):
        collections.add_entry(actor=cast.principal("owner"), collection=own, listing=listings[1])
    collections.add_entry(actor=cast.principal("operator"), collection=own, listing=listings[1])
    assert order(own) == ["stock"]


def test_a_visitor_of_the_demo_shows_nothing_to_others(cast: Cast) -> None:
    User.objects.filter(pk=cast.users["member"].pk).update(is_demo=True)
    with pytest.raises(PermissionProblem):
        made(cast)
    one = made(cast, visibility="private")
    for visibility in ("public", "unlisted"):
        with pytest.raises(PermissionProblem):
            collections.edit_collection(actor=cast.principal("member"), collection=one, visibility=visibility)
    answer = cast.browser("member").post(
        "/me/collections/new/", {"title": "Advertising", "visibility": "public"}
    )  # fmt: skip
    assert (answer.status_code, "Sign up to show one" in answer.text) == (400, True)


def test_a_hidden_listing_is_not_taken_in(cast: Cast, listings: list[Listing]) -> None:
    one = made(cast)
    Listing.objects.filter(pk=listings[0].pk).update(state="quarantine")
    with pytest.raises(NotFoundProblem):
        collections.add_entry(
            actor=cast.principal("member"), collection=one, listing=Listing.objects.get(pk=listings[0].pk)
        )


@pytest.mark.parametrize(
    ("visibility", "others", "listed"), [("public", 200, True), ("unlisted", 200, False), ("private", 404, False)]
)
def test_who_sees_it(cast: Cast, listings: list[Listing], visibility: str, others: int, listed: bool) -> None:
    one = made(cast, *listings[:3], visibility=visibility)
    for who in ("anonymous", "owner", "operator"):
        for page in ("", "feed.rss", "card.png"):
            assert cast.browser(who).get(address(one) + page).status_code == others
    html = cast.browser("member").get(address(one)).text
    assert "Why stock" in html
    for page in ("/marketplace/collections/", "/sitemap-collections.xml"):
        assert (address(one) in Client().get(page).text) is listed
    assert front() == ([one] if listed else [])
    assert ("noindex" in html) is not listed


def front() -> list[Collection]:
    return front_collections(6)


def test_one_of_a_person_who_left_is_gone(cast: Cast, listings: list[Listing]) -> None:
    one = made(cast, *listings)
    assert front() == [one]
    User.objects.filter(pk=cast.users["member"].pk).update(is_active=False)
    assert Client().get(address(one)).status_code == 404
    assert address(one) not in Client().get("/marketplace/collections/").text
    assert front() == []


def test_a_removed_listing_is_told_and_breaks_nothing(cast: Cast, listings: list[Listing]) -> None:
    one = made(cast, *listings[:3])
    Listing.objects.filter(pk=listings[0].pk).update(state="removed")
    Listing.objects.filter(pk=listings[1].pk).update(state="quarantine")
    html = cast.browser("anonymous").get(address(one)).text
    assert "No longer in the marketplace" in html
    assert "Held back while the operator looks at it" in html
    assert "1 listing<" in html
    assert "/marketplace/orders/" not in html
    edit = cast.browser("member").get(f"{address(one)}edit/").text
    assert "No longer in the marketplace" in edit
    done = cast.browser("member").post(f"{address(one)}change/", {"listing": listings[0].id, "do": "remove"})
    assert done.status_code == 302
    assert order(one) == ["stock", "mail"]
    Listing.objects.filter(pk=listings[2].pk).update(state="removed")
    assert address(one) not in Client().get("/marketplace/collections/").text  # nothing left to show
