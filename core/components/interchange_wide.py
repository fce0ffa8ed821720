"""The interchange read from left to right: clients, hall, servers."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.components.geometry import LANE, bending, corners, spread
from core.components.html import join, point
from core.components.interchange_parts import (
    Client,
    HubPicture,
    Line,
    client_class,
    line_group,
    picture,
    rate_of,
    stop,
    text,
    way,
)


@dataclass(frozen=True)
class Layout:
    """Where things stand, in units of the viewBox."""

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
LEAST_HEIGHT = 150
HEAD_ROOM = 26


def _step(count: int, layout: Layout) -> float:
    if not layout.rows:
        return 45.7
    return 55 if count <= 6 else 46 if count <= 8 else 42


def wide(hub: HubPicture, layout: Layout, said: str) -> SafeString:
    step = _step(len(hub.lines), layout)
    client_step = 62 if not layout.rows else 55 if len(hub.clients) <= 6 else 46
    tallest = max((len(hub.lines) - 1) * step, (len(hub.clients) - 1) * client_step, LEAST_HEIGHT)
    centre = tallest / 2 + HEAD_ROOM
    stops, doors = spread(len(hub.lines), centre, step), spread(len(hub.clients), centre, client_step)
    parts = [
        *_client_ways(hub, layout, centre, doors),
        *_line_ways(hub, layout, centre, stops),
        *(_client_stop(client, layout, y) for client, y in zip(hub.clients, doors, strict=True)),
        _hall(hub, layout, centre),
        *(_line_stop(line, layout, y) for line, y in zip(hub.lines, stops, strict=True)),
    ]
    return picture("map-wide", layout.width, tallest + 2 * HEAD_ROOM, said, join(parts))


def _client_ways(hub: HubPicture, layout: Layout, centre: float, doors: list[float]) -> list[SafeString]:
    gates = spread(len(hub.clients), centre, LANE)
    bends = corners(gates, doors, layout.client_corner, -1)
    return [
        format_html(
            '<path class="{}" d="{}"/>',
            client_class(client),
            bending(layout.hub_x, gate, bend, layout.client_x, door, layout.radius),
        )
        for client, gate, bend, door in zip(hub.clients, gates, bends, doors, strict=True)
    ]


def _line_ways(hub: HubPicture, layout: Layout, centre: float, stops: list[float]) -> list[SafeString]:
    lanes = spread(len(hub.lines), centre, LANE)
    bends = corners(lanes, stops, layout.line_corner, 1)
    rows = zip(hub.lines, lanes, bends, stops, strict=True)
    return [
        way(line, bending(layout.hub_x, lane, bend, layout.stop_x, end, layout.radius), index)
        for index, (line, lane, bend, end) in enumerate(rows)
    ]


def _client_stop(client: Client, layout: Layout, y: float) -> SafeString:
    x, radius = layout.client_x, 6 if layout.rows else 6.5
    dot = format_html('<circle class="dot" cx="{}" cy="{}" r="{}"/>', point(x), point(y), radius)
    name_x = x - (18 if layout.rows else 20)
    if not (layout.rows and client.note):
        return dot + text(name_x, y + 5, client.name, "tb end", 18)
    return dot + text(name_x, y - 2, client.name, "tb end", 18) + text(name_x, y + 15, client.note, "t2 end", 22)


def _hall(hub: HubPicture, layout: Layout, centre: float) -> SafeString:
    tallest = max(len(hub.lines), len(hub.clients), 4)
    height = (tallest - 1) * LANE + (32 if layout.rows else 34)
    top, x = centre - height / 2, layout.hub_x
    box = format_html(
        '<rect class="hall" x="{}" y="{}" width="{}" height="{}" rx="{}"/>',
        point(x - layout.hall / 2), point(top), point(layout.hall), point(height), point(layout.hall / 2),
    )  # fmt: skip
    name = text(x, top - (25.5 if hub.note else 10), hub.name, "th mid", 26)
    return box + name + text(x, top - 9, hub.note, "t2 mid", 30)


def _line_stop(line: Line, layout: Layout, y: float) -> SafeString:
    x = layout.stop_x
    parts = [stop(line, x, y, 13)]
    if layout.rows:
        parts.append(text(x + 24, y - 2 if line.note else y + 5, line.name, "tb", 24))
        parts.append(text(x + 24, y + 15, line.note, "t2 say", 30))
        parts.append(text(layout.width, y + 5, rate_of(line), "t2 end say"))
    else:
        parts.append(text(x + 26, y + 5, line.name, "tb", 14))
        parts.append(text(x + 136, y + 4.5, line.note, "t2 say", 28))
    return line_group(line, join(parts))
