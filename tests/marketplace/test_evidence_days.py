"""What follows from many days, and when each listing is looked at. Days pass by the held clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.clock import held_at, now
from core.jobs import run_job
from core.models import Event, Job, Message
from core.permissions import SYSTEM
from marketplace.catalogue.schema import Http
from marketplace.evidence.checks import check
from marketplace.evidence.days import verdict_of
from marketplace.models import Listing, ListingDay, ListingNotice, ProbePlan, Publisher
from marketplace.packages import ServerPackage
from marketplace.services.lifecycle import locked_listing, move_listing
from marketplace.services.probe_plans import AT_ONCE, PROBE, plan_new, start_due
from marketplace.services.probing import record_probe
from marketplace.states import L
from tests.cast import Cast
from tests.marketplace.publishing import add_live_listing, new_publisher

START = datetime(2026, 3, 1, 10, tzinfo=UTC)


def listed(slug: str = "weather", host: str = "", publisher: Publisher | None = None) -> Listing:
    package = ServerPackage(transports=(Http(url=f"https://{host or slug}.example.com/mcp"),))
    return add_live_listing(slug, slug.title(), package, publisher=publisher)


def pass_day(listing: Listing, number: int, outcome: str = "bad") -> Listing:
    """Day `number` goes by with one probe."""
    with held_at(START + timedelta(days=number)):
        version = Listing.objects.select_related("current").get(pk=listing.pk).current
        assert version is not None
        sentence = {"bad": "It cannot be reached."}.get(outcome, "Seen.")
        record_probe(listing=listing, version=version, checks=[check("reachable", outcome, sentence)])
    return Listing.objects.get(pk=listing.pk)


def kinds() -> list[str]:
    rows = Message.objects.filter(kind__startswith="marketplace.evidence").order_by("created_at", "id")
    return [kind.removeprefix("marketplace.evidence_") for kind in rows.values_list("kind", flat=True)]


def test_three_bad_days_lower_thirty_deprecate_and_a_good_one_restores(cast: Cast) -> None:
    listing = listed(publisher=new_publisher(cast.workspace))
    score = pass_day(listing, 0, "good").score
    assert [pass_day(listing, day).health for day in (1, 2)] == ["good", "good"]
    lowered = pass_day(listing, 3)
    assert lowered.health == "bad"
    assert lowered.score < score
    assert kinds() == ["lowered", "lowered"]  # the owner and the admin
    mail = Message.objects.filter(kind="marketplace.evidence_lowered").first()
    assert mail is not None and "It cannot be reached." in mail.text
    for day in range(4, 30):
        assert pass_day(listing, day).state == "live"
    found = pass_day(listing, 30)
    assert (found.state, found.health) == ("deprecated", "bad")
    assert Event.objects.filter(type="listing.deprecated", target=listing.id).count() == 1
    assert kinds() == ["lowered"] * 2 + ["deprecated"] * 2
    pass_day(listing, 31)
    restored = pass_day(listing, 32, "good")
    assert (restored.state, restored.health) == ("live", "good")
    assert restored.score == pytest.approx(score, abs=0.02)
    assert kinds() == ["lowered"] * 2 + ["deprecated"] * 2 + ["restored"] * 2
    assert pass_day(listing, 33, "good").health == "good"
    assert len(kinds()) == 6


def test_nobody_is_mailed_for_a_listing_that_nobody_has_claimed(cast: Cast) -> None:
    listing = listed()
    for day in range(30):
        found = pass_day(listing, day)
    assert (found.state, found.health) == ("deprecated", "bad")
    assert kinds() == []
    assert set(ListingNotice.objects.values_list("kind", flat=True)) == {"lowered", "deprecated"}


def test_a_publisher_has_the_last_word_on_a_deprecation(cast: Cast) -> None:
    listing = listed(publisher=new_publisher(cast.workspace))
    for day in range(30):
        pass_day(listing, day)
    move_listing(actor=SYSTEM, listing=locked_listing(listing), to=L.LIVE)
    assert pass_day(listing, 30).state == "live"
    move_listing(actor=SYSTEM, listing=locked_listing(listing), to=L.DEPRECATED, reason="Take the other one.")
    found = pass_day(listing, 31, "good")
    assert (found.health, found.state, found.state_reason) == ("good", "deprecated", "Take the other one.")


def test_a_day_is_as_bad_as_its_worst_probe(db: None) -> None:
    listing = listed()
    for outcome in ("good", "bad", "good"):
        pass_day(listing, 0, outcome)
    day = ListingDay.objects.get(listing=listing)
    assert (day.outcome, day.note) == ("bad", "It cannot be reached.")


def test_days_that_were_not_probed_neither_lower_nor_restore(db: None) -> None:
    first = START.date()
    days: list[tuple[Any, str]] = [(first + timedelta(days=n), "bad") for n in (5, 4, 2)]
    assert verdict_of([days[0], (first + timedelta(days=3), "unprobed"), *days[1:]]).health == "bad"
    # Nobody knows how it was for more than a week.
    assert verdict_of([*days[:2], (first - timedelta(days=20), "bad")]).health is None
    assert verdict_of([(first, "unprobed")]).health == "unprobed"
    assert verdict_of([]).health is None
    poor = [(first - timedelta(days=n), one) for n, one in enumerate(("poor", "bad", "poor", "good"))]
    assert verdict_of(poor).health == "poor"


def test_every_listing_is_planned_within_a_day_and_probed_at_its_own_time(db: None) -> None:
    listings = [listed(f"one-{number}") for number in range(20)]
    with held_at(START):
        plan_new()
        dues = list(ProbePlan.objects.values_list("due_at", flat=True))
        assert len(dues) == 20
        assert all(START <= due <= START + timedelta(days=1) for due in dues)
        assert max(dues) - min(dues) > timedelta(hours=6)
    pass_day(listings[0], 0, "good")
    first = ProbePlan.objects.get(listing=listings[0]).due_at
    pass_day(listings[0], 1, "good")
    second = ProbePlan.objects.get(listing=listings[0]).due_at
    assert first.date() == START.date() + timedelta(days=1)
    assert abs(second - first - timedelta(days=1)) <= timedelta(minutes=30)


def test_few_run_at_once_and_one_of_a_host(db: None) -> None:
    for number in range(8):
        listed(f"other-{number}")
    for number in range(4):
        listed(f"same-{number}", host="shared")
    with held_at(START):
        plan_new()
    ProbePlan.objects.update(due_at=now() - timedelta(hours=1))
    ProbePlan.objects.filter(host="shared.example.com").update(due_at=now() - timedelta(hours=2))
    assert start_due() == AT_ONCE
    subjects = list(Job.objects.filter(task=PROBE).values_list("subject", flat=True))
    hosts = list(ProbePlan.objects.filter(listing__in=subjects).values_list("host", flat=True))
    assert len(subjects) == AT_ONCE
    assert hosts.count("shared.example.com") == 1
    assert start_due() == 0
    Job.objects.filter(task=PROBE).update(state="done")
    ProbePlan.objects.filter(listing__in=subjects).delete()
    assert start_due() == AT_ONCE


def test_a_listing_that_is_removed_is_looked_at_no_more(db: None) -> None:
    from marketplace.services.probing import probe_listing

    listing = listed()
    plan_new()
    move_listing(actor=SYSTEM, listing=locked_listing(listing), to=L.REMOVED)
    assert probe_listing(listing_id=listing.id) is None
    assert not ProbePlan.objects.exists()


def test_a_probe_that_fails_on_our_side_waits_for_tomorrow(db: None) -> None:
    listing = listed()
    plan_new()
    listing.versions.update(package={"kind": "nonsense"})
    ProbePlan.objects.update(due_at=now() - timedelta(hours=1))
    assert start_due() == 1
    job = Job.objects.get(task=PROBE)
    for _attempt in range(3):
        Job.objects.update(due_at=now() - timedelta(seconds=1), leased_until=None)
        run_job(job.id)
    job.refresh_from_db()
    assert job.state == "failed"
    assert ProbePlan.objects.get().due_at > now()
    assert not ListingDay.objects.exists()
