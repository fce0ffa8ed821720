"""The pages of collections: saved into, shared, reported, hidden; and how often they ask the database."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from core.errors import PermissionProblem, ServiceProblem
from core.models import Message
from marketplace.models import Collection, CollectionItem, CollectionReport, Listing
from marketplace.selectors.collections import entries_of
from marketplace.services import collection_reports, collections
from tests.cast import Cast, cast
from tests.marketplace import publishing
from tests.marketplace.test_collections import address, front, listings, made, order

__all__ = ["cast", "listings"]


def test_the_pages_lead_from_a_listing_to_a_shared_collection(cast: Cast, listings: list[Listing]) -> None:
    browser = cast.browser("member")
    assert "/marketplace/orders/save/" in Client().get("/marketplace/orders/").text
    assert Client().get("/marketplace/orders/save/").status_code == 302
    assert "A new collection" in browser.get("/marketplace/orders/save/").text
    done = browser.post("/marketplace/orders/save/", {"title": "Shop & <b>till</b>"})
    assert (done.status_code, done["Location"]) == (302, "/marketplace/orders/")
    one = Collection.objects.get()
    assert (one.visibility, order(one)) == ("private", ["orders"])
    browser.post("/marketplace/stock/save/", {"into": [one.id]})
    assert order(one) == ["orders", "stock"]
    browser.post("/marketplace/orders/save/", {})
    assert order(one) == ["stock"]
    other = made(cast, title="Another")
    assert cast.browser("owner").post("/marketplace/orders/save/", {"into": [other.id]}).status_code == 400
    edit = f"{address(one)}edit/"
    assert browser.post(edit, {"title": "", "visibility": "public"}).status_code == 400
    browser.post(edit, {"title": "Shop & till", "text": "A <script>", "visibility": "public"})
    browser.post(f"{address(one)}change/", {"listing": listings[1].id, "do": "note", "note": "Counts <i>all</i>"})
    html = Client().get(address(one)).text
    assert "Counts &lt;i&gt;all&lt;/i&gt;" in html
    assert "A &lt;script&gt;" in html
    assert '<meta property="og:title" content="Shop &amp; till">' in html
    assert "Collection by Member" in html
    assert "Shop &amp; till" in browser.get("/me/collections/").text
    assert browser.post(f"{address(one)}delete/").status_code == 302
    assert not Collection.objects.filter(pk=one.pk).exists()


def test_entries_are_moved_without_script(cast: Cast, listings: list[Listing]) -> None:
    one, browser = made(cast, *listings), cast.browser("member")
    url = f"{address(one)}change/"
    browser.post(url, {"listing": listings[0].id, "do": "down"})
    browser.post(url, {"listing": listings[3].id, "do": "up"})
    browser.post(url, {"listing": listings[1].id, "do": "up"})
    assert order(one) == ["stock", "orders", "notes", "mail"]
    browser.post(url, {"listing": listings[2].id, "do": "first"})
    assert order(one)[0] == "mail"
    assert browser.post(url, {"listing": listings[2].id, "do": "burn"}).status_code == 404
    for id in ("lst_none", "lst_\0", ""):
        assert browser.post(url, {"listing": id, "do": "up"}).status_code == 404
    for query in ("?before=%00", "?before=" + "x" * 300, "?before=col_none"):
        assert browser.get(f"/marketplace/collections/{query}").status_code == 200
    assert browser.get(f"{address(one)}?page=%00").status_code == 200
    assert browser.post("/marketplace/mail/save/", {"into": "col_\0", "title": ""}).status_code == 400
    assert browser.post("/marketplace/mail/save/", {"title": "a\0b"}).status_code == 400


def test_a_feed_and_a_picture(cast: Cast, listings: list[Listing]) -> None:
    one = made(cast, *listings[:2])
    feed = ElementTree.fromstring(Client().get(f"{address(one)}feed.rss").content)
    titles = [item.findtext("title") for item in feed.findall("./channel/item")]
    assert titles == ["Stock", "Orders"]
    assert "Why stock" in (feed.findtext("./channel/item/description") or "")
    picture = Client().get(f"{address(one)}card.png")
    assert Image.open(io.BytesIO(picture.content)).size == (1200, 630)


def test_home_shows_the_operators_choice_then_those_with_enough(cast: Cast, listings: list[Listing]) -> None:
    small, enough = made(cast, *listings[:2], title="Small"), made(cast, *listings[:3], title="Enough")
    assert front() == [enough]
    operator = cast.principal("operator")
    collection_reports.feature_collection(actor=operator, collection=small, featured=True)
    assert [one.title for one in front()] == ["Small", "Enough"]
    with pytest.raises(PermissionProblem):
        collection_reports.feature_collection(actor=cast.principal("member"), collection=enough, featured=True)
    hidden = made(cast, *listings, title="Mine", visibility="private")
    with pytest.raises(ServiceProblem):
        collection_reports.feature_collection(actor=operator, collection=hidden, featured=True)
    collection_reports.feature_collection(actor=operator, collection=small, featured=False)
    assert front() == [enough]


def test_it_is_reported_and_hidden(cast: Cast, listings: list[Listing]) -> None:
    one = made(cast, *listings)
    browser, url = cast.browser("outsider"), f"{address(one)}report/"
    assert browser.post(url, {"reason": "other"}).status_code == 400
    assert browser.post(url, {"reason": "spam", "text": "Only advertising"}).status_code == 302
    assert browser.post(url, {"reason": "spam"}).status_code == 400  # one open report a person
    assert cast.browser("member").post(url, {"reason": "spam"}).status_code == 400  # one's own
    operator = cast.browser("operator")
    assert "For a small shop" in operator.get("/operator/moderation/").text
    desk = f"/operator/moderation/collections/{one.id}/"
    assert "Only advertising" in operator.get(desk).text
    assert operator.post(desk, {"do": "hide"}).status_code == 400
    assert operator.post(desk, {"do": "hide", "note": "It is an advertisement."}).status_code == 302
    assert CollectionReport.objects.get().state == "upheld"
    gone = Client().get(address(one))
    assert gone.status_code == 404
    assert "The operator hid this collection" in gone.text
    assert address(one) not in Client().get("/marketplace/collections/").text
    assert "It is an advertisement" in cast.browser("member").get(address(one)).text
    mail = Message.objects.get(kind="marketplace.collection_hidden")
    assert (mail.to, "It is an advertisement." in mail.text) == ("member@example.com", True)
    assert operator.post(desk, {"do": "show"}).status_code == 302
    assert Client().get(address(one)).status_code == 200
    assert Message.objects.filter(kind="marketplace.collection_shown").count() == 1


def test_reports_are_dismissed(cast: Cast, listings: list[Listing]) -> None:
    one = made(cast, *listings)
    collection_reports.report_collection(actor=cast.principal("outsider"), collection=one, reason="spam")
    cast.browser("operator").post(f"/operator/moderation/collections/{one.id}/", {"do": "dismiss"})
    assert CollectionReport.objects.get().state == "dismissed"
    assert Client().get(address(one)).status_code == 200


def test_pages_ask_the_database_little(cast: Cast) -> None:
    listings = [publishing.add_listed_server(f"server-{number}") for number in range(30)]
    one = made(cast, *listings[:3])
    browser = cast.browser("member")
    pages = (
        address(one),
        f"{address(one)}edit/",
        "/marketplace/collections/",
        "/me/collections/",
        "/marketplace/server-1/save/",
    )
    few = [_queries(browser, page) for page in pages]
    for listing in listings[3:]:
        collections.add_entry(actor=cast.principal("member"), collection=one, listing=listing)
    for number in range(5):
        made(cast, *listings[:4], title=f"More {number}")
    assert [_queries(browser, page) for page in pages] == few
    assert max(few) <= 14
    assert len(entries_of(one, first=10, most=5)) == 5


def _queries(browser: Client, page: str) -> int:
    browser.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(page).status_code == 200
    return len(queries)


def test_a_collection_goes_with_its_maker_and_an_entry_with_its_listing(cast: Cast, listings: list[Listing]) -> None:
    one = made(cast, *listings[:2])
    Listing.objects.filter(pk=listings[0].pk).update(current=None)
    listings[0].delete()
    assert order(one) == ["stock"]
    cast.users["member"].delete()
    assert not CollectionItem.objects.exists()
