"""Recorded calls, made up for tests that read them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core.clock import now
from core.ids import new_id
from core.partitions import ensure_partitions
from proxy.models import Call
from proxy.selectors.calls import first_id


def record_call(workspace_id: str, *, at: datetime | None = None, minutes_ago: float = 1, **more: Any) -> Call:
    """One call of a tool, answered after 12 ms, 10 of them upstream. Its id is of the moment it began."""
    ensure_partitions(today=now().date())
    at = at or now() - timedelta(minutes=minutes_ago)
    values = {
        "id": first_id(at)[:15] + new_id("call")[-16:],
        "month": at.date().replace(day=1),
        "workspace": workspace_id,
        "started_at": at,
        "method": "tools/call",
        "name": "github__search",
        "outcome": "answered",
        "duration_us": 12_000,
        "stages": {"upstream": 10_000},
    }
    return Call.objects.create(**{**values, **more})
