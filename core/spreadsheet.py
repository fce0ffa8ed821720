"""CSV that spreadsheets open as what it is: data. A cell that begins like a formula would be run as one."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the wide forms, which some spreadsheets take for the narrow ones."""


class _Line:
    """What csv.writer writes to: keeps the line."""

    def write(self, text: str) -> str:
        return text


def safe_cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay numbers."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return "'" + value
    return value


def csv_lines(head: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a CSV file (RFC 4180), one at a time."""
    writer = csv.writer(_Line())
    for row in itertools.chain([head], rows):
        yield writer.writerow([safe_cell(cell if isinstance(cell, int | float) else str(cell)) for cell in row])
