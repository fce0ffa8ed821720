"""Ids of the events of a run, as Redis gives them: `<milliseconds>-<number>`. Free of Django."""

from __future__ import annotations


def order(id: str) -> tuple[int, int]:
    """Events in the order of their ids; what is no id comes first."""
    first, _dash, second = id.partition("-")
    if not (first.isdecimal() and len(first) < 20 and (not second or (second.isdecimal() and len(second) < 20))):
        return (0, 0)
    return (int(first), int(second or 0))


def is_later(id: str, after: str) -> bool:
    """Everything is later than no id at all."""
    return not after or order(id) > order(after)
