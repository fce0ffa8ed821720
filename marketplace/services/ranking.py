"""How listings are ordered among equals: (rating + use + reliability + freshness) times trust, each part kept.

Every part lies between 0 and 1 and starts from what is likely for a newcomer, so that none is buried for being new and
few loud friends move nothing: ratings count by the lower end of their range, use by distinct workspaces.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Sum

from core.clock import now
from marketplace.models import Listing, ListingStat
from marketplace.signals import listings_changed

WEIGHTS = {"rating": 0.35, "workspaces": 0.25, "reliability": 0.25, "freshness": 0.15}
MANY_WORKSPACES = 1_000
"""From here more workspaces say nothing more."""
PRIOR_RUNS, PRIOR_OK = 20, 18
"""Runs that are taken for granted, and how many of them were good."""
HALF_LIFE = timedelta(days=365)
HEALTH = {"good": 1.0, "unknown": 0.9, "unprobed": 0.85, "poor": 0.75, "bad": 0.5}
CHUNK = 2_000
WINDOW = timedelta(days=7)
"""Trend: use of the last seven days against that of the seven before."""


def recount(*, listing_ids: Iterable[str], tell: bool = True) -> int:
    """Count score, its parts and the trend of these listings anew; search hears of those that moved. How many did."""
    ids, moved = list(listing_ids), 0
    for at in range(0, len(ids), CHUNK):
        moved += _recount_chunk(ids[at : at + CHUNK], tell)
    return moved


def recount_due() -> int:
    """All shown listings. Freshness moves slowly, so most of them stay as they are."""
    shown = Listing.objects.filter(state__in=Listing.SHOWN).order_by("pk").values_list("pk", flat=True)
    return recount(listing_ids=list(shown.iterator()))


def parts_of(listing: Listing, moment: datetime) -> dict[str, float]:
    """The parts of the score, rounded, as its creator sees them. `publisher` must be loaded."""
    return {
        "rating": round(_rating(listing), 3),
        "workspaces": round(min(1.0, math.log1p(listing.workspaces) / math.log1p(MANY_WORKSPACES)), 3),
        "reliability": round((listing.runs_ok + PRIOR_OK) / (listing.runs + PRIOR_RUNS), 3),
        "freshness": round(_freshness(listing, moment), 3),
        "trust": round(_trust(listing), 3),
    }


def score_of(parts: dict[str, float]) -> float:
    """Between 0 and 1."""
    return round(sum(weight * parts[name] for name, weight in WEIGHTS.items()) * parts["trust"], 4)


def _rating(listing: Listing) -> float:
    """The lower end on a scale from 0 to 1; 3 stars while there are too few."""
    low = listing.rating_low if listing.rating_count >= 10 else 3.0
    return max(0.0, min(1.0, (low - 1) / 4))


def _freshness(listing: Listing, moment: datetime) -> float:
    """Halves each year since its current version went live, in steps of a week so that rows do not move daily."""
    version = listing.current
    since = (version.published_at if version else None) or listing.published_at or moment
    weeks = max(0, (moment - since).days // 7)
    return float(0.5 ** (weeks * 7 / HALF_LIFE.days))


def _trust(listing: Listing) -> float:
    """Who stands behind it, what the evidence says, whether it is advised against."""
    trust = HEALTH.get(listing.health, 0.9) * (1.0 if listing.publisher.proof else 0.9)
    return trust * (0.6 if listing.state == Listing.State.DEPRECATED else 1.0)


def _recount_chunk(ids: Sequence[str], tell: bool) -> int:
    moment = now()
    rows = Listing.objects.filter(pk__in=ids).select_related("publisher", "current")
    only = (
        "rating_low", "rating_count", "workspaces", "runs", "runs_ok", "health", "state", "published_at", "score",
        "score_parts", "trend", "publisher__proof", "current__published_at",
    )  # fmt: skip
    trends = _trends(ids, moment)
    moved = []
    for listing in rows.only(*only):
        parts = parts_of(listing, moment)
        new = score_of(parts), parts, trends.get(listing.pk, 0.0)
        if new != (listing.score, listing.score_parts, listing.trend):
            listing.score, listing.score_parts, listing.trend = new
            moved.append(listing)
    with transaction.atomic():
        Listing.objects.bulk_update(moved, ["score", "score_parts", "trend"], batch_size=500)
        if moved and tell:
            listings_changed.send(Listing, listing_ids=[listing.pk for listing in moved])
    return len(moved)


def _trends(ids: Sequence[str], moment: datetime) -> dict[str, float]:
    """How much more it is used and looked at than the week before; damped, so that one run from nothing is no trend."""
    today = moment.date()
    sql = """
        SELECT listing_id, count(DISTINCT workspace) FILTER (WHERE day > %(mid)s),
            count(DISTINCT workspace) FILTER (WHERE day <= %(mid)s)
        FROM marketplace_listinguse WHERE listing_id = ANY(%(ids)s) AND day > %(start)s GROUP BY 1"""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"ids": list(ids), "mid": today - WINDOW, "start": today - 2 * WINDOW})
        used = {listing: (new, old) for listing, new, old in cursor.fetchall()}
    looked = dict(
        ListingStat.objects.filter(listing__in=ids, day__gt=today - WINDOW)
        .values_list("listing_id")
        .annotate(looks=Sum("views") + 5 * Sum("trials") + 10 * Sum("installs"))
    )
    trends = {}
    for listing in used.keys() | looked.keys():
        new, old = used.get(listing, (0, 0))
        growth = (new - old) / math.sqrt(new + old + 4)
        trends[listing] = round(max(0.0, growth) + math.log10(1 + looked.get(listing, 0)), 3)
    return trends
