"""Listings beside each other."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from marketplace.models import Listing
from marketplace.packages import AssistantPackage, ToolNeed
from marketplace.selectors.comparing import compare
from marketplace.services.search_index import reindex_all
from tests.cast import Cast, cast
from tests.marketplace import publishing

__all__ = ["cast"]
PAGE = "/marketplace/compare/"


@pytest.fixture
def listings(db: None) -> dict[str, Listing]:
    made = {slug: publishing.add_listed_server(slug) for slug in ("orders", "stock", "mail", "notes", "clock")}
    package = AssistantPackage(
        instructions="Helps.", works_offline=True, tools=(ToolNeed(listing="orders", tool="search"),)
    )
    made["helper"] = publishing.add_live_listing("helper", "Helper", package)
    Listing.objects.filter(slug="orders").update(licence="MIT", languages=["en", "de-DE"], health="good")
    Listing.objects.filter(slug="stock").update(
        rating_count=40, rating_mean=4.4, rating_low=4.1, rating_high=4.6, needs=["key"], runs=200, runs_ok=190
    )
    return made


def test_what_is_the_same_and_what_differs(listings: dict[str, Listing]) -> None:
    found = compare(["orders", "stock", "helper"])
    lines = {line.key: line for line in found.lines}
    assert [one.listing.slug for one in found.facts] == ["orders", "stock", "helper"]
    assert [cell.text for cell in lines["licence"].cells] == ["MIT", "–", "–"]  # noqa: RUF001
    assert [cell.text for cell in lines["price"].cells] == ["Free", "Free", "Free, you pay your model"]
    assert lines["languages"].cells[0].items == ("English", "Deutsch")
    assert lines["runs"].cells[1].text == "95.0 % of 200"
    assert "offline" in lines["runtime"].cells[2].text
    assert lines["tools"].cells[0].items == ("search",)
    assert {key for key, line in lines.items() if not line.differs} >= {"category", "version"}
    two = {line.key: line.differs for line in compare(["orders", "mail"]).lines}
    assert (two["hosts"], two["kind"], two["rating"]) == (True, False, False)


def test_the_page_has_them_in_its_address(listings: dict[str, Listing]) -> None:
    html = Client().get(f"{PAGE}?l=orders&l=stock").text
    assert 'href="/marketplace/orders/"' in html
    assert html.count('class="differs"') >= 4
    assert f'href="{PAGE}?l=stock"' in html  # without the first
    assert "Checks pass" in html
    assert f"{PAGE}?l=orders" in Client().get("/marketplace/orders/").text


def test_odd_addresses_are_answered(listings: dict[str, Listing]) -> None:
    for query in ("", "?l=", "?l=orders&l=orders", "?l=%00", "?l=" + "x" * 3000, "?l=nothing&q=%00"):
        assert Client().get(PAGE + query).status_code == 200
    html = Client().get(f"{PAGE}?l=nothing&l=orders&l=%3Cb%3E").text
    assert "nothing, &lt;b&gt;" in html
    assert len(compare(["orders", "orders", "stock", "mail", "notes", "clock"]).facts) == 4
    Listing.objects.filter(slug="orders").update(state="removed")
    assert compare(["orders", "stock"]).missing == ("orders",)


def test_one_more_is_found_and_added(listings: dict[str, Listing]) -> None:
    reindex_all()
    html = Client().get(f"{PAGE}?l=orders&q=stock").text
    assert f"{PAGE}?l=orders&amp;l=stock" in html
    full = Client().get(f"{PAGE}?l=orders&l=stock&l=mail&l=notes&q=clock").text
    assert "compare-add" not in full


def test_four_ask_the_database_as_often_as_one(listings: dict[str, Listing], cast: Cast) -> None:
    browser = cast.browser("member")
    counts = []
    for query in ("?l=orders", "?l=orders&l=stock&l=mail&l=helper"):
        browser.get(PAGE + query)
        with CaptureQueriesContext(connection) as queries:
            browser.get(PAGE + query)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10
