"""Charts as server-side SVG, coloured by classes, each with its numbers in a `<details>` table.

Pure functions from dataclasses to HTML. One series takes the accent, series by server take their lines; the two never share a chart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.components.formats import plain_duration, plain_number
from core.components.html import attributes, join, point, safe


@dataclass(frozen=True)
class Bucket:
    """Calls that took up to `upto` milliseconds, and of them those that failed."""

    upto: float
    count: int
    failed: int = 0


@dataclass(frozen=True)
class Histogram:
    """Latency in buckets of growing width; the markers are milliseconds."""

    buckets: Sequence[Bucket]
    markers: Sequence[tuple[str, float]] = ()
    """Such as ("p50", 118.0)."""
    label: str = ""


@dataclass(frozen=True)
class Minutes:
    """One bar for each span of time: answered above, failed at the foot."""

    starts: Sequence[datetime]
    answered: Sequence[int]
    failed: Sequence[int]
    label: str = ""


@dataclass(frozen=True)
class Series:
    """One server's values, in its line."""

    name: str
    line: int
    values: Sequence[float]


@dataclass(frozen=True)
class Band:
    """Series by server, stacked over time."""

    starts: Sequence[datetime]
    series: Sequence[Series]
    label: str = ""


@dataclass(frozen=True)
class Day:
    day: datetime
    state: Literal["ok", "warn", "bad", "none"]
    note: str = ""


@dataclass(frozen=True)
class Days:
    """One block a day."""

    days: Sequence[Day]
    label: str = ""


def data_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> SafeString:
    """The numbers of a picture, folded away. The first column names the row, the others are numbers."""
    heads = format_html_join("", "<th{}>{}</th>", ((safe(' class="r"') if index else "", cell) for index, cell in enumerate(head)))
    body = format_html_join("", "<tr>{}</tr>", ((_cells(row),) for row in rows))
    return format_html(
        '<details class="data"><summary>{}</summary><div class="scroll" tabindex="0"><table class="list keep">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>",
        _("Show as table"), heads, body,
    )  # fmt: skip


def _cells(row: Sequence[str]) -> SafeString:
    return format_html_join("", "<td{}>{}</td>", ((safe(' class="r"') if index else "", cell) for index, cell in enumerate(row)))


def _rect(x: float, y: float, width: float, height: float, css: str, rx: float = 0) -> SafeString:
    return format_html(
        "<rect{}/>",
        attributes(class_=css, x=point(x), y=point(y), width=point(width), height=point(height), rx=point(rx) if rx else None),
    )


# Sparkline


def sparkline(values: Sequence[float], label: str = "", width: int = 84, height: int = 20) -> SafeString:
    """A small line of values, oldest first. Without a label it is decoration beside a number."""
    if not any(values):
        return format_html('<span class="quiet">{}</span>', _("no calls yet"))
    top, foot = 2.0, height - 1.0
    most = max(values)
    step = width / max(1, len(values) - 1)
    places = [(index * step, foot - value / most * (foot - top)) for index, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    said = attributes(role="img", aria_label=label) if label else safe(' aria-hidden="true"')
    x, y = places[-1]
    return format_html(
        '<svg class="spark" width="{0}" height="{1}" viewBox="0 0 {0} {1}"{2}><polyline points="{3}"/><circle cx="{4}" cy="{5}" r="2"/></svg>',
        width, height, said, line, point(x), point(y),
    )  # fmt: skip


# Latency

_WIDTH, _FOOT, _TALLEST = 620.0, 148.0, 140.0


def histogram(picture: Histogram) -> SafeString:
    """Bars of one width, ticks at their right edges, markers placed between edges on a log scale."""
    buckets = picture.buckets
    if not buckets:
        return safe("")
    slot = _WIDTH / len(buckets)
    most = max((bucket.count for bucket in buckets), default=0) or 1
    parts = [format_html('<path class="ax" d="M0 148.5H620"/>')]
    for index, bucket in enumerate(buckets):
        parts += _column(bucket, index * slot, slot, most)
        label_x = min((index + 1) * slot, _WIDTH - 6)
        parts.append(format_html('<text x="{}" y="166">{}</text>', point(label_x), _tick(bucket.upto)))
    parts += _markers(picture, slot)
    rows = [(plain_duration(b.upto), plain_number(b.count), plain_number(b.failed)) for b in buckets]
    marks = ", ".join(f"{name} {plain_duration(ms)}" for name, ms in picture.markers)
    said = picture.label or _("Latency of %(n)s calls. %(marks)s") % {"n": plain_number(sum(b.count for b in buckets)), "marks": marks}
    picture_svg = format_html('<svg class="lat" viewBox="0 -12 620 184" role="img" aria-label="{}">{}</svg>', said, join(parts))
    return picture_svg + data_table((_("Up to"), _("Calls"), _("Failed")), rows)


def _tick(ms: float) -> str:
    return plain_number(ms) if ms < 1000 else f"{plain_number(ms / 1000)} s"


def _column(bucket: Bucket, x: float, slot: float, most: int) -> list[SafeString]:
    def height(count: int) -> float:
        return max(count / most * _TALLEST, 2.0 if count == bucket.count else 1.5)

    bars = []
    if bucket.count:
        bars.append(_rect(x + 3, _FOOT - height(bucket.count), slot - 6, height(bucket.count), "b", 1.5))
    if bucket.failed:
        bars.append(_rect(x + 3, _FOOT - height(bucket.failed), slot - 6, height(bucket.failed), "bf", 1.5))
    return bars


def _position(ms: float, buckets: Sequence[Bucket], slot: float) -> float:
    low = buckets[0].upto / 2
    for index, bucket in enumerate(buckets):
        if ms <= bucket.upto:
            share = math.log(max(ms, low) / low) / math.log(bucket.upto / low)
            return (index + share) * slot
        low = bucket.upto
    return _WIDTH


def _markers(picture: Histogram, slot: float) -> list[SafeString]:
    parts = []
    for rank, (name, ms) in enumerate(picture.markers):
        x = _position(ms, picture.buckets, slot)
        parts.append(format_html('<path class="mk" d="M{} -8V148"/>', point(x)))
        end = x > _WIDTH - 90
        parts.append(
            format_html(
                '<text class="{}" x="{}" y="{}">{} {}</text>',
                "ml end" if end else "ml", point(x - 5 if end else x + 5), 18 * rank, name, plain_duration(ms),
            )  # fmt: skip
        )
    return parts


# Over time


def _axis(starts: Sequence[datetime]) -> SafeString:
    """First, middle and last moment in the person's zone, which the last one names."""
    local = [timezone.localtime(start) for start in (starts[0], starts[len(starts) // 2], starts[-1])]
    style = "H:i" if (local[2] - local[0]).total_seconds() <= 172_800 else "j M"
    zone = f" {local[2].tzname()}" if style == "H:i" else ""
    words = [date_format(moment, style) for moment in local]
    return format_html(
        '<p class="axis quiet"><span>{}</span><span>{}</span><span>{}{}</span></p>', words[0], words[1], words[2], zone
    )


def _moment(start: datetime, starts: Sequence[datetime]) -> str:
    long = (starts[-1] - starts[0]).total_seconds() > 86_400
    return date_format(timezone.localtime(start), "j M, H:i" if long else "H:i")


def minutes(picture: Minutes) -> SafeString:
    """A bar for each span; what failed stands at the foot in red."""
    if not picture.starts:
        return safe("")
    most = max((a + f for a, f in zip(picture.answered, picture.failed, strict=True)), default=0) or 1
    bars: list[SafeString] = []
    for index, (answered, failed) in enumerate(zip(picture.answered, picture.failed, strict=True)):
        foot = max(failed / most * 45, 1.5) if failed else 0.0
        body = answered / most * 45
        if answered:
            bars.append(_rect(index * 5, 60 - foot - body, 4, body, "b2"))
        if failed:
            bars.append(_rect(index * 5, 60 - foot, 4, foot, "bf"))
    rows = [
        (_moment(start, picture.starts), plain_number(a), plain_number(f))
        for start, a, f in zip(picture.starts, picture.answered, picture.failed, strict=True)
    ]
    said = picture.label or _("Calls over time; failed calls below")
    svg = format_html(
        '<svg class="ban" viewBox="0 0 {} 60" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        len(picture.starts) * 5 - 1, said, join(bars),
    )  # fmt: skip
    return svg + _axis(picture.starts) + data_table((_("From"), _("Answered"), _("Failed")), rows)


def band(picture: Band) -> SafeString:
    """Areas stacked in the order given, each in its server's line, with a key."""
    if not picture.starts or not picture.series:
        return safe("")
    count = len(picture.starts)
    sums = [sum(series.values[i] for series in picture.series) for i in range(count)]
    most, step = max(sums) or 1, 300 / max(1, count - 1)
    floor = [0.0] * count
    parts = []
    for series in picture.series:
        roof = [low + value for low, value in zip(floor, series.values, strict=True)]
        edge = [f"{point(i * step)} {point(120 - roof[i] / most * 116)}" for i in range(count)]
        back = [f"{point(i * step)} {point(120 - floor[i] / most * 116)}" for i in reversed(range(count))]
        parts.append(format_html('<path class="f l{}" d="M{}Z"/>', (series.line - 1) % 8 + 1, "L".join(edge + back)))
        floor = roof
    rows = [
        (_moment(start, picture.starts), *(plain_number(series.values[i]) for series in picture.series))
        for i, start in enumerate(picture.starts)
    ]
    keys = format_html_join(
        "", '<span><i class="sw line l{}"></i>{}</span>', (((s.line - 1) % 8 + 1, s.name) for s in picture.series)
    )
    svg = format_html(
        '<svg class="ban tall" viewBox="0 0 300 120" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        picture.label or _("Calls by server over time"), join(parts),
    )  # fmt: skip
    head = (_("From"), *(series.name for series in picture.series))
    return svg + _axis(picture.starts) + format_html('<p class="key">{}</p>', keys) + data_table(head, rows)


def days(picture: Days) -> SafeString:
    """One block a day; a day that was not good says why."""
    if not picture.days:
        return safe("")
    blocks = [_rect(i * 11, 0, 8, 28, f"d-{day.state}", 1.5) for i, day in enumerate(picture.days)]
    words = {"ok": _("good"), "warn": _("some failed"), "bad": _("many failed"), "none": _("no calls")}
    rows = [(date_format(day.day, "j M Y"), day.note or words[day.state]) for day in picture.days]
    svg = format_html(
        '<svg viewBox="0 0 {} 28" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        len(blocks) * 11 - 3, picture.label or _("Success by day"), join(blocks),
    )  # fmt: skip
    first, last = (date_format(day.day, "j M") for day in (picture.days[0], picture.days[-1]))
    axis = format_html('<p class="axis quiet"><span>{}</span><span>{}</span></p>', first, last)
    return format_html('<div class="days">{}{}</div>', svg, axis) + data_table((_("Day"), _("What happened")), rows)


def bar(share: float, *, live: bool = False, line: int = 0, start: float = 0, label: str = "") -> SafeString:
    """A horizontal bar; `start` and `share` are parts of the whole, 0 to 1."""
    start = min(max(start, 0.0), 1.0)
    width = min(max(share, 0.0), 1.0 - start) * 100
    css = f"lbar by l{(line - 1) % 8 + 1}" if line else "lbar run" if live else "lbar"
    said = attributes(role="img", aria_label=label) if label else safe(' aria-hidden="true"')
    return format_html(
        '<svg class="{}" viewBox="0 0 100 6" preserveAspectRatio="none"{}>{}</svg>',
        css, said, _rect(start * 100, 0, max(width, 1.5), 6, "", 1),
    )  # fmt: skip
