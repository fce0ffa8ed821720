"""Bars by day: one measure, what of it failed at the foot, and the days before as a line."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.components.chart_data import Daily
from core.components.chart_parts import data_table
from core.components.formats import plain_number
from core.components.html import EMPTY, join, point

_HEIGHT, _STEP, _WIDTH = 60.0, 5, 4


def daily(picture: Daily) -> SafeString:
    """A bar for each day with its numbers on hover, the greatest above. Days are as given, whatever the zone."""
    if not picture.days:
        return EMPTY
    most = max(*picture.values, *picture.before, 1)
    bars = [_bar(picture, index, most) for index in range(len(picture.days))]
    svg = format_html(
        '<svg class="ban tall" viewBox="0 0 {} 60" preserveAspectRatio="none" role="img" aria-label="{}">{}{}</svg>',
        len(bars) * _STEP - 1, picture.label or picture.what, join(bars), _line(picture, most),
    )  # fmt: skip
    top = format_html('<p class="axis quiet"><span class="num">{}</span></p>', plain_number(most))
    return top + svg + _axis(picture) + _key(picture) + _table(picture)


def _words(picture: Daily, index: int) -> list[str]:
    row = [date_format(picture.days[index], "j M"), plain_number(picture.values[index])]
    if picture.failed:
        row.append(plain_number(picture.failed[index]))
    if picture.before:
        row.append(plain_number(picture.before[index]))
    return row


def _head(picture: Daily) -> list[str]:
    head = [_("Day"), picture.what]
    return head + [picture.failed_what] * bool(picture.failed) + [picture.before_what] * bool(picture.before)


def _bar(picture: Daily, index: int, most: int) -> SafeString:
    value, failed = picture.values[index], picture.failed[index] if picture.failed else 0
    x, full = point(index * _STEP), 57 / most
    day, *numbers = _words(picture, index)
    said = ", ".join(f"{name} {number}" for name, number in zip(_head(picture)[1:], numbers, strict=True))
    foot = max(failed * full, 1.5) if failed else 0.0
    parts = [format_html('<rect class="hit" x="{}" y="0" width="5" height="60"/>', x)]
    if value > failed:
        body = (value - failed) * full
        parts.append(_rect("b2", x, _HEIGHT - foot - body, body))
    if failed:
        parts.append(_rect("bf", x, _HEIGHT - foot, foot))
    return format_html("<g><title>{}: {}</title>{}</g>", day, said, join(parts))


def _rect(css: str, x: str, y: float, height: float) -> SafeString:
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', css, x, point(y), _WIDTH, point(max(height, 0.5))
    )


def _line(picture: Daily, most: int) -> SafeString:
    if not any(picture.before):
        return EMPTY
    dots = (
        f"{point(index * _STEP + _WIDTH / 2)},{point(_HEIGHT - 0.5 - value / most * 57)}"
        for index, value in enumerate(picture.before)
    )
    return format_html('<polyline class="was" points="{}"/>', " ".join(dots))


def _axis(picture: Daily) -> SafeString:
    days = picture.days
    words = [date_format(day, "j M") for day in (days[0], days[len(days) // 2], days[-1])]
    return format_html('<p class="axis quiet"><span>{}</span><span>{}</span><span>{}</span></p>', *words)


def _key(picture: Daily) -> SafeString:
    """Only where there is more than one measure to be told apart."""
    rows = [("b", picture.what)]
    if any(picture.failed):
        rows.append(("bf", picture.failed_what))
    if any(picture.before):
        rows.append(("was", picture.before_what))
    if len(rows) == 1:
        return EMPTY
    keys = [format_html('<span><i class="sw {}"></i>{}</span>', css, name) for css, name in rows]
    return format_html('<p class="key">{}</p>', join(keys))


def _table(picture: Daily) -> SafeString:
    return data_table(_head(picture), [_words(picture, index) for index in range(len(picture.days))])
