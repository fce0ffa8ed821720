"""One page of rows: by keyset for a QuerySet, by offset for a sequence.

A cursor that makes no sense is the first page.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet

LONGEST_CURSOR = 1000
Rows = Any


@dataclass(frozen=True)
class Page:
    """`after` and `before` are the cursors of the neighbours, empty where there is none."""

    rows: list[Any]
    after: str = ""
    before: str = ""
    first_index: int | None = None
    """0-based index of the first row, where it is known."""


def value_of(row: Any, name: str) -> Any:
    """A key of a mapping or an attribute, through `__` as in a lookup."""
    for part in name.split("__"):
        row = row.get(part) if isinstance(row, Mapping) else getattr(row, part, None)
    return row


def count_rows(rows: Rows) -> int:
    return rows.count() if isinstance(rows, QuerySet) else len(rows)


def page_of(rows: Rows, sort: str, size: int, after: str = "", before: str = "") -> Page:
    """The rows after or before a cursor; `sort` as in order_by, with a leading minus for descending."""
    if isinstance(rows, QuerySet):
        return _keyset(rows, sort or "pk", size, after, before)
    return _offset(list(rows), sort, size, after or before)


def _offset(rows: list[Any], sort: str, size: int, cursor: str) -> Page:
    if sort:
        name = sort.removeprefix("-")
        filled = [row for row in rows if value_of(row, name) is not None]
        filled.sort(key=lambda row: value_of(row, name), reverse=sort.startswith("-"))
        rows = filled + [row for row in rows if value_of(row, name) is None]
    start = int(cursor) if cursor.isdecimal() and len(cursor) < 10 else 0
    start = start if start < len(rows) else 0
    return Page(
        rows[start : start + size],
        after=str(start + size) if start + size < len(rows) else "",
        before=str(max(0, start - size)) if start else "",
        first_index=start,
    )


def _keyset(rows: QuerySet[Any], sort: str, size: int, after: str, before: str) -> Page:
    field, descending = sort.removeprefix("-"), sort.startswith("-")
    backwards = bool(before) and not after
    down = descending != backwards
    cursor = _decode(after or before)
    # Nulls come last in either direction, so walking backwards they come first.
    column = (
        F(field).desc(nulls_first=backwards or None, nulls_last=not backwards or None)
        if down
        else F(field).asc(nulls_first=backwards or None, nulls_last=not backwards or None)
    )
    ordered = rows.order_by(column, "-pk" if down else "pk")
    if cursor is not None:
        try:
            ordered = ordered.filter(_beyond(field, cursor, down, backwards))
        except (ValueError, TypeError, ValidationError):
            cursor, backwards = None, False
            return _keyset(rows, sort, size, "", "")
    found = list(ordered[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([], first_index=0) if cursor is None else _keyset(rows, sort, size, "", "")
    has_next = more if not backwards else True
    has_previous = more if backwards else cursor is not None
    return Page(
        found,
        after=_encode(found[-1], field) if has_next else "",
        before=_encode(found[0], field) if has_previous else "",
        first_index=0 if cursor is None or (backwards and not more) else None,
    )


def _beyond(field: str, cursor: tuple[Any, Any], down: bool, backwards: bool) -> Q:
    """What lies beyond (value, pk) in the direction walked, nulls last (backwards: first)."""
    value, pk = cursor
    step = "lt" if down else "gt"
    if field == "pk":
        return Q(**{f"pk__{step}": pk})
    tie = Q(**{f"pk__{step}": pk})
    if value is None:
        same = Q(**{f"{field}__isnull": True}) & tie
        return same | Q(**{f"{field}__isnull": False}) if backwards else same
    beyond = Q(**{f"{field}__{step}": value}) | (Q(**{field: value}) & tie)
    return beyond if backwards else beyond | Q(**{f"{field}__isnull": True})


def _encode(row: Any, field: str) -> str:
    value = row.pk if field == "pk" else value_of(row, field)
    if isinstance(value, date):
        value = value.isoformat()
    elif isinstance(value, Decimal):
        value = str(value)
    return base64.urlsafe_b64encode(json.dumps([value, row.pk], default=str).encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[Any, Any] | None:
    if not cursor or len(cursor) > LONGEST_CURSOR:
        return None
    try:
        pair = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not (
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str | int | float | None) for part in pair)
    ):
        return None
    if any(isinstance(part, str) and "\x00" in part for part in pair) or pair[1] is None:
        return None
    return pair[0], pair[1]
