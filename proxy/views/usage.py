"""Usage: what a month's calls were, by day, server, key and member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from billing.selectors import usage_between
from core.components.charts import Minutes
from core.partitions import add_months
from core.spreadsheet import csv_lines
from proxy.selectors.usage import Count, kept_months, month_usage, starts, usage_rows
from proxy.views.common import context

SHOWN = 50
"""Rows of a table on the page; the file has all."""


@dataclass(frozen=True)
class UsageTable:
    """One way of dividing the month's calls. `most` is the longest bar."""

    title: str
    what: str
    rows: Sequence[Count]
    more: int

    @property
    def most(self) -> int:
        return max((row.calls for row in self.rows), default=0) or 1

    @property
    def lines(self) -> list[tuple[Count, float]]:
        return [(row, row.calls / self.most) for row in self.rows]


@workspace_page("call.view")
def show_usage(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    months = kept_months()
    month = _asked(request, months)
    usage = month_usage(request.workspace.id, month)
    return render(
        request,
        "proxy/usage.html",
        context(
            request,
            usage=usage,
            month=f"{month:%Y-%m}",
            months=[(f"{one:%Y-%m}", date_format(one, "F Y")) for one in months],
            minutes=Minutes(
                [_in_zone(day.id) for day in usage.days],
                [day.calls - day.errors for day in usage.days],
                [day.errors for day in usage.days],
                _("Calls by day; those that ended with an error of the tool below"),
            ),
            tables=[
                _table(_("By server"), _("Server"), usage.servers),
                _table(_("By key"), _("Key"), usage.keys),
                _table(_("By member"), _("Member"), usage.members),
            ],
            meters=usage_between(request.workspace.id, starts(month), starts(add_months(month, 1))),
        ),
    )


@workspace_page("call.view")
def export_usage(request: WorkspaceRequest, workspace: str) -> HttpResponseBase:
    """The month as CSV: one line for each day, server, key and member."""
    month = _asked(request, kept_months())
    head = ("day", "server", "key", "member", "calls", "tool_errors", "reply_bytes")
    lines = csv_lines(head, usage_rows(request.workspace.id, month))
    name = f"{request.workspace.slug}-{month:%Y-%m}.csv"
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )


def _asked(request: WorkspaceRequest, months: Sequence[date]) -> date:
    """The month of the address; this one where it names none of which calls are kept."""
    wanted = request.GET.get("month", "")
    return next((month for month in months if f"{month:%Y-%m}" == wanted), months[0])


def _in_zone(day: str) -> datetime:
    """A day's beginning for the chart, which shows times in the person's zone: the day itself is meant."""
    zone = timezone.get_current_timezone()
    assert isinstance(zone, ZoneInfo)
    return datetime.fromisoformat(day).replace(tzinfo=zone)


def _table(title: str, what: str, counts: Sequence[Count]) -> UsageTable:
    return UsageTable(title, what, counts[:SHOWN], len(counts[SHOWN:]))
