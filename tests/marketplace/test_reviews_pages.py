"""The ratings on a listing's page, the forms, and the operator's queue."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from core.models import Message
from marketplace.models import Listing, Report, Review
from tests.cast import Cast, cast
from tests.marketplace import publishing, reviewing

__all__ = ["cast"]
PAGE = "/marketplace/orders/"


@pytest.fixture
def listing(cast: Cast) -> Listing:
    workspace, _owner = reviewing.new_workspace(1)
    return publishing.add_listed_server("orders", publisher=publishing.new_publisher(workspace))


def test_an_unrated_listing_says_how_a_number_is_made(cast: Cast, listing: Listing) -> None:
    page = cast.browser("anonymous").get(PAGE).text
    assert "0 of 10 ratings that count" in page
    assert "How a number is made" in page
    assert "Nobody has written a review yet" in page
    assert "/marketplace/orders/report/" in page
    assert listing.rating_made == {}


def test_the_number_its_range_and_what_is_left_out(cast: Cast, listing: Listing) -> None:
    reviewing.crowd(listing, [5] * 8 + [4] * 3 + [1])
    for number in range(900, 903):
        workspace, owner = reviewing.new_workspace(number)
        reviewing.reviewed(listing, workspace, owner, 1, text=f"Bad {number}", address="8.0.100.9")
    listing = reviewing.recounted(listing)
    page = cast.browser("anonymous").get(PAGE).text
    assert f"How {listing.rating_mean:.1f} is made" in page
    assert f"likely between {listing.rating_low:.1f} and {listing.rating_high:.1f}" in page
    assert "<b>12</b> workspaces rated it" in page
    assert f"<b>{listing.rating_made['market']:.2f}</b>" in page
    assert "<b>3</b> ratings are left out: 3 come from networks that had rated it" in " ".join(page.split())
    left = cast.browser("anonymous").get(f"{PAGE}?ratings=left-out").text
    assert left.count("Left out: the same network had rated it") == 3
    assert "Bad 901" in left


def test_reviews_are_paged_and_sorted(cast: Cast, listing: Listing) -> None:
    made = reviewing.crowd(listing, [5] * 11 + [1])
    Review.objects.filter(pk=made[3].pk).update(helpful=4, text="The helpful one")
    Review.objects.filter(pk=made[-1].pk).update(text="The lowest, <b>bold</b> & newest")
    browser = cast.browser("anonymous")
    first = browser.get(PAGE).text
    listed = first[first.index('<ul class="reviews">') :]
    assert "The helpful one" in listed[: listed.index("</li>")]
    assert "More reviews" in first
    assert "Earlier in the list" in browser.get(f"{PAGE}?reviews=2").text
    for sort in ("lowest", "newest"):
        page = browser.get(f"{PAGE}?reviews_sort={sort}").text
        shown = page[page.index('<ul class="reviews">') :]
        assert "The lowest" in shown[: shown.index("</li>")]
        assert "&lt;b&gt;bold&lt;/b&gt; &amp; newest" in shown
    assert browser.get(f"{PAGE}?reviews=nonsense&reviews_sort=x").status_code == 200


def test_a_member_writes_changes_and_withdraws(cast: Cast, listing: Listing) -> None:
    browser, url = cast.browser("member"), f"{PAGE}review/"
    page = browser.get(url).text
    assert "You cannot review it yet" in page
    assert "This workspace has not run it" in page
    assert browser.post(url, {"workspace": "acme", "stars": 5}).status_code == 400
    assert not Review.objects.exists()
    reviewing.use(listing, cast.workspace)
    assert "Publish the review" in browser.get(url).text
    assert browser.post(url, {"workspace": "acme", "text": "No stars"}).status_code == 400
    done = browser.post(url, {"workspace": "acme", "stars": 4, "text": "It <i>works</i>."}, REMOTE_ADDR="8.8.4.4")
    assert (done.status_code, done["Location"]) == (302, f"{PAGE}?reviews_sort=newest#reviews")
    review = Review.objects.get()
    assert (review.stars, len(bytes(review.network))) == (4, 16)
    shown = browser.get(PAGE).text
    assert "It &lt;i&gt;works&lt;/i&gt;." in shown
    assert "ran it 6 times, version 1.0.0" in shown
    assert "Save the change" in browser.get(f"{url}?workspace=acme").text
    assert browser.post(url, {"workspace": "acme", "stars": 2, "text": "It broke."}).status_code == 302
    assert "reviewed it" in browser.get(url).text
    assert browser.post(f"{PAGE}reviews/{review.id}/withdraw/").status_code == 302
    assert "It broke." not in browser.get(PAGE).text
    assert cast.browser("outsider").post(f"{PAGE}reviews/{review.id}/withdraw/").status_code == 404


def test_votes_answers_and_who_sees_which_button(cast: Cast, listing: Listing) -> None:
    (review,) = reviewing.crowd(listing, [3])
    one = f"{PAGE}reviews/{review.id}/"
    assert f"{one}helpful/" not in cast.browser("anonymous").get(PAGE).text
    member = cast.browser("member")
    assert "Helpful, 0" in member.get(PAGE).text
    member.post(f"{one}helpful/")
    assert "Helpful to you, 1" in member.get(PAGE).text
    assert "1 person found it helpful" in cast.browser("anonymous").get(PAGE).text
    back = member.post(f"{one}helpful/", {"helpful": "0", "sort": "newest", "page": "2"})
    assert back["Location"] == f"{PAGE}?reviews_sort=newest&reviews=2#{review.id}"
    assert "Helpful, 0" in member.get(PAGE).text
    assert member.get(f"{one}reply/").status_code == 404
    workspace = listing.publisher.workspace
    assert workspace
    Membership.objects.create(workspace=workspace, user=cast.users["outsider"], role="admin")
    theirs = cast.browser("outsider")
    assert f"{one}reply/" in theirs.get(PAGE).text
    assert f"{one}helpful/" not in theirs.get(PAGE).text
    assert theirs.post(f"{one}reply/", {"text": "Thanks, mended."}).status_code == 302
    shown = member.get(PAGE).text
    assert "Acme Tools answers" in shown
    assert "Thanks, mended." in shown


def test_a_report_reaches_the_operator(cast: Cast, listing: Listing) -> None:
    (review,) = reviewing.crowd(listing, [1])
    member, operator = cast.browser("member"), cast.browser("operator")
    url = f"{PAGE}report/?review={review.id}"
    assert member.get(url).status_code == 200
    assert member.post(url, {"reason": "other", "text": ""}).status_code == 400
    assert member.post(url, {"reason": "abuse", "text": "Line two."}).status_code == 302
    assert "reported this already" in member.post(url, {"reason": "abuse"}).text
    assert member.get(f"{PAGE}report/?review=rev_none").status_code == 404
    queue = operator.get("/operator/moderation/").text
    assert "Insulting or hateful" in queue
    report = Report.objects.get()
    page = f"/operator/moderation/reports/{report.id}/"
    assert "Line two." in operator.get(page).text
    assert operator.post(page, {"do": "remove", "note": ""}).status_code == 400
    assert operator.post(page, {"do": "hold", "note": "Have a look."}).status_code == 302
    assert "Reviews held back" in operator.get("/operator/moderation/").text
    held = f"/operator/moderation/reviews/{review.id}/"
    assert operator.post(held, {"do": "nothing"}).status_code == 404
    assert operator.post(held, {"do": "release", "note": ""}).status_code == 302
    review.refresh_from_db()
    assert review.state == "shown"
    assert Message.objects.filter(kind="marketplace.report_upheld").count() == 1


def test_more_reviews_cost_no_more_queries(cast: Cast, listing: Listing) -> None:
    browser = cast.browser("member")
    reviewing.crowd(listing, [4] * 3)
    browser.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        browser.get(PAGE)
    reviewing.crowd(listing, [4] * 7, start=300)
    with CaptureQueriesContext(connection) as many:
        browser.get(PAGE)
    assert len(many) <= len(few)
