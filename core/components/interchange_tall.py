"""The interchange read downwards, for a phone: clients above, the hall, servers below."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.components.geometry import elbow, reversed_elbow, spread
from core.components.html import join, point
from core.components.interchange_parts import HubPicture, Line, client_class, line_group, picture, stop, text, way

WIDTH = 358
STATION_X = 124
LEFT_LANE = 24
LANE = 8.0
CLIENT_STEP, LINE_STEP = 30, 44
LEAST_LANES = 4


def tall(hub: HubPicture, said: str) -> SafeString:
    lanes = max(len(hub.clients), len(hub.lines), LEAST_LANES)
    middle = LEFT_LANE + (lanes - 1) * LANE / 2
    hall_y = 14 + CLIENT_STEP * max(len(hub.clients) - 1, 0) + 62
    stops: list[float] = [hall_y + 54 + LINE_STEP * index for index in range(len(hub.lines))]
    parts = [
        *_clients(hub, middle, hall_y),
        *_ways(hub, middle, hall_y, stops),
        _hall(hub, lanes, hall_y),
        *(_line_stop(line, y) for line, y in zip(hub.lines, stops, strict=True)),
    ]
    return picture("map-tall", WIDTH, (stops[-1] if stops else hall_y) + 30, said, join(parts))


def _clients(hub: HubPicture, middle: float, hall_y: float) -> list[SafeString]:
    parts: list[SafeString] = []
    for index, (client, lane) in enumerate(zip(hub.clients, spread(len(hub.clients), middle, LANE), strict=True)):
        y = 14 + CLIENT_STEP * index
        parts.append(format_html('<path class="{}" d="{}"/>', client_class(client), elbow(STATION_X, y, lane, hall_y)))
        parts.append(format_html('<circle class="dot" cx="{}" cy="{}" r="5.5"/>', STATION_X, y))
        parts += [text(140, y + 5, client.name, "tb", 18), text(WIDTH, y + 5, client.rate, "t2 end")]
    return parts


def _ways(hub: HubPicture, middle: float, hall_y: float, stops: list[float]) -> list[SafeString]:
    """The nearest stop takes the lane farthest to the right, so that no two lines cross."""
    lanes = list(reversed(spread(len(hub.lines), middle, LANE)))
    rows = zip(hub.lines, lanes, stops, strict=True)
    return [way(line, reversed_elbow(STATION_X, y, lane, hall_y), i) for i, (line, lane, y) in enumerate(rows)]


def _hall(hub: HubPicture, lanes: int, hall_y: float) -> SafeString:
    width = (lanes - 1) * LANE + 26
    left = LEFT_LANE - 13
    box = format_html(
        '<rect class="hall" x="{}" y="{}" width="{}" height="26" rx="13"/>', left, point(hall_y - 13), point(width)
    )
    x = max(140, left + width + 16)
    name = text(x, hall_y - 1 if hub.note else hall_y + 5, hub.name, "th", 22)
    return box + name + text(x, hall_y + 15, hub.note, "t2", 30)


def _line_stop(line: Line, y: float) -> SafeString:
    parts = [
        stop(line, STATION_X, y, 12),
        text(146, y - 1 if line.note else y + 5, line.name, "tb", 16),
        text(146, y + 15, line.note, "t2 say", 30),
        text(WIDTH, y - 1, line.rate, "t2 end say"),
    ]
    return line_group(line, join(parts))
