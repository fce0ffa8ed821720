"""The interchange picture: clients, a hub, its lines. A pure function from dataclasses to SVG.

Colours and states are classes on a line's group (`l1` to `l8`, `paused`, `broken`), so that a live update swaps a class or a
text, and a change of theme costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.components.charts import data_table
from core.components.geometry import LANE, bending, corners, elbow, spread
from core.components.html import attributes, classes, join, point

State = Literal["running", "paused", "broken"]
MOST_LINES = 10
SHOWN_WHEN_GROUPED = 7
MOST_CLIENTS = 7


@dataclass(frozen=True)
class Client:
    """A program that connects. `note` stands below the name, `rate` beside it on a phone."""

    name: str
    note: str = ""
    rate: str = ""


@dataclass(frozen=True)
class Line:
    """A server. `note` stands below the name, `rate` at the end; `per_minute` sets the speed of its trains."""

    id: str
    name: str
    code: str
    line: int
    state: State = "running"
    note: str = ""
    rate: str = ""
    per_minute: float = 0
    grouped: int = 0
    """How many servers this line stands for, when it stands for a group."""


@dataclass(frozen=True)
class HubPicture:
    """A hub with its clients and servers. `note` stands below its name."""

    id: str
    name: str
    clients: tuple[Client, ...] = ()
    lines: tuple[Line, ...] = ()
    note: str = ""


def interchange(hub: HubPicture, layout: Literal["page", "hero"] = "page") -> SafeString:
    """Both pictures, wide and tall; CSS shows the one that fits. `hero` is the home page's: one text row a line."""
    hub = replace(hub, lines=grouped(hub.lines), clients=shortened(hub.clients))
    return format_html("{}{}", _wide(hub, HERO if layout == "hero" else PAGE), _tall(hub))


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
    ranked = sorted(lines, key=lambda line: (line.state != "broken", line.state != "running", -line.per_minute))
    own = {line.id for line in ranked[:SHOWN_WHEN_GROUPED]}
    rest = [line for line in lines if line.id not in own]
    titles: dict[State, Callable[[int], str]] = {
        "broken": lambda n: ngettext("%(n)s more not answering", "%(n)s more not answering", n) % {"n": n},
        "running": lambda n: ngettext("%(n)s more server", "%(n)s more servers", n) % {"n": n},
        "paused": lambda n: ngettext("%(n)s more paused", "%(n)s more paused", n) % {"n": n},
    }
    groups = []
    for state, title in titles.items():
        members = [line for line in rest if line.state == state]
        if members:
            names = ", ".join(line.name for line in members)
            calls = sum(line.per_minute for line in members)
            groups.append(Line(f"more-{state}", title(len(members)), f"{len(members)}", 0, state, names, "", calls, len(members)))
    return (*(line for line in lines if line.id in own), *groups)


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
    parts = [_("%(clients)s reach %(servers)s through the hub %(hub)s.") % {"clients": clients, "servers": servers, "hub": hub.name}]
    parts += [_("%(server)s does not answer.") % {"server": line.name} for line in hub.lines if line.state == "broken"]
    parts += [_("%(server)s is paused.") % {"server": line.name} for line in hub.lines if line.state == "paused"]
    return " ".join(parts)


@dataclass(frozen=True)
class Layout:
    """Where things stand in the wide picture."""

    width: int
    hub_x: float
    client_x: float
    stop_x: float
    client_corner: float
    line_corner: float
    radius: float
    hall: float
    rows: bool
    """Notes below the names (two rows), or beside them."""


PAGE = Layout(968, 416, 150, 682, 372, 472, 14, 28, True)
HERO = Layout(1120, 456, 112, 822, 416, 512, 16, 30, False)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _text(x: float, y: float, text: str, css: str) -> SafeString:
    return format_html('<text{}>{}</text>', attributes(class_=css, x=point(x), y=point(y)), text) if text else SafeString("")


def _step(count: int, layout: Layout) -> float:
    if not layout.rows:
        return 45.7
    return 55 if count <= 6 else 46 if count <= 8 else 42


def _wide(hub: HubPicture, layout: Layout) -> SafeString:
    step = _step(len(hub.lines), layout)
    client_step = 62 if not layout.rows else 55 if len(hub.clients) <= 6 else 46
    tallest = max((len(hub.lines) - 1) * step, (len(hub.clients) - 1) * client_step, 150)
    centre = tallest / 2 + 26
    stops, doors = spread(len(hub.lines), centre, step), spread(len(hub.clients), centre, client_step)
    lanes, gates = spread(len(hub.lines), centre, LANE), spread(len(hub.clients), centre, LANE)
    parts = [
        *_client_ways(hub, layout, gates, doors),
        *_line_ways(hub, layout, lanes, stops),
        *(_client_stop(client, layout, y) for client, y in zip(hub.clients, doors, strict=True)),
        _hall(hub, layout, centre),
        *(_line_stop(line, layout, y) for line, y in zip(hub.lines, stops, strict=True)),
    ]
    box = f"0 0 {layout.width} {math.ceil(tallest + 52)}"
    return format_html('<svg class="map map-wide" viewBox="{}" role="img" aria-label="{}">{}</svg>', box, summary(hub), join(parts))


def _client_ways(hub: HubPicture, layout: Layout, gates: list[float], doors: list[float]) -> list[SafeString]:
    bends = corners(gates, doors, layout.client_corner, -1)
    return [
        format_html('<path class="client" d="{}"/>', bending(layout.hub_x, gate, bend, layout.client_x, door, layout.radius))
        for gate, bend, door in zip(gates, bends, doors, strict=True)
    ]


def _line_ways(hub: HubPicture, layout: Layout, lanes: list[float], stops: list[float]) -> list[SafeString]:
    bends = corners(lanes, stops, layout.line_corner, 1)
    rows = zip(hub.lines, lanes, bends, stops, strict=True)
    return [
        _way(line, bending(layout.hub_x, lane, bend, layout.stop_x, stop, layout.radius), index)
        for index, (line, lane, bend, stop) in enumerate(rows)
    ]


def _line_class(line: Line) -> str:
    colour = f"l{(line.line - 1) % 8 + 1}" if line.line else "l0"
    state = line.state if line.state != "running" else "" if line.per_minute > 0 else "idle"
    return classes("line-of", colour, state, "group" if line.grouped else "")


def _speed(per_minute: float) -> int:
    """Seven speeds: below one call a minute, then twice, four times as many and so on."""
    return 1 if per_minute < 1 else min(7, 2 + int(math.log2(per_minute) / 1.2))


def _way(line: Line, path: str, index: int) -> SafeString:
    trains = format_html('<path class="train" pathLength="400" d="{0}"/><path class="train in" pathLength="400" d="{0}"/>', path)
    return format_html(
        '<g class="{0}" data-server="{1}"><path class="way" d="{2}"/><path class="core" d="{2}"/><g class="trains a{3} s{4}">{5}</g></g>',
        _line_class(line), line.id, path, index % 8, _speed(line.per_minute), trains,
    )  # fmt: skip


def _client_stop(client: Client, layout: Layout, y: float) -> SafeString:
    x = layout.client_x
    dot = format_html('<circle class="dot" cx="{}" cy="{}" r="{}"/>', point(x), point(y), 6 if layout.rows else 6.5)
    name_x = x - (18 if layout.rows else 20)
    if not (layout.rows and client.note):
        return dot + _text(name_x, y + 5, _cut(client.name, 18), "tb end")
    return dot + _text(name_x, y - 2, _cut(client.name, 18), "tb end") + _text(name_x, y + 15, _cut(client.note, 22), "t2 end")


def _hall(hub: HubPicture, layout: Layout, centre: float) -> SafeString:
    tallest = max(len(hub.lines), len(hub.clients), 4)
    height = (tallest - 1) * LANE + (32 if layout.rows else 34)
    top, x = centre - height / 2, layout.hub_x
    box = format_html(
        '<rect class="hall" x="{}" y="{}" width="{}" height="{}" rx="{}"/>',
        point(x - layout.hall / 2), point(top), point(layout.hall), point(height), point(layout.hall / 2),
    )  # fmt: skip
    return box + _text(x, top - (25.5 if hub.note else 10), _cut(hub.name, 26), "th mid") + _text(x, top - 9, _cut(hub.note, 30), "t2 mid")


def _stop(line: Line, x: float, y: float, radius: float) -> SafeString:
    code = f"+{line.grouped}" if line.grouped else line.code[:2]
    r = radius if line.state == "running" and not line.grouped else radius - 1.5
    return format_html(
        '<circle class="{}" cx="{}" cy="{}" r="{}"/><text class="code2" x="{}" y="{}">{}</text>',
        "more" if line.grouped else "stop", point(x), point(y), point(r), point(x), point(y + 3.8), code,
    )  # fmt: skip


def _line_stop(line: Line, layout: Layout, y: float) -> SafeString:
    x = layout.stop_x
    stop = _stop(line, x, y, 13)
    end = line.rate or {"broken": _("not answering"), "paused": _("paused")}.get(line.state, "")
    if layout.rows:
        text = _text(x + 24, y - 2 if line.note else y + 5, _cut(line.name, 24), "tb")
        text += _text(x + 24, y + 15, _cut(line.note, 30), "t2 say") + _text(layout.width, y + 5, end, "t2 end say")
    else:
        text = _text(x + 26, y + 5, _cut(line.name, 14), "tb") + _text(x + 136, y + 4.5, _cut(line.note, 28), "t2 say")
    return format_html('<g class="{}" data-server="{}">{}{}</g>', _line_class(line), line.id, stop, text)


def _tall(hub: HubPicture) -> SafeString:
    """Read downwards, for a phone: clients above, the hall, servers below. 358 units wide."""
    clients, lines = hub.clients, hub.lines
    middle = 24 + (max(len(clients), len(lines), 4) - 1) * 4
    gates, lanes = spread(len(clients), middle, 8), list(reversed(spread(len(lines), middle, 8)))
    hall_y = 14 + 30 * max(len(clients) - 1, 0) + 62
    parts: list[SafeString] = []
    for index, (client, lane) in enumerate(zip(clients, gates, strict=True)):
        y = 14 + 30 * index
        parts.append(format_html('<path class="client" d="{}"/>', elbow(124, y, lane, hall_y)))
        parts.append(format_html('<circle class="dot" cx="124" cy="{}" r="5.5"/>', point(y)))
        parts += [_text(140, y + 5, _cut(client.name, 18), "tb"), _text(358, y + 5, client.rate, "t2 end")]
    stops = [hall_y + 54 + 44 * index for index in range(len(lines))]
    parts += [_way(line, _reverse(elbow(124, y, lane, hall_y)), i) for i, (line, lane, y) in enumerate(zip(lines, lanes, stops, strict=True))]
    width = (max(len(clients), len(lines), 4) - 1) * 8 + 26
    parts.append(format_html('<rect class="hall" x="11" y="{}" width="{}" height="26" rx="13"/>', point(hall_y - 13), width))
    label = max(140, 11 + width + 16)
    parts += [_text(label, hall_y - 1 if hub.note else hall_y + 5, _cut(hub.name, 22), "th"), _text(label, hall_y + 15, _cut(hub.note, 30), "t2")]
    for line, y in zip(lines, stops, strict=True):
        text = _text(146, y - 1 if line.note else y + 5, _cut(line.name, 16), "tb") + _text(146, y + 15, _cut(line.note, 30), "t2 say")
        parts.append(format_html('<g class="{}" data-server="{}">{}{}{}</g>', _line_class(line), line.id, _stop(line, 124, y, 12), text, _text(358, y - 1, line.rate, "t2 end say")))
    box = f"0 0 358 {math.ceil((stops[-1] if stops else hall_y) + 30)}"
    return format_html('<svg class="map map-tall" viewBox="{}" role="img" aria-label="{}">{}</svg>', box, summary(hub), join(parts))


def _reverse(path: str) -> str:
    """The same elbow, drawn from the hall outwards, so that trains leave the hub."""
    numbers = [float(number) for number in path.replace("M", " ").replace("L", " ").replace("Q", " ").split()]
    x = list(zip(numbers[0::2], numbers[1::2], strict=True))[::-1]
    p = [f"{point(a)} {point(b)}" for a, b in x]
    return f"M{p[0]}L{p[1]}Q{p[2]} {p[3]}L{p[4]}Q{p[5]} {p[6]}L{p[7]}"
