"""Searches that led to a listing: told once enough people made them, and never of anybody."""

from __future__ import annotations

import pytest
from django.test import Client

from core.redis import connection as redis_connection
from core.redis import key
from marketplace.models import Listing, SearchTerm
from marketplace.search_terms import term_of
from marketplace.services.terms import MOST_A_DAY, count_term, write_terms
from tests.cast import Cast, cast
from tests.marketplace import publishing

__all__ = ["cast"]
pytestmark = pytest.mark.django_db
HOST, MARKET = "testserver", "/marketplace/"


@pytest.fixture
def listing() -> Listing:
    return publishing.add_listed_server("orders")


def counted() -> dict[str, int]:
    write_terms()
    return dict(SearchTerm.objects.values_list("term", "opened"))


def opened(address: str, came_from: str = "http://testserver/marketplace/?q=Find++ORDERS&kind=server") -> None:
    answer = Client().get("/marketplace/orders/", REMOTE_ADDR=address, HTTP_REFERER=came_from)
    assert answer.status_code == 200


@pytest.mark.usefixtures("listing")
def test_the_third_person_writes_a_term_down() -> None:
    for address in ("8.1.1.1", "8.1.1.2", "8.2.1.1", "8.1.1.1"):
        opened(address)
    assert counted() == {}, "two of one network count once"
    opened("8.3.1.1")
    assert counted() == {"find orders": 3}
    assert counted() == {"find orders": 3}, "written again it stays"
    opened("8.4.1.1")
    assert counted() == {"find orders": 4}


@pytest.mark.usefixtures("listing")
def test_only_the_page_of_results_leads_to_a_term() -> None:
    for number in range(4):
        opened(f"8.{number}.1.1", "https://search.example/marketplace/?q=orders")
        opened(f"8.{number}.1.1", "http://testserver/docs/?q=orders")
        opened(f"8.{number}.1.1", "")
    assert counted() == {}


def test_people_who_are_signed_in_are_told_apart_behind_one_network(cast: Cast, listing: Listing) -> None:
    came_from = "http://testserver/marketplace/?q=orders"
    for name in ("owner", "admin", "member"):
        cast.browser(name).get("/marketplace/orders/", REMOTE_ADDR="8.1.1.1", HTTP_REFERER=came_from)
    assert counted() == {"orders": 3}


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("  Weekly   REPORT ", "weekly report"),
        ("mara@example.org", ""),
        ("call +41 79 555 12 34", ""),
        ("sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ab", ""),
        ("a", ""),
        ("x" * 81, ""),
        ("订单", "订单"),
        ("postgres 16", "postgres 16"),
        ("2026-11-23", ""),
    ],
)
def test_what_may_be_private_is_no_term(text: str, term: str) -> None:
    from urllib.parse import urlencode

    assert term_of(f"http://testserver/marketplace/?{urlencode({'q': text})}", HOST, MARKET) == term


@pytest.mark.parametrize("broken", ["http://[", "://", "\x00", "http://testserver/marketplace/?q=%ff" + "&a" * 300])
def test_a_broken_referer_harms_nothing(broken: str) -> None:
    term_of(broken, HOST, MARKET)


def test_one_visitor_fills_no_lists(listing: Listing) -> None:
    for number in range(MOST_A_DAY + 20):
        count_term(listing_id=listing.id, term=f"term {number}", visitor="8.1.1.1")
    watched = list(redis_connection().scan_iter(match=key(f"term_people:*:{listing.id}:*")))
    assert len(watched) == MOST_A_DAY


def test_a_number_never_falls_when_redis_forgot(listing: Listing) -> None:
    for number in range(5):
        count_term(listing_id=listing.id, term="orders", visitor=f"usr_{number}")
    assert counted() == {"orders": 5}
    for found in redis_connection().scan_iter(match=key("term*")):
        redis_connection().delete(found)
    for number in range(3):
        count_term(listing_id=listing.id, term="orders", visitor=f"usr_{number}")
    assert counted() == {"orders": 5}


def test_nothing_of_a_visitor_is_kept(listing: Listing) -> None:
    count_term(listing_id=listing.id, term="orders", visitor="usr_secretive")
    for found in redis_connection().scan_iter(match=key("term*")):
        assert b"secretive" not in found
        if redis_connection().type(found) == b"string":
            assert b"secretive" not in (redis_connection().get(found) or b"")
        assert redis_connection().ttl(found) > 0


def test_terms_of_a_listing_that_is_gone_are_left(listing: Listing) -> None:
    for number in range(3):
        count_term(listing_id="lst_gone", term="orders", visitor=f"usr_{number}")
    assert counted() == {}
