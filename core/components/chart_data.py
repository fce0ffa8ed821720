"""What charts are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True)
class Bucket:
    """Calls that took up to `upto` milliseconds, and of them those that failed."""

    upto: float
    count: int
    failed: int = 0


@dataclass(frozen=True)
class Histogram:
    """Latency in buckets of growing width; the markers are milliseconds."""

    buckets: Sequence[Bucket]
    markers: Sequence[tuple[str, float]] = ()
    """Such as ("p50", 118.0)."""
    label: str = ""


@dataclass(frozen=True)
class Minutes:
    """One bar for each span of time: answered above, failed at the foot."""

    starts: Sequence[datetime]
    answered: Sequence[int]
    failed: Sequence[int]
    label: str = ""


@dataclass(frozen=True)
class Series:
    """One server's values, in its line."""

    name: str
    line: int
    values: Sequence[float]


@dataclass(frozen=True)
class Band:
    """Series by server, stacked over time."""

    starts: Sequence[datetime]
    series: Sequence[Series]
    label: str = ""


@dataclass(frozen=True)
class Day:
    day: datetime
    state: Literal["ok", "warn", "bad", "none"]
    note: str = ""


@dataclass(frozen=True)
class Days:
    """One block a day."""

    days: Sequence[Day]
    label: str = ""


@dataclass(frozen=True)
class Daily:
    """One bar for each day. What `failed` is part of the value; `before` are as many days before, drawn as a line."""

    days: Sequence[date]
    values: Sequence[int]
    what: str
    """What is counted, for the table and the hover."""
    failed: Sequence[int] = ()
    failed_what: str = ""
    before: Sequence[int] = ()
    before_what: str = ""
    label: str = ""
