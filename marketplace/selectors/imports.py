"""The last imports and their reports, as pages and the API show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

from marketplace.importers.reports import Report, Row, Rows
from marketplace.models import ImportRun

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MOST_ROWS = 500
"""Rows of each list on the page; the files to keep have all."""


class ReportList(NamedTuple):
    title: _StrPromise
    total: int
    rows: Sequence[Row]
    linked: bool
    """Its listings can be looked at."""


def last_imports(count: int) -> list[ImportRun]:
    """The newest first."""
    return list(ImportRun.objects.defer("body").order_by("-id")[:count])


def report_lists(report: Report) -> list[ReportList]:
    """The lists that have entries."""
    lists: tuple[tuple[_StrPromise, Rows], ...] = (
        (_("Refused"), report.refused),
        (_("In quarantine"), report.quarantined),
        (_("Left as they are"), report.kept),
        (_("No longer at the source"), report.gone),
        (_("Listed by another source too"), report.alike),
    )
    shown = (report.gone, report.alike)
    return [
        ReportList(title, rows.count, rows.rows[:MOST_ROWS], any(rows is one for one in shown))
        for title, rows in lists
        if rows.count
    ]
