"""Collections, following and comparisons as programs use them."""

from __future__ import annotations

import pytest

from marketplace.models import Collection, Listing, PublisherFollow
from tests.cast import Cast, cast
from tests.marketplace import publishing

__all__ = ["cast"]
ROOT = "/api/v1/collections"


@pytest.fixture
def listings(cast: Cast) -> list[Listing]:
    return [publishing.add_listed_server(slug) for slug in ("orders", "stock", "mail")]


@pytest.mark.usefixtures("listings")
def test_a_program_keeps_a_collection(cast: Cast) -> None:
    api, nobody = cast.api("member", "write", "read"), cast.api("anonymous")
    made = api.post(ROOT, {"title": "Shop", "text": "All of it"}, format="json")
    assert (made.status_code, made.data["visibility"], made.data["maker"]) == (201, "private", "Member")
    one = f"{ROOT}/{made.data['slug']}"
    assert nobody.get(one).status_code == 404
    for slug in ("orders", "stock", "mail"):
        added = api.post(f"{one}/entries", {"listing": slug, "note": f"Why {slug}"}, format="json")
    assert (added.status_code, [entry["slug"] for entry in added.data]) == (201, ["orders", "stock", "mail"])
    changed = api.patch(f"{one}/entries/mail", {"position": 0, "note": "First of all"}, format="json")
    assert (changed.data[0]["slug"], changed.data[0]["note"]) == ("mail", "First of all")
    ordered = api.put(f"{one}/order", {"listings": ["stock", "orders", "mail"]}, format="json")
    assert ordered.data["listings"] == 3
    assert api.put(f"{one}/order", {"listings": ["stock", "stock", "mail"]}, format="json").status_code == 400
    assert api.patch(one, {"visibility": "public"}, format="json").data["title"] == "Shop"
    assert [row["title"] for row in nobody.get(ROOT).data["data"]] == ["Shop"]
    Listing.objects.filter(slug="orders").update(state="removed")
    entries = nobody.get(f"{one}/entries").data
    assert [(entry["slug"], bool(entry["listing"]), bool(entry["gone"])) for entry in entries] == [
        ("stock", True, False), ("orders", False, True), ("mail", True, False),
    ]  # fmt: skip
    assert api.delete(f"{one}/entries/orders").status_code == 204
    assert api.delete(one).status_code == 204
    assert nobody.get(one).status_code == 404


def test_who_may_not(cast: Cast, listings: list[Listing]) -> None:
    body = {"title": "Shop", "visibility": "private"}
    assert cast.api("anonymous").post(ROOT, body, format="json").status_code == 401
    assert cast.api("member", "read").post(ROOT, body, format="json").data["code"] == "scope"
    assert cast.api("viewer", "write").post(ROOT, body, format="json").data["code"] == "role"
    own = cast.api("member")
    one = f"{ROOT}/{own.post(ROOT, body, format='json').data['id']}"
    assert own.get(one).status_code == 200
    assert cast.api("member", "read").get(one).status_code == 200
    for other in (cast.api("member", "mcp"), cast.api("owner"), cast.api("operator"), cast.api("anonymous")):
        assert other.get(one).status_code == 404
    own.patch(one, {"visibility": "unlisted"}, format="json")
    refused = cast.api("owner").post(f"{one}/entries", {"listing": "orders"}, format="json")
    assert (refused.status_code, refused.data["code"]) == (403, "not_yours")
    assert cast.api("owner").get(ROOT).data["data"] == []
    assert cast.api("anonymous").get(f"{ROOT}?mine=true").status_code == 403
    assert len(own.get(f"{ROOT}?mine=true").data["data"]) == 1
    assert cast.api("owner").get(f"{ROOT}?mine=true").data["data"] == []


def test_the_operator_decides(cast: Cast, listings: list[Listing]) -> None:
    own, operator = cast.api("member"), cast.api("operator")
    made = own.post(ROOT, {"title": "Shop", "visibility": "public"}, format="json").data
    own.post(f"{ROOT}/{made['id']}/entries", {"listing": "orders"}, format="json")
    sent = cast.api("outsider").post(f"{ROOT}/{made['id']}/reports", {"reason": "spam"}, format="json")
    assert sent.status_code == 201
    queue = "/api/v1/moderation/collections"
    assert [row["title"] for row in operator.get(queue).data["data"]] == ["Shop"]
    assert operator.put(f"{queue}/{made['id']}/featured").status_code == 200
    assert operator.post(f"{queue}/{made['id']}/hide", {"note": "Spam."}, format="json").data["hidden"] is True
    one = Collection.objects.get()
    assert (one.featured, one.hidden_note) == (None, "Spam.")
    assert cast.api("anonymous").get(f"{ROOT}/{made['id']}").status_code == 404
    assert own.get(f"{ROOT}/{made['id']}").data["hidden"] is True
    assert operator.post(f"{queue}/{made['id']}/show").data["hidden"] is False
    assert operator.delete(f"{queue}/{made['id']}/featured").status_code == 200


def test_a_program_follows(cast: Cast, listings: list[Listing]) -> None:
    slug = listings[0].publisher.slug
    api, one = cast.api("viewer"), f"/api/v1/following/{slug}"
    assert cast.api("anonymous").put(one).status_code == 401
    assert cast.api("member", "read").put(one).data["code"] == "scope"
    assert api.put(one).data["mails"] is True
    assert api.put(one, {"mails": False}, format="json").data["mails"] is False
    assert PublisherFollow.objects.count() == 1
    assert [row["slug"] for row in api.get("/api/v1/following").data["data"]] == [slug]
    assert cast.api("member", "mcp").get("/api/v1/following").data["code"] == "scope"
    publisher = cast.api("anonymous").get(f"/api/v1/publishers/{slug}").data
    assert (publisher["followers"], publisher["listings"]) == (1, 1)
    listed = cast.api("anonymous").get(f"/api/v1/publishers/{slug}/listings").data["data"]
    assert [row["slug"] for row in listed] == ["orders"]
    assert api.delete(one).status_code == 204
    assert api.put("/api/v1/following/nobody").status_code == 404
    assert api.get("/api/v1/following/news").data == []


@pytest.mark.usefixtures("listings")
def test_a_program_compares(cast: Cast) -> None:
    found = cast.api("anonymous").get("/api/v1/listings/compare?l=orders&l=stock&l=nothing").data
    assert [row["slug"] for row in found["listings"]] == ["orders", "stock"]
    assert found["missing"] == ["nothing"]
    lines = {line["key"]: line for line in found["lines"]}
    assert lines["hosts"]["values"] == [["orders.example.com"], ["stock.example.com"]]
    assert (lines["hosts"]["differs"], lines["kind"]["differs"]) == (True, False)
    assert cast.api("anonymous").get("/api/v1/listings/compare").status_code == 400
