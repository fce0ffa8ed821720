"""Paths of a line: horizontal, vertical and 45 degrees only, with one corner radius. Pure arithmetic.

Lines leave the interchange side by side, bend together and peel off in order, so that none cross. Units are those
of the picture's viewBox.
"""

from __future__ import annotations

import math
import re

from core.components.html import point

LANE = 9.0
"""Distance of two lines side by side."""
BEND = LANE * math.tan(math.pi / 8)
"""How much later the next inner line must bend, so that the distance holds in the bend too."""


def bending(start_x: float, start_y: float, corner_x: float, end_x: float, end_y: float, radius: float) -> str:
    """From (start_x, start_y) level to the corner, at 45 degrees to end_y, level to end_x. Left or right."""
    rise = end_y - start_y
    if abs(rise) < 1:
        return f"M{point(start_x)} {point(start_y)}L{point(end_x)} {point(end_y)}"
    way = 1 if end_x > start_x else -1
    down = 1 if rise > 0 else -1
    r = min(radius, abs(rise) / math.sqrt(2))
    cut = r / math.sqrt(2)
    second_x = corner_x + way * abs(rise)
    return (
        f"M{point(start_x)} {point(start_y)}L{point(corner_x - way * r)} {point(start_y)}"
        f"Q{point(corner_x)} {point(start_y)} {point(corner_x + way * cut)} {point(start_y + down * cut)}"
        f"L{point(second_x - way * cut)} {point(end_y - down * cut)}"
        f"Q{point(second_x)} {point(end_y)} {point(second_x + way * r)} {point(end_y)}L{point(end_x)} {point(end_y)}"
    )


def elbow(side_x: float, side_y: float, lane_x: float, hall_y: float, chamfer: float = 16, radius: float = 10) -> str:
    """From a station level to the left, at 45 degrees into a vertical lane, up or down to the hall."""
    down = 1 if hall_y > side_y else -1
    cut = radius / math.sqrt(2)
    x, y = lane_x + chamfer, side_y + down * chamfer
    return (
        f"M{point(side_x)} {point(side_y)}L{point(x + radius)} {point(side_y)}"
        f"Q{point(x)} {point(side_y)} {point(x - cut)} {point(side_y + down * cut)}"
        f"L{point(lane_x + cut)} {point(y - down * cut)}"
        f"Q{point(lane_x)} {point(y)} {point(lane_x)} {point(y + down * radius)}L{point(lane_x)} {point(hall_y)}"
    )


def spread(count: int, centre: float, step: float) -> list[float]:
    """`count` positions around a centre, a step apart."""
    return [centre + (index - (count - 1) / 2) * step for index in range(count)]


def corners(lanes: list[float], ends: list[float], outermost: float, way: int) -> list[float]:
    """Where each line bends: the outermost of each side first, the inner ones a little later."""
    above = [index for index, (lane, end) in enumerate(zip(lanes, ends, strict=True)) if end < lane]
    below = [index for index in range(len(lanes)) if index not in above]
    result = [outermost] * len(lanes)
    for rank, index in enumerate(above):
        result[index] = outermost + way * rank * BEND
    for rank, index in enumerate(reversed(below)):
        result[index] = outermost + way * rank * BEND
    return result


def reversed_elbow(side_x: float, side_y: float, lane_x: float, hall_y: float) -> str:
    """The same elbow drawn from the hall outwards, so that trains leave the hub."""
    numbers = re.findall(r"-?[\d.]+ -?[\d.]+", elbow(side_x, side_y, lane_x, hall_y))
    p = numbers[::-1]
    return f"M{p[0]}L{p[1]}Q{p[2]} {p[3]}L{p[4]}Q{p[5]} {p[6]}L{p[7]}"
