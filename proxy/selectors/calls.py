"""Reads of recorded calls: lists by filters, newest first, and one call with what is known around it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from accounts.models import ApiKey, User, Workspace
from accounts.permissions import in_workspace, require
from core.decision import Principal
from core.ids import ALPHABET, id_time, is_id
from core.secrets import open_bytes_for
from proxy.models import Call, Hub, Server

OUTCOMES = ("answered", "tool_error", "failed", "refused", "cancelled", "input_required")
OK = ("answered", "input_required")
BAD = ("tool_error", "failed")
_SLACK = timedelta(minutes=15)
"""An id is made when a request arrives; its row says when it began. They differ by less than this."""


@dataclass(frozen=True, kw_only=True)
class CallFilter:
    """What to list; empty means any. `tool` is found anywhere in the name, in any case. Times are aware."""

    hub: str = ""
    server: str = ""
    outcome: str = ""
    """One of OUTCOMES, or `ok` or `bad` for a group of them."""
    user: str = ""
    key: str = ""
    client: str = ""
    method: str = ""
    tool: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass
class CallLine:
    """A call with the rows it names, as far as they still exist."""

    call: Call
    hub: Hub | None
    server: Server | None
    user: User | None
    key: ApiKey | None
    share: float = 0.0
    """Its length as a part of the longest one beside it; set by pages."""

    @property
    def duration_ms(self) -> float:
        return self.call.duration_us / 1000

    @property
    def upstream_ms(self) -> float:
        """What the server took of it, the opening of a session with it included."""
        stages = self.call.stages or {}
        return float(stages.get("upstream", 0) + stages.get("connect", 0)) / 1000

    @property
    def own_ms(self) -> float:
        """What Crossroads took of it."""
        return max(0.0, self.duration_ms - self.upstream_ms)


@dataclass(frozen=True)
class Payload:
    """Arguments and result of a call as JSON text; None where the hub did not keep them."""

    arguments: str | None
    result: str | None


def calls_of(workspace: Workspace | str, wanted: CallFilter | None = None) -> QuerySet[Call]:
    """The calls of a workspace that fit, newest first; payloads are left in the database."""
    workspace_id = workspace if isinstance(workspace, str) else workspace.id
    rows = Call.objects.filter(workspace=workspace_id).defer("arguments", "result").order_by("-id")
    return _filtered(rows, wanted) if wanted else rows


def find_call(workspace: Workspace | str, call_id: str) -> Call | None:
    """One call. Its month follows from its id, so that one partition is read."""
    workspace_id = workspace if isinstance(workspace, str) else workspace.id
    if not is_id(call_id):
        return None
    return Call.objects.filter(workspace=workspace_id, id=call_id, month=month_of(call_id)).first()


def month_of(call_id: str) -> Any:
    return id_time(call_id).date().replace(day=1)


def call_lines(calls: Iterable[Call]) -> list[CallLine]:
    """Calls with hubs, servers, people and keys: four queries, however many calls."""
    calls = list(calls)
    hubs = Hub.objects.in_bulk({call.hub for call in calls if call.hub})
    servers = Server.objects.in_bulk({call.server for call in calls if call.server})
    users = User.objects.in_bulk({call.user for call in calls if call.user})
    keys = ApiKey.objects.in_bulk({call.key for call in calls if call.key})
    return [
        CallLine(call, hubs.get(call.hub), servers.get(call.server), users.get(call.user), keys.get(call.key))
        for call in calls
    ]


def page_of_calls(
    workspace: Workspace, wanted: CallFilter, *, before: str = "", limit: int = 50
) -> tuple[list[CallLine], str]:
    """One page, and the id to ask for the next one with (`before`), or ""."""
    rows = calls_of(workspace, wanted)
    if before and is_id(before):
        rows = rows.filter(id__lt=before, month__lte=month_of(before))
    found = list(rows[: limit + 1])
    return call_lines(found[:limit]), found[limit - 1].id if len(found) > limit else ""


def opened_payload(actor: Principal, call: Call) -> Payload:
    """What a call carried. Raises PermissionProblem for those who may only see that it happened."""
    require(actor, "call.view_payload", in_workspace(call.workspace, "call", call.id, hub_id=call.hub))
    row = Call.objects.filter(id=call.id, month=call.month).only("arguments", "result").first()
    if row is None:
        return Payload(None, None)
    return Payload(_opened(call.workspace, row.arguments), _opened(call.workspace, row.result))


def first_id(moment: datetime, prefix: str = "call") -> str:
    """The lowest id that something made at this moment could have: ids sort by time, so this bounds an index scan."""
    number = max(0, int(moment.timestamp() * 1000))
    digits = "".join(ALPHABET[(number >> shift) & 31] for shift in range(45, -1, -5))
    return f"{prefix}_{digits}{ALPHABET[0] * 16}"


def _filtered(rows: QuerySet[Call], wanted: CallFilter) -> QuerySet[Call]:
    for field in ("hub", "server", "user", "key", "method"):
        if value := getattr(wanted, field):
            rows = rows.filter(**{field: value})
    if wanted.client:
        rows = rows.filter(client_name=wanted.client)
    if wanted.outcome:
        groups = {"ok": OK, "bad": BAD}
        rows = rows.filter(outcome__in=groups.get(wanted.outcome, (wanted.outcome,)))
    if wanted.tool:
        rows = rows.filter(name__icontains=wanted.tool.replace("\0", ""))
    if wanted.since:
        rows = _since(rows, wanted.since)
    if wanted.until:
        last = _moved(wanted.until, _SLACK)
        rows = rows.filter(started_at__lt=wanted.until, id__lt=first_id(last), month__lte=_month(last))
    return rows


def _since(rows: QuerySet[Call], since: datetime) -> QuerySet[Call]:
    first = _moved(since, -_SLACK)
    return rows.filter(started_at__gte=since, id__gte=first_id(first), month__gte=_month(first))


def _moved(moment: datetime, by: timedelta) -> datetime:
    """A little earlier or later, in UTC; at the ends of the calendar as it is."""
    try:
        return (moment + by).astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


def _month(moment: datetime) -> Any:
    return moment.astimezone(UTC).date().replace(day=1)


def _opened(workspace_id: str, sealed: bytes | memoryview | None) -> str | None:
    return None if sealed is None else open_bytes_for(workspace_id, sealed).decode("utf-8", "replace")
