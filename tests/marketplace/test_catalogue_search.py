"""Finding entries: by words that may be misspelt, by category, by what they need."""

from __future__ import annotations

import pytest

from marketplace.catalogue.loader import entries
from marketplace.catalogue.search import facets, fold, search


def slugs(text: str = "", category: str = "", needs: tuple[str, ...] = ()) -> list[str]:
    return [entry.slug for entry in search(text, category, needs)]


def test_without_a_question_everything_is_listed_by_name() -> None:
    names = [entry.name for entry in search()]
    assert len(names) == len(entries())
    assert names == sorted(names, key=fold)
    assert slugs("   ") == slugs()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("github", "github"),
        ("GitHub", "github"),
        ("gihtub", "github"),
        ("githu", "github"),
        ("githubb", "github"),
        ("gitxub", "github"),
        ("homeassistant", "home-assistant"),
        ("home   ASSISTANT", "home-assistant"),
        ("time zones", "time"),
        ("członkowski", "n8n"),
        ("czlonkowski workflows", "n8n"),
        ("wikipédia", "wikipedia"),
        ("jira data center", "jira-confluence"),
        ("pg", "postgres"),
        ("promql", "prometheus"),
    ],
)
def test_the_best_fit_comes_first(text: str, first: str) -> None:
    assert slugs(text)[0] == first


@pytest.mark.parametrize("text", ["qqqqxx", "github qqqqxx", "!!!", "🦆"])
def test_what_is_not_there_is_not_found(text: str) -> None:
    assert slugs(text) == []


def test_every_word_must_fit() -> None:
    assert {"stripe", "square"} <= set(slugs("payments"))
    assert slugs("payments subscriptions invoices")[0] == "stripe"
    assert "square" not in slugs("payments subscriptions invoices")


def test_a_category_narrows_the_list() -> None:
    assert {entry.category for entry in search(category="databases")} == {"databases"}
    assert slugs("search", "databases") != slugs("search")
    assert slugs(category="no-such-category") == []


def test_needs_narrow_the_list_together() -> None:
    assert all(entry.offline and not entry.writes for entry in search(needs=("offline", "read_only")))
    assert "toolbox" in slugs(needs=("at_once", "local"))
    assert "github" in slugs(needs=("key",))
    assert "github" not in slugs(needs=("oauth",))
    assert "figma" in slugs(needs=("oauth", "hosted"))
    assert slugs(needs=("no-such-need",)) == []


def test_facets_count_what_a_choice_would_leave() -> None:
    found = facets("search", "web", ("key",))
    assert found.total == len(search("search", "web", ("key",)))
    for facet in found.categories:
        assert facet.count == len(search("search", facet.value, ("key",)))
    for facet in found.needs:
        assert facet.count == len(search("search", "web", ("key", facet.value)))


def test_a_long_question_is_cut_and_not_an_error() -> None:
    assert slugs("github " * 5000) == slugs("github")
