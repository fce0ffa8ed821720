"""Ratings counted anew: which reviews count, what each weighs, and the number on the listing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Sum

from accounts.models import Membership
from core.clock import now
from core.jobs import enqueue_job
from marketplace.models import Listing, Review
from marketplace.rating import NETWORK_WINDOW, Ballot, Rating, Verdict, judge, mean_of_market, rate
from marketplace.selectors.rings import houses_of_review, ring_reviews
from marketplace.services import ranking
from marketplace.signals import listing_changed

RECOUNT = "marketplace.recount_ratings"
MOST_AROUND = 100
"""Listings of a reviewer who publishes that are counted at once; the nightly count has the others."""
_MEAN, _MEAN_S = "marketplace.mean", 3600
_FIELDS = ("rating_count", "rating_mean", "rating_low", "rating_high", "rating_made")


def queue_recount(*, listing_id: str) -> None:
    """Have a listing's rating counted by a worker, in the caller's transaction."""
    enqueue_job(task=RECOUNT, subject=listing_id)


def queue_recounts(*, review: Review) -> None:
    """Have counted anew what a review moves: its listing, and those of a publisher that it may make part of a ring."""
    queue_recount(listing_id=review.listing_id)
    if houses := houses_of_review(review):
        theirs = Review.objects.filter(listing__publisher__workspace__in=houses).values_list("listing", flat=True)
        for id in theirs.order_by("listing").distinct()[:MOST_AROUND]:
            queue_recount(listing_id=id)


def recount_ratings(*, listing_id: str) -> bool:
    """Count one listing anew. Did its number move? May run twice without harm."""
    market = market_mean()
    with transaction.atomic():
        listing = Listing.objects.select_for_update(no_key=True, of=("self",)).filter(pk=listing_id).first()
        if listing is None:
            return False
        reviews = list(Review.objects.filter(listing=listing).select_related("workspace", "user").defer("text"))
        ballots = ballots_of(listing, reviews)
        verdicts = judge(ballots, now())
        _write_reviews(reviews, verdicts)
        moved = _write_listing(listing, rate(ballots, verdicts, market), market)
        if moved:
            listing_changed.send(Listing, listing_id=listing.id)
    if moved:
        ranking.recount(listing_ids=[listing.id])
    return moved


def queue_all() -> int:
    """Every listing that has a review: weights fall with time, workspaces grow older. How many."""
    market_mean(fresh=True)
    ids = list(Review.objects.order_by("listing").values_list("listing", flat=True).distinct())
    for id in ids:
        queue_recount(listing_id=id)
    return len(ids)


def forget_networks(*, moment: datetime | None = None) -> int:
    """Networks are kept for 90 days; what they told of a review stays with it."""
    before = (moment or now()) - NETWORK_WINDOW
    return Review.objects.filter(created_at__lt=before).exclude(network=b"").update(network=b"")


def market_mean(*, fresh: bool = False) -> float:
    """The mean over all ratings that count, at most an hour old."""
    found = None if fresh else cache.get(_MEAN)
    if found is None:
        counted = Review.objects.filter(state=Review.State.SHOWN, left_out="", weight__gt=0)
        sums = counted.aggregate(total=Sum("weight"), points=Sum(F("weight") * F("stars")))
        found = mean_of_market(sums["total"] or 0.0, sums["points"] or 0.0)
        cache.set(_MEAN, found, _MEAN_S)
    return float(found)


def ballots_of(listing: Listing, reviews: Sequence[Review]) -> list[Ballot]:
    """What counting needs to know. `workspace` and `user` of the reviews must be loaded."""
    members = _members([review.workspace_id for review in reviews])
    publishers = _publishers_people(listing)
    rings = ring_reviews(listing, reviews, members)
    theirs = listing.publisher.workspace_id
    ballots = []
    for review in reviews:
        belong = members.get(review.workspace_id, {})
        writer = {review.user_id} if review.user_id else set()
        ballots.append(
            Ballot(
                id=review.id, stars=review.stars, written=review.created_at, founded=review.workspace.created_at,
                days=review.days, edited=review.edited_at,
                people=frozenset(writer | {user for user, role in belong.items() if role == Membership.Role.OWNER}),
                network=bytes(review.network),
                related=review.workspace_id == theirs or bool((writer | belong.keys()) & publishers),
                ring=review.id in rings,
                suspended=review.workspace.suspended_at is not None or _ended(review),
                state=review.state, was=review.left_out,
            )
        )  # fmt: skip
    return ballots


def _ended(review: Review) -> bool:
    return review.user is not None and not review.user.is_active


def _members(workspaces: Iterable[str]) -> Mapping[str, dict[str, str]]:
    """{workspace: {user: role}}."""
    found: dict[str, dict[str, str]] = {}
    rows = Membership.objects.filter(workspace__in=list(workspaces))
    for workspace, user, role in rows.values_list("workspace_id", "user_id", "role"):
        found.setdefault(workspace, {})[user] = role
    return found


def _publishers_people(listing: Listing) -> set[str]:
    theirs = listing.publisher.workspace_id
    if theirs is None:
        return set()
    return set(Membership.objects.filter(workspace=theirs).values_list("user_id", flat=True))


def _write_reviews(reviews: Iterable[Review], verdicts: Mapping[str, Verdict]) -> None:
    moved = []
    for review in reviews:
        verdict = verdicts[review.id]
        if (review.weight, review.left_out) != (verdict.weight, verdict.left_out):
            review.weight, review.left_out = verdict.weight, verdict.left_out
            moved.append(review)
    Review.objects.bulk_update(moved, ["weight", "left_out"], batch_size=500)


def _write_listing(listing: Listing, rating: Rating, market: float) -> bool:
    made = {"own": rating.own, "market": market, "stars": list(rating.stars), "left_out": dict(rating.left_out)}
    values = rating.count, rating.mean, rating.low, rating.high, made if rating.count or rating.left_out else {}
    if values == tuple(getattr(listing, name) for name in _FIELDS):
        return False
    for name, value in zip(_FIELDS, values, strict=True):
        setattr(listing, name, value)
    listing.save(update_fields=_FIELDS)
    return True
