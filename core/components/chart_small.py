"""Small pictures beside a number: sparkline and bar."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.components.chart_parts import rect
from core.components.html import attributes, point, safe


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
        '<svg class="spark" width="{0}" height="{1}" viewBox="0 0 {0} {1}"{2}>'
        '<polyline points="{3}"/><circle cx="{4}" cy="{5}" r="2"/></svg>',
        width, height, said, line, point(x), point(y),
    )  # fmt: skip


def bar(share: float, *, live: bool = False, line: int = 0, start: float = 0, label: str = "") -> SafeString:
    """A horizontal bar; `start` and `share` are parts of the whole, 0 to 1."""
    start = min(max(start, 0.0), 1.0)
    width = min(max(share, 0.0), 1.0 - start) * 100
    css = f"lbar by l{(line - 1) % 8 + 1}" if line else "lbar run" if live else "lbar"
    said = attributes(role="img", aria_label=label) if label else safe(' aria-hidden="true"')
    return format_html(
        '<svg class="{}" viewBox="0 0 100 6" preserveAspectRatio="none"{}>{}</svg>',
        css, said, rect(start * 100, 0, max(width, 1.5), 6, "", 1),
    )  # fmt: skip
