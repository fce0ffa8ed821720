"""The names under which a hub offers its servers' tools and prompts. Pure: same input, same name, for ever."""

from __future__ import annotations

import hashlib

SEPARATOR = "__"
MAX_LENGTH = 64
"""Several model providers refuse longer tool names."""
_HASH_LENGTH = 8


def offered_name(server_slug: str, real_name: str, *, prefixed: bool) -> str:
    """`server__tool`, or the bare name; over 64 characters the end is replaced by a hash of the whole name.

    The hash depends on the server's slug and the real name alone, so that nothing else ever changes a name.
    """
    name = f"{server_slug}{SEPARATOR}{real_name}" if prefixed else real_name
    if len(name) <= MAX_LENGTH:
        return name
    digest = hashlib.sha256(f"{server_slug}\0{real_name}".encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: MAX_LENGTH - _HASH_LENGTH - 1]}_{digest}"
