"""The index follows the listings: made, changed, taken away, and never twice."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command

from core.jobs import run_job
from core.models import Job
from marketplace.models import Listing, SearchCombo, SearchDocument, SearchMeaning, SearchPending, SearchWord
from marketplace.services import ranking
from marketplace.services.search_counts import recount
from marketplace.services.search_index import REINDEX, index_pending, reindex, reindex_all
from marketplace.signals import listing_changed, listings_changed
from tests.marketplace.finding import add_catalogue, add_listing

pytestmark = pytest.mark.django_db


def rows() -> list[tuple[Any, ...]]:
    return list(SearchDocument.objects.order_by("pk").values_list("pk", "text_hash", "combo__key", "score"))


def test_every_shown_listing_has_words_meaning_and_facets() -> None:
    made = add_catalogue()
    hidden = add_listing("hidden", "Hidden", "Nobody sees it.", state_reason="")
    Listing.objects.filter(pk=hidden.pk).update(state="quarantine")
    reindex_all()
    assert SearchDocument.objects.count() == SearchMeaning.objects.count() == len(made)
    assert not SearchDocument.objects.filter(pk=hidden.pk).exists()
    key = SearchDocument.objects.get(pk=made["weather"].pk).combo.key
    assert set(key.split("|")) == {
        "kind:server", "category:places", "need:none", "language:en", "may:reads", "may:offline",
    }  # fmt: skip
    assert sum(SearchCombo.objects.values_list("documents", flat=True)) == len(made)
    assert SearchWord.objects.get(word="database").documents == 2
    assert SearchWord.objects.filter(word="~rezept").exists()


def test_indexing_again_changes_nothing() -> None:
    made = add_catalogue()
    before = rows()
    asked: list[int] = []

    def refuse(texts: Any) -> Any:
        asked.append(len(texts))
        raise AssertionError("unchanged texts are not embedded again")

    reindex(listing_ids=[listing.pk for listing in made.values()], embed_texts=refuse)
    assert rows() == before
    assert not asked


def test_a_change_is_indexed_by_a_job() -> None:
    made = add_catalogue()
    Listing.objects.filter(pk=made["mysql"].pk).update(name="MariaDB", summary="Asks a MariaDB database.")
    listing_changed.send(Listing, listing_id=made["mysql"].pk)
    listing_changed.send(Listing, listing_id=made["mysql"].pk)
    job = Job.objects.get(task=REINDEX)
    assert run_job(job.pk) == "done"
    assert SearchWord.objects.filter(word="mariadb").exists()
    assert not SearchWord.objects.filter(word="mysql").exists()
    assert not SearchPending.objects.exists()


def test_what_is_no_longer_shown_leaves_the_index() -> None:
    made = add_catalogue()
    gone = [made["tarot"].pk, made["recipes"].pk]
    Listing.objects.filter(pk__in=gone).update(state="removed")
    listings_changed.send(Listing, listing_ids=gone)
    assert index_pending()
    assert not SearchDocument.objects.filter(pk__in=gone).exists()
    assert not SearchMeaning.objects.filter(pk__in=gone).exists()


def test_time_that_runs_out_leaves_the_rest_for_the_next() -> None:
    made = add_catalogue()
    listings_changed.send(Listing, listing_ids=[made["tarot"].pk])
    assert not index_pending(seconds=0)
    assert SearchPending.objects.count() == 1


def test_the_command_indexes_everything() -> None:
    add_listing("one", "One", "The first.")
    call_command("reindex", "--all", verbosity=0)
    assert SearchDocument.objects.count() == 1


def test_the_best_by_score_are_the_tiers(monkeypatch: pytest.MonkeyPatch) -> None:
    made = add_catalogue()
    monkeypatch.setattr("marketplace.services.search_counts.TIERS", (3, 1))
    SearchDocument.objects.filter(pk=made["tarot"].pk).update(score=1.0)
    recount(now=True)
    tiers = dict(SearchDocument.objects.values_list("pk", "tier"))
    assert tiers[made["tarot"].pk] == 2
    assert sorted(tiers.values()) == [0, 0, 0, 0, 0, 1, 1, 2]


def test_scores_reward_use_and_proof_and_start_in_the_middle() -> None:
    new = add_listing("new", "New", "Nobody used it.")
    used = add_listing(
        "used", "Used", "Many use it.", workspaces=200, runs=10_000, runs_ok=9_900, rating_count=80, rating_low=4.4,
        rating_mean=4.6, rating_high=4.7, health="good",
    )  # fmt: skip
    loud = add_listing("loud", "Loud", "Three friends.", rating_count=3, rating_low=4.9, rating_mean=5, rating_high=5)
    bad = add_listing("bad", "Bad", "It fails.", runs=1_000, runs_ok=100, health="bad")
    assert ranking.recount(listing_ids=[row.pk for row in (new, used, loud, bad)], tell=False) == 4
    scores = dict(Listing.objects.values_list("slug", "score"))
    assert scores["used"] > scores["new"] > scores["bad"]
    assert scores["loud"] == scores["new"]
    parts = Listing.objects.get(slug="used").score_parts
    assert set(parts) == {"rating", "workspaces", "reliability", "freshness", "trust"}
    assert all(0 <= part <= 1 for part in parts.values())
    assert ranking.recount_due() == 0
