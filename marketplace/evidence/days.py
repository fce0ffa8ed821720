"""Days in a row: what a listing's health is, and since when it is in trouble."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

LOWERED_AFTER = 3
DEPRECATED_AFTER = 30
GAP = timedelta(days=7)
"""A week without a probe ends a row: nobody knows how it was."""
LOOK_BACK = 90


class Stretch(msgspec.Struct, frozen=True):
    """Measured days in a row, the newest among them, on which it was at least that bad."""

    days: int = 0
    since: date | None = None


class Verdict(msgspec.Struct, frozen=True):
    """`health` as Listing.health has it; None: as it was, since a day or two say nothing yet."""

    health: str | None
    bad: Stretch
    poor: Stretch
    """Bad or poor."""


def verdict_of(days: Sequence[tuple[date, str]]) -> Verdict:
    """`days`: (day, worst outcome), the newest first. Days that were not probed count as if they were not there."""
    measured = [(day, outcome) for day, outcome in days if outcome != "unprobed"]
    bad, poor = _stretch(measured, ("bad",)), _stretch(measured, ("bad", "poor"))
    if not measured:
        return Verdict("unprobed" if days else None, bad, poor)
    if bad.days >= LOWERED_AFTER:
        return Verdict("bad", bad, poor)
    if poor.days >= LOWERED_AFTER:
        return Verdict("poor", bad, poor)
    return Verdict("good" if not poor.days else None, bad, poor)


def _stretch(days: Sequence[tuple[date, str]], outcomes: Sequence[str]) -> Stretch:
    count, since = 0, None
    for day, outcome in days:
        if outcome not in outcomes or (since is not None and since - day > GAP):
            break
        count, since = count + 1, day
    return Stretch(count, since)
