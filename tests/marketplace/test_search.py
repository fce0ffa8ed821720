"""Finding: by words, by meaning, in other languages, with slips, behind filters, in orders."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.models import Listing
from marketplace.search.matching import Filters, tier_for
from marketplace.search.question import Question, Term, understand
from marketplace.selectors.finding import Ask, Found, find, hydrate
from marketplace.services.search_index import reindex_all
from tests.marketplace.finding import add_catalogue, add_listing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue() -> dict[str, Listing]:
    return add_catalogue()


def slugs(found: Found) -> list[str]:
    return [listing.slug for listing in hydrate(found.ids)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("postgres", "postgres"),
        ("postgresql", "postgres"),
        ("weath", "weather"),
        ("will it rain tomorrow", "weather"),
        ("fast api", "fastapi"),
        ("reviewing code", "reviewer"),
        ("gesunde Rezepte", "recipes"),
        ("kochen", "recipes"),
        ("塔罗牌", "tarot"),
        ("tarot 占卜", "tarot"),
        ("posgres", "postgres"),
        ("wether forcast", "weather"),
        ("RECÍPES", "recipes"),
    ],
)
def test_the_right_one_comes_first(text: str, first: str) -> None:
    assert slugs(find(Ask(text=text)))[0] == first


def test_what_was_mended_is_told() -> None:
    assert find(Ask(text="wether forcast")).corrected == "weather forecast"
    assert find(Ask(text="postgres")).corrected == ""


@pytest.mark.parametrize("text", ["' | !", "a & b", "\\", "<->", "''", "🙂", "~rezept", "%_%", "\u202e", "(", ":*"])
def test_nothing_that_is_typed_breaks_it(text: str) -> None:
    assert find(Ask(text=text)).all == 8


def test_nonsense_finds_nothing() -> None:
    found = find(Ask(text="qqqqzzzz xxyyzz"))
    assert (found.ids, found.total.number) == ([], 0)


def test_filters_narrow_and_counts_tell_what_is_left() -> None:
    found = find(Ask(text="database", chosen={"kind": ("server",)}))
    assert set(slugs(found)) >= {"postgres", "mysql"}
    assert found.facets["kind"]["server"] == found.total.number
    assert found.facets["may"]["reads"] <= found.total.number
    narrowed = find(Ask(text="database", chosen={"kind": ("server",), "may": ("reads",)}))
    assert narrowed.total.number == found.facets["may"]["reads"]
    assert "mysql" not in slugs(narrowed)


def test_browsing_counts_are_exact() -> None:
    found = find(Ask(chosen={"kind": ("server",)}))
    assert found.total.number == 3
    assert found.facets["kind"] == {"assistant": 5, "server": 3, "workflow": 0, "template": 0}
    assert found.facets["category"]["databases"] == 2
    both = find(Ask(chosen={"category": ("databases", "fun")}))
    assert both.total.number == 3
    every = find(Ask(chosen={"may": ("reads", "offline")}))
    assert slugs(every) == ["weather"]


def test_orders() -> None:
    assert slugs(find(Ask(order="new")))[0] == "fastapi"
    Listing.objects.filter(slug="tarot").update(rating_low=4.2, workspaces=9, trend=2.0)
    reindex_all()
    for order in ("rated", "used", "trend"):
        assert slugs(find(Ask(order=order)))[0] == "tarot"
    assert slugs(find(Ask(text="tarot reading", order="used")))[0] == "tarot"


def test_pages_hold_each_listing_once() -> None:
    pages = [find(Ask(order="new", page=page, size=3)).ids for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert len({listing for page in pages for listing in page}) == 8


def test_a_cursor_leads_through_everything() -> None:
    seen: list[str] = []
    after = None
    while True:
        found = find(Ask(order="new", size=3, after=after))
        seen += found.ids
        if (after := found.last) is None:
            break
    assert len(seen) == len(set(seen)) == 8


def test_a_listing_that_fits_as_well_and_is_better_goes_first() -> None:
    add_listing("chess-a", "Chess Coach", "Teaches chess.")
    add_listing("chess-b", "Chess Coach", "Teaches chess.", health="good", workspaces=500, runs=5_000, runs_ok=5_000)
    add_listing("checkers", "Board games", "Teaches checkers, and a little chess.", workspaces=900, health="good")
    reindex_all()
    assert slugs(find(Ask(text="chess coach")))[:3] == ["chess-b", "chess-a", "checkers"]


def test_a_question_costs_a_bounded_number_of_queries() -> None:
    for text in ("postgres", "wether forcast", "gesunde rezpte", "塔罗牌 cards", "unbekanntewort ganzfremd", ""):
        with CaptureQueriesContext(connection) as queries:
            hydrate(find(Ask(text=text, chosen={"kind": ("assistant",)})).ids)
        assert len(queries) <= 12, text


def test_common_words_are_looked_for_among_the_best() -> None:
    common = Term(word="server", lexemes=("server",), documents=300_000, weight=1.0)
    rare = Term(word="tarot", lexemes=("tarot",), documents=40, weight=9.0)
    big = 1_000_000
    assert tier_for(Question(text="", terms=[common], documents=big), Filters()) == 2
    assert tier_for(Question(text="", terms=[rare], documents=big), Filters()) == 0
    assert tier_for(Question(text="", terms=[common, rare], documents=big), Filters()) == 0
    few = Filters(combos=(1,), documents=100)
    assert tier_for(Question(text="", terms=[common], documents=big), few) == 0


def test_words_that_say_nothing_are_left_out_unless_there_is_nothing_else() -> None:
    assert [term.word for term in understand("how to review the code", 8).terms] == ["review", "code"]
    assert understand("the", 8).text == "the"
