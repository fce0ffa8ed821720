"""What came of an import, as JSON and as text."""

from __future__ import annotations

from typing import Any

import msgspec

MOST_ROWS = 5_000
"""Lines of each list that a report keeps; the counts stay exact."""


class Row(msgspec.Struct, frozen=True):
    """One entry that somebody should know of. `line` counts from 1; 0 where the source has no lines."""

    line: int
    key: str
    reason: str
    slug: str = ""


class Rows(msgspec.Struct):
    """A list that may be cut, and how many there were."""

    count: int = 0
    rows: list[Row] = []

    def add(self, row: Row) -> None:
        self.count += 1
        if len(self.rows) < MOST_ROWS:
            self.rows.append(row)


class Report(msgspec.Struct, kw_only=True):
    """Every entry read is in exactly one of new, changed, same, kept and refused."""

    source: str = ""
    read: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    refused: Rows = msgspec.field(default_factory=Rows)
    """Not taken."""
    kept: Rows = msgspec.field(default_factory=Rows)
    """Left as they are: claimed by their publisher, or removed here."""
    quarantined: Rows = msgspec.field(default_factory=Rows)
    """Taken, but not shown: what the scan found."""
    gone: Rows = msgspec.field(default_factory=Rows)
    """Listings that the source no longer has."""
    alike: Rows = msgspec.field(default_factory=Rows)
    """Taken, though another source lists the same software: `slug` is the other listing."""
    seconds: float = 0.0

    def merge(self, other: Report) -> None:
        """Add what another part of the same import did."""
        self.source = self.source or other.source
        for name in ("read", "new", "changed", "same"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("refused", "kept", "quarantined", "gone", "alike"):
            mine, theirs = getattr(self, name), getattr(other, name)
            left_out = theirs.count - len(theirs.rows)
            for row in theirs.rows:
                mine.add(row)
            mine.count += left_out
        self.seconds = round(self.seconds + other.seconds, 3)

    @property
    def listed(self) -> int:
        return self.new + self.changed + self.same + self.kept.count


def report_json(report: Report) -> dict[str, Any]:
    return msgspec.to_builtins(report)  # type: ignore[no-any-return]


def read_report(value: Any) -> Report:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(value, Report)


def report_text(report: Report) -> str:
    """For a terminal: the counts, then every list that has entries."""
    lines = [
        f"{report.source or 'nothing'}: {report.read:,} read in {report.seconds:.1f} s: {report.new:,} new, "
        f"{report.changed:,} changed, {report.same:,} unchanged, {report.kept.count:,} kept, "
        f"{report.refused.count:,} refused; {report.quarantined.count:,} in quarantine, {report.gone.count:,} gone, "
        f"{report.alike.count:,} listed by another source too"
    ]
    lists = {
        "Refused": report.refused,
        "In quarantine": report.quarantined,
        "Left as they are": report.kept,
        "No longer at the source": report.gone,
        "Listed by another source too": report.alike,
    }
    for title, rows in lists.items():
        if rows.count:
            lines += ["", f"{title} ({rows.count:,})", *(_line(row) for row in rows.rows)]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    where = f"line {row.line}: " if row.line else ""
    return f"  {where}{row.key}: {row.reason}" + (f" [{row.slug}]" if row.slug else "")
