"""What was used: sums by month and by day, out of the hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, Sum

from billing.models import Meter, UsageHour
from core.clock import now

UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Usage:
    """One meter's sum."""

    meter: str
    title: str
    unit: str
    quantity: int


def month_start(moment: datetime | None = None) -> datetime:
    """When the accounting month began: months are of UTC."""
    return (moment or now()).astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def usage_this_month(workspace_id: str) -> list[Usage]:
    """Every meter's sum since the month began, also those that stand at 0."""
    return usage_between(workspace_id, month_start())


def usage_between(
    workspace_id: str, since: datetime, until: datetime | None = None, *, subject: str = ""
) -> list[Usage]:
    """Every meter's sum of a time. `subject`: a hub's id; empty for all."""
    hours = _hours(workspace_id, since)
    hours = hours.filter(hour__lt=until) if until else hours
    hours = hours.filter(subject=subject) if subject else hours
    rows = hours.values_list("meter").annotate(sum=Sum("quantity"))
    sums = dict(rows)
    meters = Meter.objects.order_by("id")
    return [Usage(meter.name, meter.title, meter.unit, sums.get(meter.name, 0)) for meter in meters]


def calls_this_month(workspace_id: str) -> int:
    """Calls since the month began, up to the last summing."""
    return _hours(workspace_id, month_start()).filter(meter="calls").aggregate(sum=Sum("quantity"))["sum"] or 0


def _hours(workspace_id: str, since: datetime) -> QuerySet[UsageHour]:
    return UsageHour.objects.filter(workspace=workspace_id, hour__gte=since)
