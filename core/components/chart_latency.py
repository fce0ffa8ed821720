"""The latency histogram."""

from __future__ import annotations

import math
from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.components.chart_data import Bucket, Histogram
from core.components.chart_parts import data_table, rect
from core.components.formats import plain_duration, plain_number
from core.components.html import EMPTY, attributes, join, point

_WIDTH, _FOOT, _TALLEST = 620.0, 148.0, 112.0
_FIRST, _STEP = -16, 21
"""Where the names of markers stand: a row for each, all of them above the tallest bar."""


def histogram(picture: Histogram) -> SafeString:
    """Bars of one width, ticks at their right edges, markers placed between edges on a log scale."""
    buckets = picture.buckets
    if not buckets:
        return EMPTY
    slot = _WIDTH / len(buckets)
    most = max((bucket.count for bucket in buckets), default=0) or 1
    parts = [SafeString('<path class="ax" d="M0 148.5H620"/>')]
    for index, bucket in enumerate(buckets):
        parts += _column(bucket, index * slot, slot, most)
        css = " ".join(("last" * (index == len(buckets) - 1), "odd" * (index % 2))).strip()
        parts.append(format_html('<text{} x="{}" y="166">{}</text>', *_label(css, (index + 1) * slot, bucket.upto)))
    parts += _markers(picture, slot)
    rows = [(plain_duration(b.upto), plain_number(b.count), plain_number(b.failed)) for b in buckets]
    marks = ", ".join(f"{name} {_tick_with_unit(ms)}" for name, ms in picture.markers)
    said = picture.label or _("Latency of %(n)s calls. %(marks)s") % {
        "n": plain_number(sum(b.count for b in buckets)),
        "marks": marks,
    }
    picture_svg = format_html(
        '<svg class="lat" viewBox="0 -30 620 202" role="img" aria-label="{}">{}</svg>', said, join(parts)
    )
    return picture_svg + data_table((_("Up to"), _("Calls"), _("Failed")), rows)


def _label(css: str, x: float, upto: float) -> tuple[SafeString, str, str]:
    """On a narrow page the odd ticks are left out; the last one ends at the edge."""
    return attributes(class_=css), point(x), _tick(upto)


def _tick(ms: float) -> str:
    return plain_number(ms) if ms < 1000 else f"{plain_number(ms / 1000)} s"


def _tick_with_unit(ms: float) -> str:
    return plain_duration(ms) if ms < 1000 else f"{plain_number(round(ms / 1000, 1))} s"


def _column(bucket: Bucket, x: float, slot: float, most: int) -> list[SafeString]:
    def height(count: int) -> float:
        return max(count / most * _TALLEST, 2.0 if count == bucket.count else 1.5)

    bars = []
    if bucket.count:
        bars.append(rect(x + 3, _FOOT - height(bucket.count), slot - 6, height(bucket.count), "b", 1.5))
    if bucket.failed:
        bars.append(rect(x + 3, _FOOT - height(bucket.failed), slot - 6, height(bucket.failed), "bf", 1.5))
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
    """A dotted line down from its name, which near the right edge stands on the left of it."""
    parts = []
    for rank, (name, ms) in enumerate(picture.markers):
        x = _position(ms, picture.buckets, slot)
        css, label_x = ("ml end", x - 5) if x > _WIDTH - 72 else ("ml", x + 5)
        said = f"{name} {_tick_with_unit(ms)}"
        y = _FIRST + _STEP * rank
        parts.append(format_html('<path class="mk" d="M{} {}V148"/>', point(x), y - 10))
        parts.append(format_html('<text class="{}" x="{}" y="{}">{}</text>', css, point(label_x), y, said))
    return parts
