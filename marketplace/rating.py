"""How a listing's rating is made: which reviews count, what each weighs, the number and its likely range. Pure.

    verdicts = judge(ballots, now)          which count, with what weight, and why the others do not
    result = rate(ballots, verdicts, 4.1)   the padded mean and its range, or none below ten

Of those who belong together the first counts and the later ones do not, so that nobody can silence a review by
writing another beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LEAST = 10
"""Ratings that must count before a number is shown."""
PADDING = 20
"""Ratings at the marketplace's mean that are added to every listing."""
START_MEAN = 4.0
"""The marketplace's mean while it has no ratings."""
SPREAD = 1.0
"""Variance of the ratings that are added."""
Z_90 = 1.645
"""Standard errors to either side that hold 90 % of a normal distribution."""
HALF_LIFE = timedelta(days=365)
LEAST_RECENT = 0.1
NETWORK_WINDOW = timedelta(days=90)
"""One review from a network counts in this time; then the network is forgotten."""
BURST, BURST_WINDOW = 10, timedelta(days=1)
"""How many from new workspaces count within the window."""
NEW = timedelta(days=30)
"""How long a workspace is new."""
REASONS = ("publisher", "suspended", "held", "removed", "ring", "person", "network", "burst")


@dataclass(frozen=True)
class Ballot:
    """What counting needs to know of one review. `people`: its writer and the owners of its workspace."""

    id: str
    stars: int
    written: datetime
    founded: datetime
    """When its workspace was made."""
    days: int = 2
    """On how many days the workspace had run the listing."""
    edited: datetime | None = None
    people: frozenset[str] = frozenset()
    network: bytes = b""
    related: bool = False
    """Its workspace shares somebody with the publisher's, or is it."""
    ring: bool = False
    """It is praise between publishers who praise one another."""
    suspended: bool = False
    state: str = "shown"
    was: str = ""
    """Why it was left out when it was last counted."""


@dataclass(frozen=True)
class Verdict:
    """`weight` is 0 exactly when there is a reason to leave the review out."""

    weight: float
    left_out: str = ""


@dataclass(frozen=True)
class Rating:
    """Stars from 1 to 5. `mean`, `low` and `high` are 0 while fewer than ten count."""

    count: int = 0
    own: float = 0
    """Weighted mean of those that count."""
    mean: float = 0
    low: float = 0
    high: float = 0
    stars: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    """How many of those that count gave one star, two, and so on."""
    left_out: Mapping[str, int] = field(default_factory=dict)


def judge(ballots: Sequence[Ballot], moment: datetime) -> dict[str, Verdict]:
    """What each review weighs, by id. The order of `ballots` does not matter."""
    found: dict[str, Verdict] = {}
    people: set[str] = set()
    networks: dict[bytes, datetime] = {}
    recent: list[datetime] = []
    for ballot in sorted(ballots, key=lambda one: (one.written, one.id)):
        reason = _reason(ballot, people, networks, recent)
        found[ballot.id] = Verdict(0.0, reason) if reason else Verdict(weight_of(ballot, moment))
        if not reason:
            people |= ballot.people
            networks[ballot.network] = ballot.written
            if _is_new(ballot):
                recent.append(ballot.written)
    return found


def weight_of(ballot: Ballot, moment: datetime) -> float:
    """Trust times recency, more than 0 and at most 1."""
    return round(trust_of(ballot, moment) * recency_of(ballot.edited or ballot.written, moment), 4)


def trust_of(ballot: Ballot, moment: datetime) -> float:
    """From 0.4 for a workspace of today that ran it on two days, to 1 after three months and on ten days."""
    age = max(0, (moment - ballot.founded).days)
    return 0.4 + 0.3 * min(1.0, age / 90) + 0.3 * min(1.0, max(0, ballot.days - 2) / 8)


def recency_of(written: datetime, moment: datetime) -> float:
    """Halves each year down to a tenth, in steps of a week so that rows do not move daily."""
    weeks = max(0, (moment - written).days // 7)
    return max(LEAST_RECENT, float(0.5 ** (weeks * 7 / HALF_LIFE.days)))


def rate(ballots: Sequence[Ballot], verdicts: Mapping[str, Verdict], market_mean: float) -> Rating:
    """The number of a listing. The range comes from its own ratings alone: those that are added are no evidence."""
    counted = [(verdicts[one.id].weight, one.stars) for one in ballots if not verdicts[one.id].left_out]
    left_out: dict[str, int] = {}
    for one in ballots:
        reason = verdicts[one.id].left_out
        if reason and reason != "removed":
            left_out[reason] = left_out.get(reason, 0) + 1
    stars = [sum(1 for _weight, given in counted if given == number) for number in range(1, 6)]
    total = math.fsum(weight for weight, _stars in counted)
    own = math.fsum(weight * given for weight, given in counted) / total if total else 0.0
    base = Rating(len(counted), round(own, 2), stars=tuple(stars), left_out=left_out)  # type: ignore[arg-type]
    if len(counted) < LEAST:
        return base
    mean = (total * own + PADDING * market_mean) / (total + PADDING)
    error = _standard_error(counted, total, own)
    return Rating(
        base.count, base.own, round(mean, 2), round(max(1.0, mean - Z_90 * error), 2),
        round(min(5.0, mean + Z_90 * error), 2), base.stars, left_out,
    )  # fmt: skip


def mean_of_market(total_weight: float, total_stars: float) -> float:
    """The mean over all ratings that count anywhere, padded itself while there are few. `total_stars` is weighted."""
    return round((total_stars + PADDING * START_MEAN) / (total_weight + PADDING), 2)


def _reason(ballot: Ballot, people: set[str], networks: Mapping[bytes, datetime], recent: Sequence[datetime]) -> str:
    """Why a review does not count, given those before it that do; "" when it counts."""
    if ballot.state != "shown":
        return "held" if ballot.state == "held" else "removed"
    if ballot.related:
        return "publisher"
    if ballot.suspended:
        return "suspended"
    if ballot.ring:
        return "ring"
    if ballot.people & people:
        return "person"
    if not ballot.network:
        if ballot.was == "network":  # the network is forgotten by now, what it told is not
            return "network"
    elif (last := networks.get(ballot.network)) is not None and ballot.written - last < NETWORK_WINDOW:
        return "network"
    if _is_new(ballot) and len(recent) >= BURST and ballot.written - recent[-BURST] < BURST_WINDOW:
        return "burst"
    return ""


def _is_new(ballot: Ballot) -> bool:
    return ballot.written - ballot.founded < NEW


def _standard_error(counted: Sequence[tuple[float, int]], total: float, own: float) -> float:
    """Of the mean, with as many observations as the weights are worth; never 0, however much all agree."""
    squares = math.fsum(weight * (given - own) ** 2 for weight, given in counted)
    variance = (squares + PADDING * SPREAD) / (total + PADDING)
    worth = total**2 / math.fsum(weight**2 for weight, _given in counted)
    return math.sqrt(variance / worth)
