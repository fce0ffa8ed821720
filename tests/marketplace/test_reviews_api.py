"""Reviews and reports as programs write and read them."""

from __future__ import annotations

import pytest

from marketplace.models import Listing, Report, Review
from tests.cast import Cast, cast
from tests.marketplace import publishing, reviewing

__all__ = ["cast"]
ROOT = "/api/v1/listings/orders"


@pytest.fixture
def listing(cast: Cast) -> Listing:
    workspace, _owner = reviewing.new_workspace(1)
    made = publishing.add_listed_server("orders", publisher=publishing.new_publisher(workspace))
    reviewing.use(made, cast.workspace)
    return made


@pytest.mark.usefixtures("listing")
def test_a_key_writes_for_its_own_workspace(cast: Cast) -> None:
    api = cast.api("member", "write")
    made = api.post(f"{ROOT}/reviews", {"stars": 4, "text": "It works."}, format="json")
    assert (made.status_code, made.data["stars"], made.data["author"]) == (201, 4, "Member")
    again = api.post(f"{ROOT}/reviews", {"stars": 4}, format="json")
    assert (again.status_code, again.data["code"]) == (409, "reviewed")
    one = f"/api/v1/reviews/{made.data['id']}"
    assert api.patch(one, {"stars": 2}, format="json").data["text"] == "It works."
    assert api.patch(one, {"stars": 1}, format="json").data["code"] == "edited"
    assert cast.api("anonymous").get(one).data["stars"] == 2
    assert api.delete(one).status_code == 204
    assert cast.api("anonymous").get(one).status_code == 404
    assert cast.api("anonymous").get(f"{ROOT}/reviews").data["data"] == []


@pytest.mark.usefixtures("listing")
def test_who_may_not_write(cast: Cast) -> None:
    body = {"stars": 4}
    assert cast.api("anonymous").post(f"{ROOT}/reviews", body, format="json").status_code == 401
    assert cast.api("member", "read").post(f"{ROOT}/reviews", body, format="json").data["code"] == "scope"
    assert cast.api("viewer", "write").post(f"{ROOT}/reviews", body, format="json").data["code"] == "role"
    browser = cast.api("outsider")
    missing = browser.post(f"{ROOT}/reviews", body, format="json")
    assert (missing.status_code, missing.data["errors"][0]["field"]) == (400, "workspace")
    assert browser.post(f"{ROOT}/reviews", body | {"workspace": "acme"}, format="json").status_code == 404
    assert cast.api("member", "write").post(f"{ROOT}/reviews", {"stars": 9}, format="json").status_code == 400
    assert not Review.objects.exists()


def test_everybody_reads_how_it_is_made(cast: Cast, listing: Listing) -> None:
    nobody = cast.api("anonymous")
    empty = nobody.get(f"{ROOT}/reviews/rating").data
    assert (empty["count"], empty["mean"], empty["stars"]) == (0, None, [0] * 5)
    reviewing.crowd(listing, [5] * 11 + [2])
    left = Review.objects.earliest("id")
    Review.objects.filter(pk=left.pk).update(state="held")
    reviewing.recounted(listing)
    rating = nobody.get(f"{ROOT}/reviews/rating").data
    assert (rating["count"], rating["stars"], rating["left_out"]) == (11, [0, 1, 0, 0, 10], {"held": 1})
    assert rating["low"] < rating["mean"] < rating["high"]
    page = nobody.get(f"{ROOT}/reviews?limit=5").data
    assert (len(page["data"]), page["next"] is None) == (5, False)
    assert [row["stars"] for row in nobody.get(f"{ROOT}/reviews?stars=2").data["data"]] == [2]
    assert len(nobody.get(f"{ROOT}/reviews?counts=true").data["data"]) == 11
    assert nobody.get(f"{ROOT}/reviews?counts=false").data["data"] == []
    assert nobody.get(f"{ROOT}/reviews?stars=many").status_code == 400
    assert "network" not in page["data"][0]


def test_answers_votes_and_reports(cast: Cast, listing: Listing) -> None:
    review = reviewing.crowd(listing, [1])[0]
    one, api = f"/api/v1/reviews/{review.id}", cast.api("member", "write")
    assert api.put(f"{one}/helpful").data["helpful"] == 1
    assert api.delete(f"{one}/helpful").data["helpful"] == 0
    assert cast.api("member", "read").put(f"{one}/helpful").status_code == 403
    assert api.put(f"{one}/reply", {"text": "Mine."}, format="json").status_code == 403
    assert api.post(f"{one}/reports", {"reason": "abuse"}, format="json").status_code == 201
    assert api.post(f"{one}/reports", {"reason": "spam"}, format="json").data["code"] == "already_reported"
    assert api.post(f"{ROOT}/reports", {"reason": "other"}, format="json").status_code == 400
    assert api.post(f"{ROOT}/reports", {"reason": "broken", "text": "Down."}, format="json").status_code == 201
    assert Report.objects.filter(state="open", user=cast.users["member"]).count() == 2


def test_the_operator_decides(cast: Cast, listing: Listing) -> None:
    review = reviewing.crowd(listing, [1])[0]
    cast.api("member", "write").post(f"/api/v1/reviews/{review.id}/reports", {"reason": "abuse"}, format="json")
    operator = cast.api("operator")
    queue = "/api/v1/moderation/reports"
    assert cast.api("owner", "admin").get(queue).status_code == 403
    (waiting,) = operator.get(queue).data["data"]
    assert (waiting["review"], waiting["reason"]) == (review.id, "abuse")
    assert operator.post(f"{queue}/{waiting['id']}/decide", {}, format="json").status_code == 400
    body = {"upheld": True, "measure": "hold", "note": "Insulting."}
    assert operator.post(f"{queue}/{waiting['id']}/decide", body, format="json").data["state"] == "upheld"
    assert operator.get(f"{queue}/{waiting['id']}").data["note"] == "Insulting."
    moderated = f"/api/v1/moderation/reviews/{review.id}"
    assert cast.api("anonymous").get(f"/api/v1/reviews/{review.id}").status_code == 404
    assert operator.post(f"{moderated}/release", {}, format="json").data["state"] == "shown"
    assert operator.post(f"{moderated}/hold", {}, format="json").status_code == 400
    assert operator.post(f"{moderated}/remove", {"note": "Again."}, format="json").data["state"] == "removed"
    assert operator.post(f"{moderated}/release", {}, format="json").status_code == 409
