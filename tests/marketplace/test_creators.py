"""What creators see of their listings: counted without names, compared with the time before, bounded in queries."""

from __future__ import annotations

import csv
import io
from datetime import UTC, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistants.models import Conversation, Run
from assistants.signals import run_finished
from core.clock import now
from marketplace.models import Install, Listing, ListingError, ListingStat, ListingUse, Publisher
from marketplace.services.counting import recount_uses
from marketplace.services.installing import install_listing
from marketplace.services.ranking import recount
from marketplace.services.uses import count_calls
from tests.cast import Cast, cast
from tests.marketplace import installs, publishing, reviewing
from tests.marketplace.test_install_uses import add_call

__all__ = ["cast"]
ROOT = "/w/acme/publish/"


@pytest.fixture
def publisher(cast: Cast) -> Publisher:
    return publishing.new_publisher(cast.workspace)


@pytest.fixture
def listing(publisher: Publisher) -> Listing:
    return publishing.add_listed_server("orders", publisher=publisher)


def seen(listing: Listing, *, ago: int = 0, **numbers: int) -> None:
    ListingStat.objects.create(listing=listing, day=now().astimezone(UTC).date() - timedelta(days=ago), **numbers)


def used(listing: Listing, workspace: str, *, ago: int = 0, runs: int = 3, errors: int = 0) -> None:
    day = now().astimezone(UTC).date() - timedelta(days=ago)
    ListingUse.objects.create(listing=listing, workspace=workspace, day=day, runs=runs, runs_ok=runs - errors)


def page(cast: Cast, address: str, status: int = 200) -> str:
    answer = cast.browser("admin").get(f"{ROOT}{address}")
    assert answer.status_code == status, answer.content[:300]
    return answer.content.decode()


def statistics(cast: Cast, listing: Listing, days: int = 30) -> dict[str, object]:
    answer = cast.api("admin", "write").get(f"/api/v1/workspaces/acme/listings/{listing.id}/statistics?days={days}")
    assert answer.status_code == 200, answer.data
    data: dict[str, object] = answer.data
    return data


def test_numbers_of_the_period_stand_against_those_before(cast: Cast, listing: Listing) -> None:
    seen(listing, views=20, trials=4, installs=2)
    seen(listing, ago=6, views=10, uninstalls=1)
    seen(listing, ago=7, views=20)
    seen(listing, ago=14, views=1000)
    found = statistics(cast, listing, 7)
    assert (found["total"]["views"], found["before"]["views"]) == (30, 20)  # type: ignore[index]
    assert [day["views"] for day in found["by_day"]] == [10, 0, 0, 0, 0, 0, 20]  # type: ignore[attr-defined]
    text = page(cast, "orders/statistics/?days=7")
    assert "+50\u00a0%, 20 in the 7 days before" in text
    assert "6.7 of 100 views" in text, "installs as a share of views"


def test_a_workspace_counts_once_and_the_publishers_own_does_not(cast: Cast, listing: Listing) -> None:
    used(listing, "wsp_a", runs=5, errors=1)
    used(listing, "wsp_a", ago=1)
    used(listing, "wsp_b", ago=2)
    used(listing, "wsp_c", ago=40)
    used(listing, cast.workspace.id, runs=50, errors=50)
    found = statistics(cast, listing)
    assert found["total"] == {
        "views": 0, "trials": 0, "installs": 0, "uninstalls": 0, "active_workspaces": 2, "runs": 11, "errors": 1,
    }  # fmt: skip
    assert found["before"]["active_workspaces"] == 1  # type: ignore[index]
    text = page(cast, "orders/statistics/?show=workspaces")
    assert "wsp_a" not in text and cast.workspace.id not in text


def test_lists_and_rank_know_the_use_of_thirty_days(cast: Cast, listing: Listing) -> None:
    used(listing, "wsp_a", runs=5, errors=1)
    used(listing, "wsp_b", ago=29)
    used(listing, "wsp_c", ago=30)
    used(listing, cast.workspace.id)
    assert recount_uses() == 1
    assert recount_uses() == 0
    listing.refresh_from_db()
    assert (listing.workspaces, listing.runs, listing.runs_ok) == (2, 8, 7)
    recount(listing_ids=[listing.id])
    listing.refresh_from_db()
    assert listing.score_parts["workspaces"] > 0.1
    ListingUse.objects.all().delete()
    recount_uses()
    listing.refresh_from_db()
    assert (listing.workspaces, listing.runs, listing.runs_ok) == (0, 0, 0)


def test_errors_of_calls_are_counted_by_kind_once(cast: Cast) -> None:
    listing = installs.list_server("orders")
    assert listing.current
    install = install_listing(actor=cast.principal("admin"), workspace=cast.workspace, version=listing.current)
    assert install.server
    for outcome in ("answered", "tool_error", "tool_error", "failed", "cancelled", "refused"):
        add_call(cast, install.server.id, outcome)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE proxy_call SET error_code = -32010 WHERE outcome = 'failed'")
    count_calls()
    count_calls()
    assert dict(ListingError.objects.values_list("kind", "runs")) == {"tool_error": 2, "server_down": 1}
    use = ListingUse.objects.get()
    assert (use.runs, use.runs_ok) == (4, 1), "what was refused or cancelled counts neither way"


def test_errors_of_an_assistants_runs_are_counted_by_kind(cast: Cast) -> None:
    listing = installs.list_assistant(tools=())
    assert listing.current
    install = install_listing(
        actor=cast.principal("admin"), workspace=cast.workspace, version=listing.current, values={"shop": "Acme"}
    )
    for kind in ("", "limit_time", "limit_time", "model_down"):
        _end_run(install, kind)
    assert dict(ListingError.objects.values_list("kind", "runs")) == {"limit_time": 2, "model_down": 1}
    Publisher.objects.update(workspace=cast.workspace)
    text = page(cast, "order-helper/statistics/")
    assert "Their kinds" not in text and "It took too long" in text


def _end_run(install: Install, error_kind: str) -> None:
    assert install.assistant
    conversation = Conversation.objects.create(
        workspace=install.workspace, assistant=install.assistant, principal="usr_x", channel="chat"
    )
    run = Run.objects.create(
        workspace=install.workspace, conversation=conversation, assistant=install.assistant, channel="chat",
        principal={}, state="failed" if error_kind else "done", error_kind=error_kind, finished_at=now(),
    )  # fmt: skip
    run_finished.send(sender=Run, run=run)


def test_the_rank_is_told_in_words_with_what_would_raise_it(cast: Cast, listing: Listing) -> None:
    text = page(cast, "orders/statistics/")
    assert "Place <b>1</b> of 1" in text
    assert "10 more ratings that count" in text
    assert "Its publisher is not verified (times 0.9)." in text
    rank = statistics(cast, listing)["rank"]
    parts = {part["key"]: part for part in rank["parts"]}  # type: ignore[index]
    assert sum(part["weight"] for part in parts.values()) == pytest.approx(1)
    whole = sum(part["weight"] * part["value"] for part in parts.values()) * rank["trust"]["value"]  # type: ignore[index]
    assert rank["score"] == pytest.approx(whole, abs=0.001)  # type: ignore[index]
    Listing.objects.update(state="removed")
    assert "It has no place while nobody sees it." in page(cast, "orders/statistics/")


def test_ratings_and_latest_reviews_stand_there(cast: Cast, listing: Listing) -> None:
    reviewing.crowd(listing, [5, 4, 4])
    listing = reviewing.recounted(listing)
    text = page(cast, "orders/statistics/")
    assert "Too few to rate: 3 of 10 that count." in text
    assert "5 of 5 stars" in text
    assert statistics(cast, listing)["rating"] == {
        "count": 3, "mean": None, "low": None, "high": None, "stars": [0, 0, 0, 2, 1],
    }  # fmt: skip


def test_empty_pages_say_what_will_stand_there(cast: Cast, publisher: Publisher) -> None:
    assert "Nothing is listed yet" in page(cast, "publishers/acme-tools/statistics/")
    publishing.add_listed_server("orders", publisher=publisher)
    assert "Nothing was counted yet" in page(cast, "publishers/acme-tools/statistics/")
    text = page(cast, "orders/statistics/?days=8&show=nonsense")
    assert "Nothing was counted yet" in text
    assert "No run yet" in text and "No term yet" in text
    assert "none in the 30 days before" in text, "an unknown period is the usual one"
    assert "It cannot be tried in its page." in text


def test_all_listings_of_a_publisher_together(cast: Cast, publisher: Publisher, listing: Listing) -> None:
    other = publishing.add_listed_server("tickets", publisher=publisher)
    strange = publishing.add_listed_server("elsewhere")
    for row, views in ((listing, 3), (other, 40), (strange, 500)):
        seen(row, views=views)
        used(row, "wsp_a")
    answer = cast.api("admin", "write").get(f"/api/v1/workspaces/acme/publishers/{publisher.id}/statistics")
    assert answer.data["total"]["views"] == 43
    assert answer.data["total"]["active_workspaces"] == 1, "who ran two of them counts once"
    assert {row["slug"]: row["views"] for row in answer.data["listings"]} == {"orders": 3, "tickets": 40}
    text = page(cast, "publishers/acme-tools/statistics/")
    assert text.index("Tickets") < text.index("Orders"), "the most viewed first"
    text = page(cast, "publishers/acme-tools/statistics/?sort=views")
    assert text.index("Orders") < text.index("Tickets")
    assert "elsewhere" not in text.lower()


def test_csv_has_what_the_page_shows(cast: Cast, publisher: Publisher, listing: Listing) -> None:
    seen(listing, views=3)
    used(listing, "wsp_a", ago=1, errors=1)
    browser = cast.browser("admin")
    whole = browser.get(f"{ROOT}orders/statistics.csv?days=7")
    assert whole["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(whole.getvalue().decode())))
    assert len(rows) == 7
    assert (rows[-1]["views"], rows[-2]["active_workspaces"], rows[-2]["errors"]) == ("3", "1", "1")
    both = browser.get(f"{ROOT}publishers/acme-tools/statistics.csv?days=7").getvalue().decode()
    rows = list(csv.DictReader(io.StringIO(both)))
    assert [(row["listing"], row["runs"], row["views"]) for row in rows] == [("orders", "3", "0"), ("orders", "0", "3")]


@pytest.mark.parametrize("name", ["publishers/acme-tools/statistics/", "first/statistics/?days=90"])
def test_more_listings_and_days_cost_no_more_queries(cast: Cast, publisher: Publisher, name: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(cast, name)
        return len(queries)

    first = publishing.add_listed_server("first", publisher=publisher)
    page(cast, name)
    before = cost()
    for number in range(12):
        listing = publishing.add_listed_server(f"more-{number}", publisher=publisher)
        seen(listing, views=1)
        seen(first, ago=number, views=1)
        used(first, f"wsp_{number}", ago=number, errors=1)
        ListingError.objects.create(listing=first, day=now().date(), kind=f"kind_{number}", runs=1)
    reviewing.crowd(first, [5, 4, 3, 2])
    assert cost() <= before
    assert before <= 26


@pytest.mark.parametrize("scope", ["read", "assistants"])
def test_a_key_that_may_not_write_sees_no_statistics(cast: Cast, listing: Listing, scope: str) -> None:
    address = f"/api/v1/workspaces/acme/listings/{listing.id}/statistics"
    assert cast.api("admin", scope).get(address).status_code == 403
    assert cast.api("admin", "write").get(address).status_code == 200
    assert cast.api("admin", "write").get(f"{address}?days=8").status_code == 400


def test_listings_of_others_are_not_told_of(cast: Cast, listing: Listing) -> None:
    strange = publishing.add_listed_server("elsewhere")
    page(cast, "elsewhere/statistics/", 404)
    page(cast, "elsewhere/statistics.csv", 404)
    page(cast, f"publishers/{strange.publisher.slug}/statistics/", 404)
    api = cast.api("admin", "write")
    assert api.get(f"/api/v1/workspaces/acme/listings/{strange.id}/statistics").status_code == 404
    assert api.get(f"/api/v1/workspaces/acme/publishers/{strange.publisher_id}/statistics").status_code == 404
