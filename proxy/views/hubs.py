"""Hubs: the list, and one hub as it is now."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.components.interchange import interchange_with_table
from core.components.table import Choice, Column, Filter, Table
from proxy.models import Hub
from proxy.selectors.hubs import hub_url, hubs_of, open_hub_url, places_of, stations_of
from proxy.selectors.offers import Offered, offered
from proxy.selectors.pictures import hub_picture_of
from proxy.selectors.stats import ToolStats, last_day, summarize, tool_stats
from proxy.snippets import client_snippets
from proxy.views.common import context, find_hub, link, may

COLUMNS = (
    Column("title", _("Hub"), sort="title"),
    Column("endpoint", _("Endpoint"), wide_only=True),
    Column("servers", _("Servers"), sort="server_count", descending_first=True),
    Column("state", _("State")),
)
TOOL_COLUMNS = (
    Column("tool", _("Tool"), sort="name"),
    Column("state", _("State"), sort="state"),
    Column("calls", _("Calls, 24 h"), sort="calls", align="right", descending_first=True),
    Column("spark", _("Calls by hour"), hidden_label=True, wide_only=True),
    Column("p95", _("p95"), sort="p95", align="right", wide_only=True),
    Column("success", _("Succeeded"), sort="success", align="right", wide_only=True),
)


@workspace_page("hub.view")
def list_hubs(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    table = Table(
        request, hubs_of(request.workspace), columns=COLUMNS, search=("title", "slug"), order="title", name="hubs"
    )
    stations = stations_of(table.rows)
    for hub in table.rows:
        hub.endpoint, hub.stations = hub_url(hub), stations[hub.id]
    return render(request, "proxy/hubs.html", context(request, table=table, may_manage=may(request, "hub.manage")))


@workspace_page("hub.view")
def show_hub(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    hub = find_hub(request, slug)
    places = list(places_of(hub))
    offers = offered(hub, kind="tool")
    return render(
        request,
        "proxy/hub.html",
        context(
            request,
            hub=hub,
            picture=hub_picture_of(hub, places, offers),
            summary=summarize(last_day(request.workspace.id, hub=hub.id)),
            on_hub=places,
            broken=[place.server for place in places if place.server.state == "broken"],
            running=sum(place.server.state == "running" for place in places),
            away_note=_away_note(sum(offer.away for offer in offers)),
            paused=[place.server for place in places if place.server.paused_at],
            left_out=sum(offer.left_out for offer in offers),
            offered=0 if hub.paused_at else sum(offer.offered and not offer.left_out for offer in offers),
            flagged=[offer for offer in offers if offer.state == "clash"],
            endpoint=hub_url(hub),
            open_endpoint=open_hub_url(hub),
            snippets=client_snippets(hub, hub_url(hub)),
            tabs=hub_tabs(request, hub, len(offers)),
            table=_tools_table(request, offers, size=11, order="-calls"),
            may_manage=may(request, "hub.manage"),
        ),
    )


@workspace_page("hub.view")
def hub_picture(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """The picture alone, as the live page asks for it."""
    hub = find_hub(request, slug)
    picture = hub_picture_of(hub, list(places_of(hub)), offered(hub, kind="tool"))
    return HttpResponse(interchange_with_table(picture))


@workspace_page("hub.view")
def hub_tools(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    hub = find_hub(request, slug)
    offers = offered(hub, kind="tool")
    return render(
        request,
        "proxy/hub_tools.html",
        context(
            request,
            hub=hub,
            table=_tools_table(request, offers, size=50),
            tabs=hub_tabs(request, hub, len(offers)),
            may_manage=may(request, "hub.manage"),
        ),
    )


class ToolLine:
    """A tool on a hub with its last 24 hours: one row of the table."""

    def __init__(self, offer: Offered, stats: ToolStats) -> None:
        self.offer, self.stats = offer, stats
        self.name = offer.name
        self.server_id = offer.server.id
        self.calls = stats.calls
        self.p95 = stats.p95_ms or 0.0
        self.success = -1.0 if stats.success_percent is None else stats.success_percent

    @property
    def state(self) -> str:
        """What stands first: why it is not offered, else how its server is."""
        return self.offer.server.state if self.offer.offered else self.offer.state


def _tools_table(request: WorkspaceRequest, offers: list[Offered], *, size: int, order: str = "") -> Table:
    names = {offer.feature.id: [(offer.server.id, offer.name)] for offer in offers}
    stats = tool_stats(last_day(request.workspace.id), names)
    lines = [ToolLine(offer, stats.get(offer.feature.id, ToolStats())) for offer in offers]
    servers = {offer.server.id: offer.server.title for offer in offers}
    return Table(
        request,
        lines,
        columns=TOOL_COLUMNS,
        filters=(
            Filter("server", _("Server"), [Choice(*pair) for pair in servers.items()], field="server_id"),
            Filter(
                "state",
                _("State"),
                (
                    Choice("running", _("running")),
                    Choice("broken", _("not answering")),
                    Choice("paused", _("paused")),
                    Choice("not_chosen", _("not offered")),
                    Choice("clash", _("name taken")),
                ),
                field="state",
            ),
        ),
        search=("name",),
        order=order,
        size=size,
        name="tools",
        placeholder=_("Filter tools"),
    )


def _away_note(away: int) -> str:
    if not away:
        return gettext("in every client's list")
    return ngettext("%(n)d of them is away", "%(n)d of them are away", away) % {"n": away}


def hub_tabs(request: WorkspaceRequest, hub: Hub, tools: int) -> list[tuple[object, str, int | None]]:
    found: list[tuple[object, str, int | None]] = [
        (_("Overview"), link(request, "hub", hub.slug), None),
        (_("Tools"), link(request, "hub-tools", hub.slug), tools),
    ]
    if may(request, "hub.manage"):
        found += [
            (_("Servers"), link(request, "hub-servers", hub.slug), None),
            (_("Settings"), link(request, "hub-settings", hub.slug), None),
        ]
    return found
