"""Billing's timers."""

from __future__ import annotations

from datetime import timedelta

from billing.services import sum_usage_hours
from core.clock import now
from core.schedule import timer

RECENT = timedelta(hours=3)
LATE = timedelta(days=4)
"""A journal of a machine that was away may bring events so late."""


@timer("billing.sum_usage", every=timedelta(minutes=2), queue="billing")
def sum_usage() -> None:
    sum_usage_hours(since=now() - RECENT, until=now())


@timer("billing.sum_late_usage", every=timedelta(hours=6), queue="billing")
def sum_late_usage() -> None:
    sum_usage_hours(since=now() - LATE, until=now())
