"""When each listing is looked at: daily, each at a time of its own, few at once, one at a time of a host."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from core.clock import now
from core.jobs import enqueue_job
from core.models import Job
from marketplace.models import Listing, ListingVersion, ProbePlan
from marketplace.packages import read_package
from marketplace.selectors.targets import can_probe, host_of

PROBE = "marketplace.probe_listing"
DAY_S = 86_400
JITTER_S = 900
AT_ONCE = 4
"""Probes that wait or run at any time, so that they never stand in the way of other work of the queue."""
AT_ONE_HOST = 1
SOON_S = 600
"""What just went live is looked at within ten minutes."""
CHUNK = 500


def plan_next(*, listing: Listing, version: ListingVersion) -> None:
    """It was looked at just now: the next time is tomorrow, at about the time of day that is its own."""
    moment = now()
    package = read_package(version.package)
    if not can_probe(listing, package):
        ProbePlan.objects.filter(listing=listing).delete()
        return
    ProbePlan.objects.update_or_create(
        listing=listing,
        defaults={"host": host_of(listing, package), "probed_at": moment, "due_at": _tomorrow(listing.id, moment)},
    )


def plan_listings(*, listing_ids: Iterable[str], within_s: float = DAY_S) -> int:
    """Plan a first look at those that can be probed, spread over `within_s`; the others are marked as not probed.

    Returns how many were planned.
    """
    rows = Listing.objects.filter(pk__in=list(listing_ids), state__in=Listing.SHOWN).exclude(current=None)
    plans, unprobed = [], []
    for listing in rows.select_related("current"):
        assert listing.current is not None
        package = read_package(listing.current.package)
        if can_probe(listing, package):
            due = now() + timedelta(seconds=random.uniform(0, within_s))  # noqa: S311
            plans.append(ProbePlan(listing=listing, host=host_of(listing, package), due_at=due))
        else:
            unprobed.append(listing.pk)
    with transaction.atomic():
        ProbePlan.objects.bulk_create(plans, ignore_conflicts=True)
        ProbePlan.objects.filter(listing__in=unprobed).delete()
        Listing.objects.filter(pk__in=unprobed, health="unknown").update(health="unprobed")
    return len(plans)


def postpone(*, listing_id: str) -> None:
    """Our own side failed at it again and again: it waits for tomorrow, and nothing is said of it."""
    ProbePlan.objects.filter(listing=listing_id).update(due_at=_tomorrow(listing_id, now()))


def plan_soon(*, listing_id: str) -> None:
    """A version went live: it is looked at within minutes, whatever was planned."""
    ProbePlan.objects.filter(listing=listing_id).delete()
    plan_listings(listing_ids=[listing_id], within_s=SOON_S)


def plan_new() -> int:
    """Plan what is shown and has no plan yet, as after an import. Returns how many were looked through."""
    planned = Exists(ProbePlan.objects.filter(listing=OuterRef("pk")))
    rows = Listing.objects.filter(~planned, state__in=Listing.SHOWN, health="unknown").order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[: 20 * CHUNK])
    for at in range(0, len(ids), CHUNK):
        plan_listings(listing_ids=ids[at : at + CHUNK])
    return len(ids)


def start_due() -> int:
    """Start the probes that are due, at most AT_ONCE at any time and AT_ONE_HOST with one host. Returns how many."""
    live = Job.objects.filter(Q(state=Job.State.WAITING) | Q(state=Job.State.RUNNING), task=PROBE)
    busy = list(live.values_list("subject", flat=True)[:1_000])
    room = AT_ONCE - len(busy)
    if room <= 0:
        return 0
    hosts: dict[str, int] = {}
    for host in ProbePlan.objects.filter(listing__in=busy).values_list("host", flat=True):
        hosts[host] = hosts.get(host, 0) + 1
    due = ProbePlan.objects.filter(due_at__lte=now()).exclude(listing__in=busy)
    full = [host for host, count in hosts.items() if host and count >= AT_ONE_HOST]
    started = 0
    for plan in due.exclude(host__in=full).order_by("due_at")[: 50 * AT_ONCE]:
        if started == room:
            break
        if plan.host and hosts.get(plan.host, 0) >= AT_ONE_HOST:
            continue
        hosts[plan.host] = hosts.get(plan.host, 0) + 1
        enqueue_job(task=PROBE, subject=plan.listing_id)
        started += 1
    return started


def _tomorrow(listing_id: str, moment: datetime) -> datetime:
    """Tomorrow at the listing's own time of day, give or take a quarter of an hour."""
    slot = int(hashlib.sha256(listing_id.encode()).hexdigest()[:8], 16) % (DAY_S - 2 * JITTER_S) + JITTER_S
    start = datetime.combine(moment.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    return start + timedelta(seconds=slot + random.uniform(-JITTER_S, JITTER_S))  # noqa: S311
