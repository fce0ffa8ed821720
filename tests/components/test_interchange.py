"""The picture keeps its geometry: 0, 45 and 90 degrees, and no two lines cross."""

from __future__ import annotations

import itertools
import math
import re
from xml.etree import ElementTree

import pytest

from core.components.geometry import bending, corners, elbow, spread
from core.components.interchange import (
    Client,
    HubPicture,
    Line,
    State,
    grouped,
    interchange,
    interchange_with_table,
    summary,
)

Point = tuple[float, float]


def hub(count: int, clients: int = 5, state: State = "running") -> HubPicture:
    lines = tuple(Line(f"s{i}", f"Server {i}", "SV", i % 8 + 1, state, "3 tools", "", 20 - i) for i in range(count))
    return HubPicture("hub_1", "production", tuple(Client(f"Client {i}") for i in range(clients)), lines, "128 / min")


def corner_points(path: str) -> list[Point]:
    """The polyline through a path's ends and the control points of its bends, which are the corners."""
    points: list[Point] = []
    for letter, numbers in re.findall(r"([MLQ])([^MLQ]+)", path):
        pairs = [float(number) for number in numbers.split()]
        if letter != "L":
            points.append((pairs[0], pairs[1]))
    last = [float(number) for number in re.findall(r"[\d.]+", path)[-2:]]
    return [*points, (last[0], last[1])]


def crosses(a: Point, b: Point, c: Point, d: Point) -> bool:
    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < -1e-3 and side(c, d, a) * side(c, d, b) < -1e-3


def ways(svg: str) -> list[list[Point]]:
    return [corner_points(path) for path in re.findall(r'<path class="way" d="([^"]+)"', svg)]


def pictures(picture: HubPicture) -> list[str]:
    return re.findall(r"<svg.*?</svg>", interchange(picture), re.S)


def test_a_path_is_the_one_of_the_drawing() -> None:
    lanes, ends = spread(6, 163.5, 9), spread(6, 163.5, 55)
    bends = corners(lanes, ends, 472, 1)
    assert bending(416, lanes[0], bends[0], 682, ends[0], 14) == (
        "M416 141L458 141Q472 141 481.9 131.1L577.1 35.9Q587 26 601 26L682 26"
    )
    assert bends[1] == pytest.approx(475.7, abs=0.05)
    assert elbow(124, 14, 28, 196) == "M124 14L54 14Q44 14 36.9 21.1L35.1 22.9Q28 30 28 40L28 196"


@pytest.mark.parametrize("count", range(1, 17))
def test_every_segment_is_level_upright_or_at_45_degrees(count: int) -> None:
    for svg in pictures(hub(count)):
        for way in ways(svg):
            for (ax, ay), (bx, by) in itertools.pairwise(way):
                angle = math.degrees(math.atan2(by - ay, bx - ax)) % 45
                assert min(angle, 45 - angle) < 0.8 or math.dist((ax, ay), (bx, by)) < 2


@pytest.mark.parametrize("count", range(2, 17))
def test_no_two_lines_cross(count: int) -> None:
    for svg in pictures(hub(count)):
        for one, other in itertools.combinations(ways(svg), 2):
            for (a, b), (c, d) in itertools.product(itertools.pairwise(one), itertools.pairwise(other)):
                assert not crosses(a, b, c, d)


def test_more_than_ten_servers_are_grouped_and_what_is_broken_keeps_its_line() -> None:
    lines = list(hub(24).lines)
    lines[20] = Line("bad", "Postgres", "PG", 2, "broken")
    lines[21] = Line("off", "Stripe", "ST", 6, "paused")
    shown = grouped(tuple(lines))
    assert len(shown) <= 10
    assert "bad" in {line.id for line in shown}
    groups = {line.id: line.grouped for line in shown if line.grouped}
    assert groups == {"more-running": 16, "more-paused": 1}
    assert sum(line.grouped or 1 for line in shown) == 24


def test_ten_servers_keep_their_lines_and_order() -> None:
    assert grouped(hub(10).lines) == hub(10).lines


def test_a_crowd_of_clients_becomes_one() -> None:
    svg = interchange(hub(3, clients=12))
    assert svg.count('class="client"') == 2 * 7
    assert "6 more clients" in svg


def test_states_are_classes_so_that_an_update_swaps_one() -> None:
    svg = interchange(HubPicture("h", "h", (), (Line("a", "A", "AA", 3, "broken"), Line("b", "B", "BB", 9, "paused"))))
    assert 'class="line-of l3 broken" data-server="a"' in svg
    assert 'class="line-of l1 paused" data-server="b"' in svg
    assert "style=" not in svg


def test_the_picture_says_in_words_what_it_shows() -> None:
    picture = HubPicture("h", "production", (Client("Claude"),), (Line("a", "Postgres", "PG", 2, "broken"),))
    assert summary(picture) == "1 client reach 1 server through the hub production. Postgres does not answer."


def test_names_are_escaped_and_cut() -> None:
    svg = interchange(HubPicture("h", "<b>hub</b>", (), (Line("a", "<script>" + "x" * 60, "<x", 1),)))
    assert "<script>" not in svg and "<b>" not in svg and "…" in svg


@pytest.mark.parametrize(("lines", "clients"), [(0, 0), (0, 1), (1, 0), (16, 9)])
def test_any_hub_is_well_formed(lines: int, clients: int) -> None:
    ElementTree.fromstring(f"<div>{interchange_with_table(hub(lines, clients))}</div>".replace(' tabindex="0"', ""))
