"""What several charts share: rectangles, and the table of their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.components.html import attributes, point, safe


def data_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> SafeString:
    """The numbers of a picture, folded away. The first column names the row, the others are numbers."""
    heads = format_html_join(
        "", "<th{}>{}</th>", ((safe(' class="r"') if index else "", cell) for index, cell in enumerate(head))
    )
    body = format_html_join("", "<tr>{}</tr>", ((_cells(row),) for row in rows))
    return format_html(
        '<details class="data"><summary>{}</summary><div class="scroll" tabindex="0"><table class="list keep">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>",
        _("Show as table"), heads, body,
    )  # fmt: skip


def _cells(row: Sequence[str]) -> SafeString:
    return format_html_join(
        "", "<td{}>{}</td>", ((safe(' class="r"') if index else "", cell) for index, cell in enumerate(row))
    )


def rect(x: float, y: float, width: float, height: float, css: str, rx: float = 0) -> SafeString:
    return format_html(
        "<rect{}/>",
        attributes(
            class_=css, x=point(x), y=point(y), width=point(width), height=point(height), rx=point(rx) if rx else None
        ),
    )
