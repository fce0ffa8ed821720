"""Semantic versions: read, compared, counted up."""

from __future__ import annotations

import re

FIRST = "1.0.0"
_SHAPE = re.compile(r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]{1,30}))?(?:\+[0-9A-Za-z.-]{1,30})?")
_LOOSE = re.compile(r"v?(\d{1,9})(?:\.(\d{1,9}))?")


def is_version(text: str) -> bool:
    """Is it `1.2.3`, with or without `-rc.1` and `+build`?"""
    return bool(_SHAPE.fullmatch(text)) and not text.startswith("v")


def version_key(text: str) -> str:
    """A text (at most 120 characters) that sorts as versions do; what is no semantic version sorts before all."""
    match = _SHAPE.fullmatch(text) or _LOOSE.fullmatch(text)
    if match is None:
        return f"! {text}"[:120]
    numbers = [*match.groups()[:3], "0"][:3]
    whole = ".".join((number or "0").zfill(9) for number in numbers)
    before = match[4] if match.re is _SHAPE else None
    return f"{whole}~" if before is None else f"{whole}-{'.'.join(_part(part) for part in before.split('.'))}"[:120]


def next_patch(text: str) -> str:
    """`1.0.1` of `1.0.0`; `1.0.0` of what is no semantic version."""
    match = _SHAPE.fullmatch(text)
    return f"{match[1]}.{match[2]}.{int(match[3]) + 1}" if match else FIRST


def _part(part: str) -> str:
    """Numbers sort by value and before words."""
    return part.zfill(9) if part.isdecimal() else f"a{part}"
