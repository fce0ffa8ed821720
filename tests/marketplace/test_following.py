"""Publishers: their pages and feeds, following them, and the mail that tells of news."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.clock import held_at, now
from core.errors import PermissionProblem
from core.models import Event, Message
from marketplace.models import Listing, ListingVersion, Publisher, PublisherFollow
from marketplace.semver import version_key
from marketplace.services import collections, following
from tests.cast import Cast, cast
from tests.marketplace import publishing

__all__ = ["cast"]
PAGE = "/marketplace/publishers/acme-tools/"


@pytest.fixture
def publisher(cast: Cast) -> Publisher:
    made = publishing.new_publisher(cast.workspace, verified=True)
    made.about, made.website = "We make **tools**. <script>alert(1)</script>", "https://acme.example/"
    made.save()
    publish(made, "orders")
    return made


def publish(publisher: Publisher, slug: str, version: str = "", notes: str = "") -> Listing:
    """A listing, or a further version of one, that goes live now."""
    if not version:
        listing = publishing.add_listed_server(slug, publisher=publisher)
        ListingVersion.objects.filter(listing=listing).update(published_at=now())
        return listing
    listing = Listing.objects.get(slug=slug)
    assert listing.current
    ListingVersion.objects.create(
        listing=listing, version=version, version_key=version_key(version), package=listing.current.package,
        content_hash="0" * 64, notes=notes, state="live", published_at=now(),
    )  # fmt: skip
    return listing


def news() -> list[Message]:
    return list(Message.objects.filter(kind="marketplace.following_news").order_by("id"))


def test_the_page_tells_who_it_is(cast: Cast, publisher: Publisher) -> None:
    html = Client().get(PAGE).text
    assert "Proved the domain acme.example" in html
    assert "<strong>tools</strong>" in html
    assert "<script>alert" not in html
    assert "1 listing<" in html
    assert "/marketplace/orders/" in html
    assert "Sign in to follow" in html
    assert "https://acme.example/" in html
    assert PAGE in Client().get("/marketplace/orders/").text
    assert PAGE in Client().get("/sitemap-publishers.xml").text
    Publisher.objects.filter(pk=publisher.pk).update(suspended_at=now())
    html = Client().get(PAGE).text
    assert "This publisher is suspended" in html
    assert "/marketplace/orders/" not in html
    assert PAGE not in Client().get("/sitemap-publishers.xml").text


def test_who_only_prepares_a_listing_is_not_shown(cast: Cast) -> None:
    publishing.new_publisher(cast.workspace)
    for page in ("", "feed.rss"):
        assert Client().get(PAGE + page).status_code == 404


def test_listings_are_paged_with_few_queries(cast: Cast, publisher: Publisher) -> None:
    few = _queries(cast.browser("member"), PAGE)
    for number in range(22):
        publish(publisher, f"more-{number}")
    assert _queries(cast.browser("member"), PAGE) == few
    assert few <= 14
    html = Client().get(f"{PAGE}?page=2").text
    assert "21 to 23 of 23" in html
    assert Client().get(f"{PAGE}?page=nonsense").status_code == 200


def test_one_follows_and_reads_what_was_published(cast: Cast, publisher: Publisher) -> None:
    browser = cast.browser("viewer")
    assert "You follow nobody yet" in browser.get("/me/following/").text
    assert browser.post(f"{PAGE}follow/", {"do": "follow"})["Location"] == PAGE
    browser.post(f"{PAGE}follow/", {"do": "follow"})
    assert PublisherFollow.objects.count() == 1
    assert "1 follower<" in Client().get(PAGE).text
    assert "Unfollow" in browser.get(PAGE).text
    publish(publisher, "orders", "1.1.0", "Finds <b>more</b>")
    publish(publisher, "stock")
    html = browser.get("/me/following/").text
    assert html.index("/marketplace/stock/") < html.index("1.1.0") < html.index("1.0.0</span>", html.index("1.1.0"))
    assert "Finds &lt;b&gt;more&lt;/b&gt;" in html
    few = _queries(browser, "/me/following/")
    for number in range(5):
        publish(publisher, f"more-{number}")
    assert _queries(browser, "/me/following/") == few <= 12
    assert browser.post(f"{PAGE}follow/", {"do": "unfollow", "next": "/me/following/"})["Location"] == "/me/following/"
    assert browser.post(f"{PAGE}follow/", {"do": "unfollow", "next": "//evil.example/"})["Location"] == PAGE
    assert not PublisherFollow.objects.exists()
    types = list(Event.objects.filter(target=publisher.id, type__contains="follow").values_list("type", flat=True))
    assert sorted(types) == ["publisher.followed", "publisher.unfollowed"]
    assert not Event.objects.filter(type="publisher.followed").exclude(workspace="").exists()
    with pytest.raises(PermissionProblem):
        following.follow_publisher(actor=cast.principal("anonymous"), publisher=publisher)


def test_a_mail_a_day_tells_of_news_once(cast: Cast, publisher: Publisher) -> None:
    start = now()
    for who in ("viewer", "outsider"):
        following.follow_publisher(actor=cast.principal(who), publisher=publisher)
    assert following.tell_followers() == 0  # what was there before is not news
    with held_at(start + timedelta(hours=1)):
        publish(publisher, "orders", "1.1.0", "Finds & counts")
        publish(publisher, "stock")
        assert following.tell_followers() == 2
        assert following.tell_followers() == 0
    mail = news()[0]
    assert {one.to for one in news()} == {"viewer@example.com", "outsider@example.com"}
    assert "Stock is new, by Acme Tools." in mail.text
    assert "Orders has version 1.1.0, by Acme Tools. Finds & counts" in mail.text
    assert "/me/following/" in mail.text
    with held_at(start + timedelta(hours=3)):
        publish(publisher, "orders", "1.2.0")
        assert following.tell_followers() == 0  # one a day
        following.set_mails(actor=cast.principal("outsider"), mails=False)
    with held_at(start + timedelta(hours=26)):
        assert following.tell_followers() == 1
    assert len(news()) == 3
    assert "1.2.0" in news()[-1].text
    assert "Stock" not in news()[-1].text


def test_the_switch_is_off_until_it_is_on_again(cast: Cast, publisher: Publisher) -> None:
    start, browser = now(), cast.browser("viewer")
    browser.post(f"{PAGE}follow/", {"do": "follow"})
    browser.post(f"{PAGE}follow/", {"do": "quiet"})
    with held_at(start + timedelta(hours=1)):
        publish(publisher, "stock")
        assert following.tell_followers() == 0
    with held_at(start + timedelta(hours=2)):
        browser.post("/me/following/", {"do": "mails"})
        assert following.tell_followers() == 0  # of what came meanwhile nobody is told
        assert browser.post("/me/following/", {"do": "quiet"}).status_code == 302
    assert not PublisherFollow.objects.get().mails


def test_nothing_is_told_of_what_nobody_sees(cast: Cast, publisher: Publisher) -> None:
    start = now()
    following.follow_publisher(actor=cast.principal("viewer"), publisher=publisher)
    with held_at(start + timedelta(hours=1)):
        Listing.objects.filter(pk=publish(publisher, "stock").pk).update(state="quarantine")
        assert following.tell_followers() == 0
        publish(publisher, "mail")
        User.objects.filter(pk=cast.users["viewer"].pk).update(is_active=False)
        assert following.tell_followers() == 0
        User.objects.filter(pk=cast.users["viewer"].pk).update(is_active=True)
        User.objects.filter(pk=cast.users["viewer"].pk).update(is_demo=True)
        assert following.tell_followers() == 0
        User.objects.filter(pk=cast.users["viewer"].pk).update(is_demo=False)
        Publisher.objects.filter(pk=publisher.pk).update(suspended_at=now())
        assert following.tell_followers() == 0
    assert "/marketplace/mail/" not in cast.browser("viewer").get("/me/following/").text


def test_there_is_a_limit(cast: Cast, publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    other = publishing.add_listed_server("stock").publisher
    monkeypatch.setattr(following, "MOST_FOLLOWED", 1)
    following.follow_publisher(actor=cast.principal("viewer"), publisher=publisher)
    with pytest.raises(collections.Full):
        following.follow_publisher(actor=cast.principal("viewer"), publisher=other)


def test_a_feed_of_what_it_publishes(publisher: Publisher) -> None:
    publish(publisher, "orders", "1.1.0", "Finds <more>")
    response = Client().get(f"{PAGE}feed.rss")
    assert response["Content-Type"].startswith("application/rss+xml")
    items = ElementTree.fromstring(response.content).findall("./channel/item")
    assert [item.findtext("title") for item in items] == ["Orders 1.1.0", "Orders 1.0.0"]
    assert items[0].findtext("description") == "Finds <more>"


def _queries(browser: Client, page: str) -> int:
    browser.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(page).status_code == 200
    return len(queries)
