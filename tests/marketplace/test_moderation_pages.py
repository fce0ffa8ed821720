"""The operator's pages: the queue, a decision, the picks."""

from __future__ import annotations

from accounts.permissions import SYSTEM
from core.models import Message
from marketplace.models import Listing
from marketplace.services.listings import edit_listing
from tests.cast import Cast, cast
from tests.marketplace import publishing

__all__ = ["cast"]
QUEUE = "/operator/moderation/"


def test_a_version_is_found_in_the_queue_and_approved(cast: Cast) -> None:
    browser = cast.browser("operator")
    assert "Nothing waits" in browser.get(QUEUE).text
    version = publishing.scanned(publishing.new_listing(publishing.new_publisher(cast.workspace)))
    assert "Waiting for review" in browser.get(QUEUE).text
    url = f"{QUEUE}versions/{version.id}/"
    page = browser.get(url).text
    assert publishing.INSTRUCTIONS[:40] in page
    assert browser.post(url, {"do": "reject", "note": ""}).status_code == 400
    assert browser.post(url, {"do": "approve", "note": "Good."}).status_code == 302
    version.refresh_from_db()
    assert (version.state, version.decision_note) == ("live", "Good.")
    assert Message.objects.filter(kind="marketplace.version_live").count() == 2
    assert "Nothing waits" in browser.get(QUEUE).text


def test_the_difference_to_the_version_before_is_shown(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True))
    publishing.scanned(listing)
    edit_listing(actor=SYSTEM, listing=listing, readme="[open](javascript:alert(1))")
    version = publishing.scanned(listing, "1.1.0")
    browser = cast.browser("operator")
    assert "Held back by the scan" in browser.get(QUEUE).text
    page = browser.get(f"{QUEUE}versions/{version.id}/").text
    assert "The description: 1.0.0, 1.1.0" in page
    assert 'href="javascript' not in page


def test_a_listing_is_held_back_let_out_and_its_publisher_suspended(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True))
    publishing.scanned(listing)
    browser, url = cast.browser("operator"), f"{QUEUE}listings/{listing.id}/"
    for do, state in (("quarantine", "quarantine"), ("release", "live"), ("suspend", "live")):
        assert browser.post(url, {"do": do, "note": "Looked at."}).status_code == 302
        listing.refresh_from_db()
        assert listing.state == state
    listing.publisher.refresh_from_db()
    assert listing.publisher.suspended_at is not None
    browser.post(url, {"do": "restore", "note": ""})
    browser.post(url, {"do": "quarantine", "note": "Again."})
    assert "Listings held back" in browser.get(QUEUE).text
    browser.post(url, {"do": "remove", "note": "For good."})
    listing.refresh_from_db()
    assert listing.state == "removed"


def test_picks_are_searched_ordered_and_taken_out(cast: Cast) -> None:
    one, two = (
        publishing.add_listed_server("one", name="Number one"),
        publishing.add_listed_server("two", name="Number two"),
    )
    browser = cast.browser("operator")
    assert "Number one" in browser.get("/operator/curation/?q=number").text

    def picks(do: str, listing: Listing) -> list[str]:
        assert browser.post("/operator/curation/change/", {"do": do, "listing": listing.id}).status_code == 302
        return list(Listing.objects.exclude(featured=None).order_by("featured").values_list("slug", flat=True))

    assert picks("add", one) == ["one"]
    assert picks("add", two) == ["one", "two"]
    assert picks("up", two) == ["two", "one"]
    assert picks("down", two) == ["one", "two"]
    Listing.objects.filter(pk=one.pk).update(state="removed")
    assert picks("down", two) == ["two"]
    assert picks("remove", two) == []
    assert browser.post("/operator/curation/change/", {"do": "up", "listing": two.id}).status_code == 404
