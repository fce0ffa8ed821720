"""Two texts or JSON values side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.components.code import pretty
from core.components.html import join, safe

Opcode = tuple[str, int, int, int, int]
CONTEXT = 3
MOST_EXACT = 2000
"""Lines; longer texts are compared with a shortcut for lines that come often."""


def diff(before: Any, after: Any, label: str = "") -> SafeString:
    """Two texts or JSON values side by side, equal parts folded to three lines around a change."""
    old, new = (_lines(value) for value in (before, after))
    rows: list[SafeString] = []
    groups = list(SequenceMatcher(None, old, new, autojunk=len(old) > MOST_EXACT).get_grouped_opcodes(CONTEXT))
    if not groups:
        return format_html('<p class="quiet">{}</p>', _("No difference"))
    end = 0
    for group in groups:
        if group[0][1] > end:
            rows.append(_skipped(group[0][1] - end))
        for opcode in group:
            rows.extend(_opcode_rows(opcode, old, new))
        end = group[-1][2]
    if end < len(old):
        rows.append(_skipped(len(old) - end))
    columns = safe('<colgroup><col class="no"><col><col class="no"><col></colgroup>')
    head = format_html(
        '<thead class="sr"><tr><td></td><th scope="col">{}</th><td></td><th scope="col">{}</th></tr></thead>',
        _("Before"),
        _("After"),
    )
    return format_html(
        '<div class="diff" role="group" aria-label="{}" tabindex="0"><table>{}{}<tbody>{}</tbody></table></div>',
        label or _("Difference"), columns, head, join(rows),
    )  # fmt: skip


def _lines(value: Any) -> list[str]:
    return (value if isinstance(value, str) else pretty(value)).splitlines()


def _skipped(count: int) -> SafeString:
    return format_html('<tr class="skip-row"><td colspan="4">{}</td></tr>', _("%(n)s equal lines") % {"n": count})


@dataclass(frozen=True)
class _Side:
    number: str = ""
    css: str = "void"
    text: str = ""


def _opcode_rows(opcode: Opcode, old: list[str], new: list[str]) -> Iterator[SafeString]:
    kind, a, b, c, d = opcode
    gone, come = ("same", "same") if kind == "equal" else ("gone", "new")
    for left, right in zip_longest(range(a, b), range(c, d)):
        before = _Side() if left is None else _Side(str(left + 1), gone, old[left])
        after = _Side() if right is None else _Side(str(right + 1), come, new[right])
        yield safe("<tr>") + _cells(before) + _cells(after) + safe("</tr>")


def _cells(side: _Side) -> SafeString:
    return format_html('<td class="no">{}</td><td class="{}">{}</td>', side.number, side.css, side.text)
