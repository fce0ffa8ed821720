"""The interchange picture of a hub, from what happens now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.clock import now
from core.components.interchange import Client, HubPicture, Line, State
from proxy.models import Hub, HubServer, Server
from proxy.selectors.calls import CallFilter, calls_of
from proxy.selectors.offers import Offered

WINDOW = timedelta(minutes=5)
"""Rates are calls of this long, by minute."""
REMEMBERED = timedelta(days=7)
"""A client that called within this stands in the picture."""
_STATES: dict[str, State] = {"paused": "paused", "broken": "broken"}


def hub_picture_of(hub: Hub, places: Sequence[HubServer], offers: Sequence[Offered]) -> HubPicture:
    """Clients seen lately on the left, servers on the right, calls by minute. Two queries."""
    tools = Counter(offer.server.id for offer in offers if offer.offered)
    servers, clients, recent = _activity(hub)
    total = sum(servers.values())
    return HubPicture(
        id=hub.id,
        name=hub.title,
        note=_rate(total),
        clients=tuple(Client(name, note=_people(people), rate=_rate(recent[name])) for name, people in clients),
        lines=tuple(_line(place.server, tools[place.server_id], servers[place.server_id], hub) for place in places),
    )


def _activity(hub: Hub) -> tuple[Counter[str], list[tuple[str, int]], Counter[str]]:
    """Calls of the window by server; clients of the week with how many people; calls of the window by client."""
    moment = now()
    window = calls_of(hub.workspace_id, CallFilter(hub=hub.id, since=moment - WINDOW)).order_by()
    rows = window.values("server", "client_name").annotate(count=Count("id"))
    servers: Counter[str] = Counter()
    recent: Counter[str] = Counter()
    for row in rows:
        servers[row["server"]] += row["count"]
        recent[row["client_name"] or _("unnamed client")] += row["count"]
    week = calls_of(hub.workspace_id, CallFilter(hub=hub.id, since=moment - REMEMBERED)).order_by()
    known = week.values("client_name").annotate(people=Count("principal", distinct=True), count=Count("id"))
    clients = [
        (row["client_name"] or _("unnamed client"), row["people"])
        for row in sorted(known, key=lambda row: -row["count"])
    ]
    return servers, clients, recent


def _line(server: Server, tools: int, calls: int, hub: Hub) -> Line:
    state = "paused" if hub.paused_at else _STATES.get(server.state, "running")
    return Line(
        id=server.id,
        name=server.title,
        code=server.letters,
        line=server.line,
        state=state,
        note=_note(server, tools),
        rate={"paused": _("paused"), "broken": _("not answering")}.get(state, _rate(calls)),
        per_minute=calls / (WINDOW.total_seconds() / 60),
    )


def _note(server: Server, tools: int) -> str:
    if server.state == Server.State.BROKEN and server.problem:
        return server.problem if len(server.problem) <= 30 else _("has a problem")
    if server.state == Server.State.NEW:
        return _("not asked yet")
    return ngettext("%(n)d tool", "%(n)d tools", tools) % {"n": tools}


def _rate(calls: int) -> str:
    by_minute = calls / (WINDOW.total_seconds() / 60)
    shown = f"{by_minute:.1f}".rstrip("0").rstrip(".") if by_minute < 10 else f"{by_minute:,.0f}"
    return _("%(n)s / min") % {"n": shown}


def _people(count: int) -> str:
    return ngettext("%(n)d caller this week", "%(n)d callers this week", count) % {"n": count}
