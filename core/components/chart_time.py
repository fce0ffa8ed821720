"""Charts over time: bars by minute, bands by server, blocks by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.components.chart_data import Band, Days, Minutes
from core.components.chart_parts import data_table, rect
from core.components.formats import plain_number
from core.components.html import EMPTY, join, point


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
        return EMPTY
    most = max((a + f for a, f in zip(picture.answered, picture.failed, strict=True)), default=0) or 1
    bars: list[SafeString] = []
    for index, (answered, failed) in enumerate(zip(picture.answered, picture.failed, strict=True)):
        foot = max(failed / most * 57, 1.5) if failed else 0.0
        body = answered / most * 57
        if answered:
            bars.append(rect(index * 5, 60 - foot - body, 4, body, "b2"))
        if failed:
            bars.append(rect(index * 5, 60 - foot, 4, foot, "bf"))
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
        return EMPTY
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
        "", '<span><i class="sw by l{}"></i>{}</span>', (((s.line - 1) % 8 + 1, s.name) for s in picture.series)
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
        return EMPTY
    blocks = [rect(i * 11, 0, 8, 28, f"d-{day.state}", 1.5) for i, day in enumerate(picture.days)]
    words = {"ok": _("good"), "warn": _("some failed"), "bad": _("many failed"), "none": _("no calls")}
    rows = [(date_format(day.day, "j M Y"), day.note or words[day.state]) for day in picture.days]
    svg = format_html(
        '<svg viewBox="0 0 {} 28" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        len(blocks) * 11 - 3, picture.label or _("Success by day"), join(blocks),
    )  # fmt: skip
    first, last = (date_format(day.day, "j M") for day in (picture.days[0], picture.days[-1]))
    axis = format_html('<p class="axis quiet"><span>{}</span><span>{}</span></p>', first, last)
    return format_html('<div class="days">{}{}</div>', svg, axis) + data_table((_("Day"), _("What happened")), rows)
