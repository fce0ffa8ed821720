"""Usage: events summed into hours, the same however often it is done."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from billing.models import Meter, UsageEvent, UsageHour
from billing.selectors import calls_this_month, month_start, usage_this_month
from billing.services import sum_usage_hours
from billing.tasks import sum_late_usage, sum_usage
from core.clock import now
from core.ids import new_id
from core.partitions import ensure_partitions

pytestmark = pytest.mark.django_db


def used(
    at: datetime, quantity: int = 1, *, meter: str = "calls", workspace: str = "wsp_1", hub: str = "hub_1"
) -> None:
    ensure_partitions(today=now().date())
    UsageEvent.objects.create(
        id=f"{new_id('call')}:{meter}",
        month=at.date().replace(day=1),
        meter=meter,
        workspace=workspace,
        subject=hub,
        quantity=quantity,
        at=at,
    )


def hours() -> dict[tuple[str, str, str, datetime], int]:
    rows = UsageHour.objects.values_list("workspace", "meter", "subject", "hour", "quantity")
    return {(workspace, meter, subject, hour): quantity for workspace, meter, subject, hour, quantity in rows}


def test_events_are_summed_by_workspace_meter_hub_and_hour() -> None:
    hour = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    for minute in (0, 30, 59):
        used(hour + timedelta(minutes=minute))
    used(hour, 500, meter="reply_bytes")
    used(hour, workspace="wsp_2")
    used(hour + timedelta(hours=1))
    assert sum_usage_hours(since=hour, until=now()) == 4
    assert hours() == {
        ("wsp_1", "calls", "hub_1", hour): 3,
        ("wsp_1", "reply_bytes", "hub_1", hour): 500,
        ("wsp_2", "calls", "hub_1", hour): 1,
        ("wsp_1", "calls", "hub_1", hour + timedelta(hours=1)): 1,
    }


def test_summing_again_changes_nothing_and_late_events_are_found() -> None:
    hour = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    used(hour)
    assert sum_usage_hours(since=hour, until=now()) == 1
    before = hours()
    # Beginning in the middle of an hour must not lose what came before.
    assert sum_usage_hours(since=hour + timedelta(minutes=40), until=now()) == 0
    assert hours() == before
    used(hour + timedelta(minutes=1))
    assert sum_usage_hours(since=hour, until=now()) == 1
    assert sum(hours().values()) == 2


def test_the_timers_sum_what_is_recent_and_what_came_late() -> None:
    used(now() - timedelta(minutes=1))
    used(now() - timedelta(days=3))
    sum_usage()
    assert sum(hours().values()) == 1
    sum_late_usage()
    assert sum(hours().values()) == 2


def test_the_month_so_far() -> None:
    Meter.objects.get_or_create(name="calls", defaults={"title": "Calls", "unit": "calls"})
    Meter.objects.get_or_create(name="reply_bytes", defaults={"title": "Bytes answered", "unit": "bytes"})
    start = month_start()
    for hour, quantity in ((start - timedelta(hours=1), 100), (start, 3), (start + timedelta(minutes=1), 4)):
        UsageHour.objects.create(workspace="wsp_1", meter="calls", hour=hour, quantity=quantity)
    UsageHour.objects.create(workspace="wsp_2", meter="calls", hour=start, quantity=50)
    assert calls_this_month("wsp_1") == 7
    assert calls_this_month("wsp_3") == 0
    assert {usage.meter: usage.quantity for usage in usage_this_month("wsp_1")} == {"calls": 7, "reply_bytes": 0}
