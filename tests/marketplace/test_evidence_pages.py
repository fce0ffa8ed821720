"""What was measured, on the listing's page, over the API, and in the operator's list."""

from __future__ import annotations

from datetime import timedelta

from core.clock import held_at, now
from core.models import Job
from marketplace.catalogue.schema import Http, Stdio
from marketplace.evidence.checks import check
from marketplace.models import Listing, ListingUse, ProbePlan
from marketplace.packages import ServerPackage
from marketplace.services.probe_plans import PROBE, plan_new
from marketplace.services.probing import record_probe
from tests.cast import Cast
from tests.marketplace.publishing import add_live_listing, new_publisher


def measured(cast: Cast) -> Listing:
    package = ServerPackage(transports=(Http(url="https://weather.example.com/mcp"),))
    listing = add_live_listing("weather", "Weather", package, publisher=new_publisher(cast.workspace))
    assert listing.current is not None
    for back, outcome in ((2, "good"), (1, "bad"), (0, "good")):
        sentence = "It cannot be reached." if outcome == "bad" else "It answers."
        checks = [
            check("reachable", outcome, sentence),
            check("latency", "good", "Quick.", 120),
            check("tokens", "good", "Small.", 1480),
        ]
        with held_at(now() - timedelta(days=back)):
            record_probe(listing=listing, version=listing.current, checks=checks)
    ListingUse.objects.create(
        listing=listing, workspace="wsp_x", day=now().date(), runs=18_420, runs_ok=18_185, duration_ms=18_420 * 6_200
    )
    ListingUse.objects.create(
        listing=listing, workspace="wsp_x", day=now().date() - timedelta(days=31), runs=500, runs_ok=0, duration_ms=1
    )
    return listing


def test_the_page_shows_numbers_days_and_checks(cast: Cast) -> None:
    measured(cast)
    page = cast.browser("anonymous").get("/marketplace/weather/").text
    for text in ("Evidence", "98.7", "of 18,420", "1,480", "Reachable", "It answers.", "It cannot be reached."):
        assert text in page, text
    assert "Probe again" not in page
    assert "Probe again" in cast.browser("owner").get("/marketplace/weather/").text
    assert "Probe again" in cast.browser("operator").get("/marketplace/weather/").text
    assert "Probe again" not in cast.browser("viewer").get("/marketplace/weather/").text


def test_what_is_not_probed_says_why(cast: Cast) -> None:
    package = ServerPackage(transports=(Stdio(runtime="npx", args=("-y", "thing")),))
    listing = add_live_listing("thing", "Thing", package)
    plan_new()
    listing.refresh_from_db()
    assert listing.health == "unprobed"
    assert "cannot be" not in cast.browser("anonymous").get("/marketplace/thing/").text
    assert "sandbox" in cast.browser("anonymous").get("/marketplace/thing/").text
    assert "sandbox" in cast.api("anonymous").get("/api/v1/listings/thing/evidence").json()["reason"]


def test_it_is_probed_again_by_its_publisher_every_15_minutes(cast: Cast) -> None:
    listing = measured(cast)
    url = "/marketplace/weather/probe/"
    assert cast.browser("viewer").post(url).status_code == 403
    assert cast.browser("outsider").post(url).status_code == 403
    assert cast.browser("owner").post(url).status_code == 302
    assert Job.objects.filter(task=PROBE, subject=listing.id).count() == 1
    answer = cast.api("operator").post("/api/v1/listings/weather/probe")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_soon")
    ProbePlan.objects.update(asked_at=now() - timedelta(minutes=16))
    assert cast.api("operator").post("/api/v1/listings/weather/probe").status_code == 202
    assert cast.api("outsider").post("/api/v1/listings/weather/probe").status_code == 403


def test_the_api_tells_everybody(cast: Cast) -> None:
    measured(cast)
    found = cast.api("anonymous").get("/api/v1/listings/weather/evidence").json()
    assert (found["health"], found["runs"], found["typical_ms"], found["tokens"]) == ("good", 18_420, 6_200, 1480)
    assert [day["outcome"] for day in found["days"]] == ["good", "bad", "good"]
    assert found["checks"][0] == {"code": "reachable", "outcome": "good", "sentence": "It answers."}
    assert cast.api("anonymous").get("/api/v1/listings/nothing/evidence").status_code == 404


def test_the_operator_sees_what_is_in_trouble(cast: Cast) -> None:
    listing = measured(cast)
    url = "/operator/evidence/"
    assert "Weather" not in cast.browser("operator").get(url).text
    Listing.objects.filter(pk=listing.pk).update(health="bad")
    page = cast.browser("operator").get(url).text
    assert "Weather" in page
    assert "It cannot be reached." in page
    assert "Weather" not in cast.browser("operator").get(url + "?health=poor").text
    assert cast.browser("owner").get(url).status_code == 404
