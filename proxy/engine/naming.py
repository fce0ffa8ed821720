"""The names under which a hub offers things: stable from the first day, and short enough for every client."""

from __future__ import annotations

import hashlib

SEPARATOR = "__"
LONGEST = 64
"""Characters. Clients and model providers refuse longer names."""
_HASH = 8


def offered_name(slug: str, name: str, *, prefixed: bool = True) -> str:
    """`server__tool`, or the bare name. One that is too long keeps its start and ends in a hash of the whole."""
    full = f"{slug}{SEPARATOR}{name}" if prefixed else name
    if len(full) <= LONGEST:
        return full
    digest = hashlib.sha256(full.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    return f"{full[: LONGEST - _HASH - 1]}_{digest}"
