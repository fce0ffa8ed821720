"""Statistics for creators: of a publisher, all of its listings together, and of each listing. Both also as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.components.charts import Daily
from core.components.formats import plain_number
from core.components.table import Column, Table
from core.spreadsheet import csv_lines
from marketplace.creator_words import COUNTED, MEASURES, change_words, error_words, share_words
from marketplace.models import Listing
from marketplace.packages import read_package
from marketplace.rank_words import rank_of
from marketplace.rating import LEAST
from marketplace.search.fusion import PRIOR
from marketplace.search_terms import LEAST_PEOPLE
from marketplace.selectors.creators import (
    PERIODS,
    Numbers,
    Period,
    Statistics,
    day_rows_of,
    errors_of,
    latest_reviews,
    listing_statistics,
    months_of,
    period_of,
    place_of,
    publisher_statistics,
    reviews_in,
    rows_of,
    terms_of,
)
from marketplace.selectors.publishing import publishers_of
from marketplace.selectors.reviews import Bar, bars_of, name_of
from marketplace.services.showroom import trial_package
from marketplace.views.publish import link
from marketplace.views.publish_listing import find_listing, page

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

IN_FILE = ("views", "trials", "installs", "uninstalls", "workspaces", "runs", "errors")
HEAD = ("day", "listing", "views", "trials", "installs", "uninstalls", "active_workspaces", "runs", "errors")
COLUMNS = (
    Column("name", gettext_lazy("Listing"), sort="name"),
    *(
        Column(key, label, sort=f"numbers__{key}", align="right", descending_first=True, wide_only=key != "views")
        for key, label in MEASURES.items()
    ),
    Column(
        "errors", gettext_lazy("Errors"), sort="numbers__errors", align="right", descending_first=True, wide_only=True
    ),
)


@dataclass(frozen=True)
class Choice:
    """One choice of a row of links: a period, or the measure that the chart shows."""

    label: str | _StrPromise
    url: str
    current: bool


@dataclass(frozen=True)
class Tile:
    label: str | _StrPromise
    value: str
    note: str
    unit: str = ""


@dataclass(frozen=True)
class Step:
    """One step of the funnel: how many came so far, the length of its bar, and its share of what came before."""

    label: str | _StrPromise
    value: int | None
    length: float
    note: str


@require_safe
@workspace_page("listing.manage")
def publisher_statistics_page(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    publisher = get_object_or_404(publishers_of(request.workspace), slug=slug)
    period = asked_period(request)
    statistics = publisher_statistics(publisher, period)
    rows = rows_of(publisher, period)
    table = Table(request, rows, columns=COLUMNS, order="-numbers__views", name="listings", size=25)
    context = {
        "workspace": request.workspace,
        "publisher": publisher,
        "table": table,
        "export_url": f"{link(request, 'publisher-statistics-export', slug)}?days={period.days}",
        **_shown(request, statistics),
    }
    return render(request, "marketplace/creators.html", context)


@require_safe
@workspace_page("listing.manage")
def listing_statistics_page(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    listing = find_listing(request, slug)
    period = asked_period(request)
    statistics = listing_statistics(listing, period)
    made = listing.rating_made or {}
    bars: Sequence[Bar] = bars_of(made.get("stars", [0] * 5))
    return page(
        request, "creators_listing.html", listing,
        steps=_steps(listing, statistics.total),
        errors=[(error_words(row.kind), row) for row in errors_of(listing, period)],
        terms=terms_of(listing, period), least_people=LEAST_PEOPLE, terms_since=months_of(period),
        bars=bars, rated=listing.rating_count >= LEAST, least=LEAST,
        reviews=[(name_of(review), review) for review in latest_reviews(listing)],
        review_counts=reviews_in(listing, period),
        rank=rank_of(listing), search_moves=round(100 * PRIOR), place=place_of(listing),
        export_url=f"{link(request, 'listing-statistics-export', slug)}?days={period.days}",
        **_shown(request, statistics),
    )  # fmt: skip


@require_safe
@workspace_page("listing.manage")
def publisher_statistics_export(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponseBase:
    """One line for each day and listing of which anything was counted."""
    publisher = get_object_or_404(publishers_of(request.workspace), slug=slug)
    period = asked_period(request)
    return _file(publisher.slug, period, day_rows_of(publisher, period))


@require_safe
@workspace_page("listing.manage")
def listing_statistics_export(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponseBase:
    listing = find_listing(request, slug)
    period = asked_period(request)
    statistics = listing_statistics(listing, period)
    rows = zip(period.dates(), [listing.slug] * period.days, statistics.days, strict=True)
    return _file(listing.slug, period, rows)


def asked_period(request: WorkspaceRequest) -> Period:
    """`?days=`; the usual period where it names none of PERIODS."""
    asked = request.GET.get("days", "")
    return period_of(int(asked) if asked in {str(days) for days in PERIODS} else 0)


def _shown(request: WorkspaceRequest, statistics: Statistics) -> dict[str, Any]:
    """What both pages show: periods, numbers against those before, and the chart of the measure that is asked for."""
    period, asked = statistics.period, request.GET.get("show", "")
    show = asked if asked in MEASURES else "views"

    def address(days: int, measure: str) -> str:
        chosen = f"?days={days}" + (f"&show={measure}" if measure != "views" else "")
        return f"{request.path}{chosen}"

    return {
        "statistics": statistics,
        "period": period,
        "periods": [
            Choice(ngettext("%(n)s day", "%(n)s days", days) % {"n": days}, address(days, show), days == period.days)
            for days in PERIODS
        ],
        "measures": [
            Choice(label, f"{address(period.days, key)}#by-day", key == show) for key, label in MEASURES.items()
        ],
        "reached": [_tile(statistics, key) for key in ("views", "trials", "installs", "uninstalls")],
        "used": [*(_tile(statistics, key) for key in ("workspaces", "runs", "errors")), _good(statistics)],
        "chart": _chart(statistics, show),
    }


def _tile(statistics: Statistics, key: str) -> Tile:
    value, before = getattr(statistics.total, key), getattr(statistics.before, key)
    return Tile(COUNTED[key], plain_number(value), change_words(value, before, statistics.period.days))


def _good(statistics: Statistics) -> Tile:
    """The share of good runs; a dash of words where there were none."""
    now, before = statistics.total.good, statistics.before.good
    days = {"days": statistics.period.days}
    note = _("no run in the %(days)s days before") % days
    if before is not None:
        note = _("%(share)s in the %(days)s days before") % {"share": f"{plain_number(before, 1)}\u00a0%", **days}
    if now is None:
        return Tile(_("Good runs"), _("no run yet"), note)
    return Tile(_("Good runs"), plain_number(now, 1), note, "%")


def _chart(statistics: Statistics, show: str) -> Daily:
    runs = show == "runs"
    return Daily(
        days=statistics.period.dates(),
        values=statistics.of(show),
        what=str(MEASURES[show]),
        failed=statistics.of("errors") if runs else (),
        failed_what=_("Of these, errors"),
        before=statistics.of_before(show),
        before_what=_("%(days)s days before") % {"days": statistics.period.days},
        label=_("%(measure)s by day") % {"measure": MEASURES[show]},
    )


def _steps(listing: Listing, total: Numbers) -> list[Step]:
    """Views, trials, installs, active workspaces. A trial that cannot be is no step that nobody took."""
    tried = listing.current is not None and trial_package(listing, read_package(listing.current.package)) is not None
    most = max(total.views, total.trials, total.installs, total.workspaces, 1)
    of_views = _("%(share)s views")

    def noted(value: int) -> str:
        share = share_words(value, total.views)
        return of_views % {"share": share} if share else ""

    trials = (
        Step(MEASURES["trials"], total.trials, total.trials / most, noted(total.trials))
        if tried or total.trials
        else Step(MEASURES["trials"], None, 0, _("It cannot be tried in its page."))
    )
    return [
        Step(MEASURES["views"], total.views, total.views / most, _("Its page was opened.")),
        trials,
        Step(MEASURES["installs"], total.installs, total.installs / most, noted(total.installs)),
        Step(
            MEASURES["workspaces"], total.workspaces, total.workspaces / most,
            _("Ran it in this time, whenever they installed it."),
        ),
    ]  # fmt: skip


def _file(name: str, period: Period, rows: Iterable[tuple[date, str, Numbers]]) -> StreamingHttpResponse:
    lines = ((day.isoformat(), slug, *(getattr(row, name) for name in IN_FILE)) for day, slug, row in rows)
    return StreamingHttpResponse(
        csv_lines(HEAD, lines),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{period.first:%Y-%m-%d}-{period.days}-days.csv"',
            "Cache-Control": "private, no-store",
        },
    )
