"""Looking at a listing and keeping what was seen: a probe, the day's worst, and what follows from many days.

probe_listing(listing_id="lst_…")         # in a worker; may run twice
request_probe(actor=actor, listing=listing)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import in_workspace
from core.clock import now
from core.decision import Principal
from core.errors import ServiceProblem
from core.events import record_event
from core.jobs import enqueue_job
from core.permissions import INSTALLATION, allowed, require
from marketplace.evidence.checks import SILENT, Check, check, checks_of, worst
from marketplace.evidence.drift import Seen, seen_of_listed
from marketplace.gateways.looking import Limits, Look, look_at
from marketplace.models import Listing, ListingDay, ListingVersion, Probe, ProbePlan
from marketplace.packages import AssistantPackage, ServerPackage, read_package
from marketplace.selectors.targets import asks_for_key, reason_unprobed, spec_of
from marketplace.services.examples import example_checks
from marketplace.services.health import judge_listing
from marketplace.services.lifecycle import locked_listing
from marketplace.services.probe_plans import PROBE, plan_listings, plan_next
from proxy.adapters import runtime

AGAIN = timedelta(minutes=15)
"""How often somebody may have one listing probed out of turn."""
START_S = 30.0
"""Seconds that our own program may take to start."""
CUT_OFF_AFTER, CUT_OFF_WITHIN = 8, timedelta(hours=2)
KEPT = timedelta(days=45)
NOTE = 200


class TooSoon(ServiceProblem):
    """It was probed out of turn a moment ago."""

    code, status = "too_soon", 429


def probe_listing(*, listing_id: str, limits: Limits | None = None) -> Probe | None:
    """Look at a listing and keep what was seen; None for one that is not shown. Raises JobLater while examples run."""
    rows = Listing.objects.filter(pk=listing_id, state__in=Listing.SHOWN).exclude(current=None)
    listing = rows.select_related("current", "publisher").first()
    if listing is None or listing.current is None:
        ProbePlan.objects.filter(listing=listing_id).delete()
        return None
    package = read_package(listing.current.package)
    if isinstance(package, AssistantPackage):
        checks = example_checks(listing=listing, version=listing.current, package=package)
    else:
        checks = _server_checks(listing, listing.current, package, limits or Limits())
    return record_probe(listing=listing, version=listing.current, checks=checks)


def record_probe(*, listing: Listing, version: ListingVersion, checks: Sequence[Check]) -> Probe:
    """Keep a look of now: the probe, the worst of its day, the listing's health, and when it is looked at next."""
    outcome = worst(one["outcome"] for one in checks)
    values = {one["code"]: one["value"] for one in checks}
    with transaction.atomic():
        listing = locked_listing(listing)
        probe = Probe.objects.create(
            listing=listing, version=version, outcome=outcome, checks=list(checks),
            latency_ms=values.get("latency"), tokens=values.get("tokens"),
        )  # fmt: skip
        _keep_day(listing, outcome, checks)
        plan_next(listing=listing, version=version)
        judge_listing(listing=listing)
    return probe


def request_probe(*, actor: Principal, listing: Listing) -> None:
    """Have it probed soon, out of turn. For whoever manages the listing, and the operator.

    Raises PermissionProblem, ServiceProblem `unprobed` where there is nothing to look at, TooSoon.
    """
    _require(actor, listing)
    with transaction.atomic():
        plan_listings(listing_ids=[listing.id])
        plan = ProbePlan.objects.select_for_update().filter(listing=listing).first()
        if plan is None:
            raise ServiceProblem(reason_unprobed(listing) or _("There is nothing to probe."), code="unprobed")
        moment = now()
        if plan.asked_at is not None and moment - plan.asked_at < AGAIN:
            minutes = int((plan.asked_at + AGAIN - moment).total_seconds() // 60) + 1
            raise TooSoon(_("It was probed a moment ago. Ask again in %d minutes.") % minutes)
        plan.asked_at = plan.due_at = moment
        plan.save(update_fields=["asked_at", "due_at"])
        record_event(
            type="listing.probe_asked", actor=actor, workspace_id=listing.publisher.workspace_id or "",
            target_kind="listing", target=listing.id, data={"name": listing.name, "slug": listing.slug},
        )  # fmt: skip
        enqueue_job(task=PROBE, subject=listing.id)


def may_probe(actor: Principal, listing: Listing) -> bool:
    """May `actor` have it probed out of turn?"""
    return allowed(actor, "operator.manage", INSTALLATION) or (
        listing.publisher.workspace_id is not None
        and allowed(actor, "listing.manage", in_workspace(listing.publisher.workspace_id, "listing", listing.id))
    )


def forget_probes(*, limit: int = 10_000) -> int:
    """Delete probes that are older than any page shows. The newest of a listing is probed again long before."""
    old = Probe.objects.filter(created_at__lt=now() - KEPT).order_by("pk").values_list("pk", flat=True)[:limit]
    return Probe.objects.filter(pk__in=list(old)).delete()[0]


def _require(actor: Principal, listing: Listing) -> None:
    if may_probe(actor, listing):
        return
    workspace = listing.publisher.workspace_id
    require(actor, "listing.manage", in_workspace(workspace, "listing", listing.id) if workspace else INSTALLATION)


def _server_checks(listing: Listing, version: ListingVersion, package: ServerPackage, limits: Limits) -> list[Check]:
    spec = spec_of(listing, package)
    if spec is None:
        return [check("reachable", "unprobed", reason_unprobed(listing))]
    if spec.transport == "stdio":
        limits = msgspec.structs.replace(limits, open_s=max(limits.open_s, START_S))
    try:
        look: Look = runtime.run(lambda engine: look_at(engine.upstreams, spec, limits), timeout_s=limits.whole_s)
    except TimeoutError:
        return [check("reachable", "bad", _("It did not answer in time."), "timeout")]
    if look.problem is not None and look.problem.kind in SILENT and _cut_off(listing):
        return [
            check("reachable", "unprobed", _("Not probed: Crossroads itself could reach nobody."), look.problem.kind)
        ]
    before, since = _baseline(listing, version, package)
    return checks_of(look, before=before, since=since, asks=asks_for_key(package))


def _cut_off(listing: Listing) -> bool:
    """Were all the last remote listings silent too? Then it is our own line that is down, and nobody is to blame."""
    others = Probe.objects.exclude(listing=listing).filter(listing__probe_plan__host__gt="")
    recent = others.filter(created_at__gte=now() - CUT_OFF_WITHIN).order_by("-id")[:CUT_OFF_AFTER]
    silent = {found for found, checks in recent.values_list("listing", "checks") if checks[0]["value"] in SILENT}
    return len(silent) == CUT_OFF_AFTER


def _baseline(listing: Listing, version: ListingVersion, package: ServerPackage) -> tuple[Seen, str]:
    """The tools as they were listed. Where the listing names none, or another catalogue described them, as the first
    probe of this version saw them."""
    if package.tools and not listing.source.startswith("import:"):
        return seen_of_listed(package.tools), (version.published_at or version.created_at).date().isoformat()
    for checks in Probe.objects.filter(version=version).order_by("-id").values_list("checks", flat=True)[:50]:
        for one in checks:
            if one["code"] == "drift" and one["value"]:
                return one["value"]["base"], one["value"]["since"]
    return {}, now().date().isoformat()


def _keep_day(listing: Listing, outcome: str, checks: Sequence[Check]) -> None:
    today = now().astimezone(UTC).date()
    day, made = ListingDay.objects.select_for_update().get_or_create(
        listing=listing, day=today, defaults={"outcome": outcome, "note": _note(outcome, checks)}
    )
    if not made and worst((day.outcome, outcome)) != day.outcome:
        day.outcome, day.note = outcome, _note(outcome, checks)
        day.save(update_fields=["outcome", "note"])


def _note(outcome: str, checks: Sequence[Check]) -> str:
    """What was wrong, in one sentence; a good day says nothing."""
    said = next((one["sentence"] for one in checks if one["outcome"] == outcome), "")
    return said[:NOTE] if outcome != "good" else ""
