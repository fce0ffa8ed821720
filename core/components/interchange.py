"""The interchange picture: clients, a hub, its lines. Pure functions from dataclasses to SVG.

Colours and states are classes on a line's group (`l1` to `l8`, `paused`, `broken`), so that a live update swaps a
class or a text, and a change of theme costs nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.components.charts import data_table
from core.components.interchange_parts import Client, HubPicture, Line, State
from core.components.interchange_tall import tall
from core.components.interchange_wide import HERO, PAGE, wide

__all__ = ["Client", "HubPicture", "Line", "State", "grouped", "interchange", "interchange_with_table", "summary"]

MOST_LINES = 10
SHOWN_WHEN_GROUPED = 7
MOST_CLIENTS = 7
STATES: tuple[State, ...] = ("broken", "running", "paused")


def interchange(hub: HubPicture, layout: Literal["page", "hero"] = "page") -> SafeString:
    """Both pictures, wide and tall; CSS shows the one that fits. `hero` is the home page's: one text row a line."""
    hub = replace(hub, lines=grouped(hub.lines), clients=shortened(hub.clients))
    said = summary(hub)
    if not hub.clients:
        hub = replace(hub, clients=(Client(_("No client yet"), expected=True),))
    return format_html("{}{}", wide(hub, HERO if layout == "hero" else PAGE, said), tall(hub, said))


def interchange_with_table(hub: HubPicture, layout: Literal["page", "hero"] = "page") -> SafeString:
    """The picture and, below it, its words and numbers as a table. The home page's picture has no numbers."""
    picture = interchange(hub, layout)
    if layout == "hero":
        return picture
    rows = [(client.name, _("client"), client.rate or client.note) for client in hub.clients]
    words = {"running": _("running"), "paused": _("paused"), "broken": _("not answering")}
    rows += [(line.name, words[line.state], line.rate or line.note) for line in hub.lines]
    return picture + data_table((_("Station"), _("State"), _("Now")), rows)


def grouped(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """At most ten: what does not answer and what has most calls keeps a line of its own, in the hub's order."""
    if len(lines) <= MOST_LINES:
        return lines
    ranked = sorted(lines, key=lambda line: (STATES.index(line.state), -line.per_minute))
    own = {line.id for line in ranked[:SHOWN_WHEN_GROUPED]}
    rest = [line for line in lines if line.id not in own]
    groups = [_group(state, [line for line in rest if line.state == state]) for state in STATES]
    return (*(line for line in lines if line.id in own), *(group for group in groups if group.grouped))


def _group(state: State, members: list[Line]) -> Line:
    """One line for several servers in the same state."""
    count = len(members)
    title = {
        "broken": ngettext("%(n)s more not answering", "%(n)s more not answering", count),
        "running": ngettext("%(n)s more server", "%(n)s more servers", count),
        "paused": ngettext("%(n)s more paused", "%(n)s more paused", count),
    }[state] % {"n": count}
    names = ", ".join(line.name for line in members)
    calls = sum(line.per_minute for line in members)
    return Line(f"more-{state}", title, "", 0, state, names, per_minute=calls, grouped=count)


def shortened(clients: tuple[Client, ...]) -> tuple[Client, ...]:
    """At most seven clients; the others become one."""
    if len(clients) <= MOST_CLIENTS:
        return clients
    rest = clients[MOST_CLIENTS - 1 :]
    more = ngettext("%(n)s more client", "%(n)s more clients", len(rest)) % {"n": len(rest)}
    return (*clients[: MOST_CLIENTS - 1], Client(more, ", ".join(client.name for client in rest)))


def summary(hub: HubPicture) -> str:
    """The picture in words, for its accessible name."""
    clients = ngettext("%(n)s client", "%(n)s clients", len(hub.clients)) % {"n": len(hub.clients)}
    count = sum(line.grouped or 1 for line in hub.lines)
    servers = ngettext("%(n)s server", "%(n)s servers", count) % {"n": count}
    names = {"clients": clients, "servers": servers, "hub": hub.name}
    parts = [_("%(clients)s reach %(servers)s through the hub %(hub)s.") % names]
    words = {"broken": _("%(server)s does not answer."), "paused": _("%(server)s is paused.")}
    parts += [words[line.state] % {"server": line.name} for line in hub.lines if line.state in words]
    return " ".join(parts)
