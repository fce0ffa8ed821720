"""What creators see of their listings: numbers by day of a period and the one before, errors, terms, reviews, place.

Days are of UTC. Nothing names a workspace or a person: workspaces are counted, terms need LEAST_PEOPLE, and what the
publisher's own workspace ran is left out of everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet, Sum

from core.clock import now
from marketplace.models import (
    Listing,
    ListingError,
    ListingStat,
    ListingUse,
    Publisher,
    Review,
    SearchTerm,
)
from marketplace.search_terms import LEAST_PEOPLE

PERIODS: Final = (7, 30, 90)
USUAL: Final = 30
MOST_TERMS = 50
MOST_PLACES = 10_000
"""Up to here the place of a listing is counted exactly."""
LATEST = 3
STATS: Final = ("views", "trials", "installs", "uninstalls")


@dataclass(frozen=True)
class Period:
    """So many days up to `last`, which is today and not over, and as many before them."""

    days: int
    last: date

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    @property
    def before(self) -> date:
        """The first day of the period before."""
        return self.first - timedelta(days=self.days)

    def dates(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.days)]


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """What was counted on one day, or in a whole period. `errors` are among the runs."""

    views: int = 0
    trials: int = 0
    installs: int = 0
    uninstalls: int = 0
    workspaces: int = 0
    """Distinct ones that ran it."""
    runs: int = 0
    errors: int = 0

    @property
    def good(self) -> float | None:
        """Percent of the runs, rounded down: 99.97 is not 100."""
        return int(1000 * (self.runs - self.errors) / self.runs) / 10 if self.runs else None


@dataclass(frozen=True)
class Statistics:
    """`days` and `before_days` are complete and as long as the period, oldest first."""

    period: Period
    days: Sequence[Numbers]
    before_days: Sequence[Numbers]
    total: Numbers
    before: Numbers

    @property
    def anything(self) -> bool:
        return self.total != Numbers() or self.before != Numbers()

    def of(self, name: str) -> list[int]:
        """One number of each day."""
        return [getattr(day, name) for day in self.days]

    def of_before(self, name: str) -> list[int]:
        return [getattr(day, name) for day in self.before_days]


@dataclass(frozen=True)
class ListingRow:
    """A listing in a publisher's table, with the period's numbers."""

    listing: Listing
    name: str
    numbers: Numbers


@dataclass(frozen=True)
class ErrorCount:
    kind: str
    runs: int
    before: int


@dataclass(frozen=True)
class Term:
    term: str
    people: int


@dataclass(frozen=True)
class Place:
    """Where a listing stands among all that are shown, by score; `more` where it is beyond what is counted."""

    number: int
    more: bool
    of: int


def period_of(days: int) -> Period:
    return Period(days if days in PERIODS else USUAL, now().astimezone(UTC).date())


def listing_statistics(listing: Listing, period: Period) -> Statistics:
    """Three queries. `listing.publisher` must be loaded."""
    return _statistics({"listing": listing.pk}, listing.publisher.workspace_id, period)


def publisher_statistics(publisher: Publisher, period: Period) -> Statistics:
    """All of a publisher's listings together, in three queries. A workspace that ran two of them counts once."""
    listings = Listing.objects.filter(publisher=publisher).values("pk")
    return _statistics({"listing__in": listings}, publisher.workspace_id, period)


def rows_of(publisher: Publisher, period: Period) -> list[ListingRow]:
    """Every listing of a publisher that was not removed before the period. Three queries."""
    listings = Listing.objects.filter(publisher=publisher).exclude(
        state=Listing.State.REMOVED, state_at__lt=_start(period.first)
    )
    stats = ListingStat.objects.filter(listing__publisher=publisher, day__range=(period.first, period.last))
    uses = _uses({"listing__publisher": publisher}, publisher.workspace_id).filter(day__gte=period.first)
    found = _counted(stats, uses, "listing")
    only = ("slug", "name", "kind", "letters", "state", "publisher_id")
    return [
        ListingRow(listing, listing.name, found.get((listing.pk,), Numbers()))
        for listing in listings.only(*only).order_by("name", "id")
    ]


def day_rows_of(publisher: Publisher, period: Period) -> list[tuple[date, str, Numbers]]:
    """(day, slug, numbers) of every day and listing of which anything was counted, oldest first. Two queries."""
    stats = ListingStat.objects.filter(listing__publisher=publisher, day__range=(period.first, period.last))
    uses = _uses({"listing__publisher": publisher}, publisher.workspace_id).filter(
        day__range=(period.first, period.last)
    )
    found = _counted(stats, uses, "day", "listing__slug")
    return [(day, slug, numbers) for (day, slug), numbers in sorted(found.items())]


def errors_of(listing: Listing, period: Period) -> list[ErrorCount]:
    """The most common first. One query."""
    rows = ListingError.objects.filter(listing=listing, day__range=(period.before, period.last)).values("kind")
    inside = Q(day__gte=period.first)
    counted = rows.annotate(now=Sum("runs", filter=inside, default=0), was=Sum("runs", filter=~inside, default=0))
    return [ErrorCount(row["kind"], row["now"], row["was"]) for row in counted.order_by("-now", "kind") if row["now"]]


def months_of(period: Period) -> date:
    """The first day that terms are told of: they are counted by calendar month."""
    return period.first.replace(day=1)


def terms_of(listing: Listing, period: Period) -> list[Term]:
    """Of every month that the period touches; `people` are added up over them. The most common first. One query."""
    rows = SearchTerm.objects.filter(listing=listing, month__gte=months_of(period), opened__gte=LEAST_PEOPLE)
    counted = rows.values("term").annotate(people=Sum("opened")).order_by("-people", "term")
    return [Term(row["term"], row["people"]) for row in counted[:MOST_TERMS]]


def latest_reviews(listing: Listing) -> list[Review]:
    """As everybody sees them."""
    rows = Review.objects.filter(listing=listing, state=Review.State.SHOWN).select_related("user")
    return list(rows.order_by("-id")[:LATEST])


def reviews_in(listing: Listing, period: Period) -> tuple[int, int]:
    """How many were written in the period, and in the one before."""
    rows = Review.objects.filter(listing=listing, state=Review.State.SHOWN, created_at__gte=_start(period.before))
    inside = Q(created_at__gte=_start(period.first))
    found = rows.aggregate(now=Count("pk", filter=inside), was=Count("pk", filter=~inside))
    return found["now"], found["was"]


def place_of(listing: Listing) -> Place | None:
    """None while nobody sees it. Two bounded counts over an index."""
    if listing.state not in Listing.SHOWN:
        return None
    shown = Listing.objects.filter(state__in=[str(state) for state in Listing.SHOWN])
    better = shown.filter(score__gte=listing.score).filter(
        Q(score__gt=listing.score) | Q(score=listing.score, pk__gt=listing.pk)
    )
    before = better.order_by("-score", "-id")[: MOST_PLACES + 1].count()
    return Place(min(before, MOST_PLACES) + 1, before > MOST_PLACES, shown[: MOST_PLACES + 1].count())


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


_USE: Mapping[str, Any] = {
    "errors": Sum(F("runs") - F("runs_ok")),  # first: after `runs` below, the name would mean the sum
    "workspaces": Count("workspace", distinct=True),
    "runs": Sum("runs"),
}


def _uses(which: Mapping[str, Any], own: str | None) -> QuerySet[ListingUse]:
    rows = ListingUse.objects.filter(**which, runs__gt=0)
    return rows.exclude(workspace=own) if own else rows


def _counted(stats: QuerySet[ListingStat], uses: QuerySet[ListingUse], *by: str) -> dict[tuple[Any, ...], Numbers]:
    """Both tables added up, by the values of these fields. Two queries."""
    found: dict[tuple[Any, ...], dict[str, int]] = {}
    sums = {name: Sum(name) for name in STATS}
    rows: Iterable[Any] = (
        *stats.values(*by).annotate(**sums).order_by(),
        *uses.values(*by).annotate(**_USE).order_by(),
    )
    for row in rows:
        found.setdefault(tuple(row.pop(name) for name in by), {}).update(row)
    return {key: Numbers(**values) for key, values in found.items()}


def _statistics(which: Mapping[str, Any], own: str | None, period: Period) -> Statistics:
    stats = ListingStat.objects.filter(**which, day__range=(period.before, period.last))
    uses = _uses(which, own).filter(day__range=(period.before, period.last))
    by_day = _counted(stats, uses, "day")
    inside = Q(day__gte=period.first)
    distinct = uses.aggregate(
        now=Count("workspace", distinct=True, filter=inside), was=Count("workspace", distinct=True, filter=~inside)
    )
    days = [by_day.get((day,), Numbers()) for day in period.dates()]
    shift = timedelta(days=period.days)
    before = [by_day.get((day - shift,), Numbers()) for day in period.dates()]
    return Statistics(period, days, before, _sum(days, distinct["now"]), _sum(before, distinct["was"]))


def _sum(days: Iterable[Numbers], workspaces: int) -> Numbers:
    """Everything adds up over the days but the workspaces, which come back."""
    rows = list(days)
    added = {name: sum(getattr(row, name) for row in rows) for name in Numbers.__dataclass_fields__}
    return replace(Numbers(**added), workspaces=workspaces)
