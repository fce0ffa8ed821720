"""Prefixed, sortable ids: `srv_` + 26 characters of lower-case Crockford base32.

The 26 characters are a ULID: 48 bits of UTC milliseconds, then 80 random bits. Ids made by one process never go
back: within a millisecond (or when the clock steps back) the random part counts up from a random start.
"""

from __future__ import annotations

import os
import re
import threading
import time
from datetime import UTC, datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(a + b for a in ALPHABET for b in ALPHABET)
_VALUE = {character: index for index, character in enumerate(ALPHABET)}
_SHAPE = re.compile(r"\A[a-z][a-z0-9]{0,15}_[0-7][0-9a-hjkmnp-tv-z]{25}\Z")
_LAST = "76ez6fk000"
"""The first ten characters on the last day of 9999, after which there are no more dates."""
_RANDOM_BITS = 80
_RANDOM_LIMIT = 1 << _RANDOM_BITS

_lock = threading.Lock()
_last_ms = 0
_last_random = 0


def new_id(prefix: str) -> str:
    """A new id, greater (as text) than every id of this prefix that this process made before."""
    return f"{prefix}_{_encode(_next_value())}"


def id_time(value: str) -> datetime:
    """When an id was made (UTC, to the millisecond). Raises ValueError for what is not an id."""
    if not is_id(value):
        raise ValueError(f"not an id: {value!r}")
    number = 0
    for character in value.rpartition("_")[2][:10]:
        number = number * 32 + _VALUE[character]
    return datetime.fromtimestamp(number / 1000, UTC)


def is_id(value: str, prefix: str = "") -> bool:
    """Does `value` look like an id (of this prefix)?"""
    if not _SHAPE.match(value) or (prefix and not value.startswith(prefix + "_")):
        return False
    return value.rpartition("_")[2][:10] <= _LAST


def _next_value() -> int:
    global _last_ms, _last_random
    with _lock:
        ms = time.time_ns() // 1_000_000
        if ms > _last_ms:
            # The top bit stays free, so that counting up inside one millisecond cannot overflow.
            _last_ms, _last_random = ms, int.from_bytes(os.urandom(10), "big") >> 1
        else:
            _last_random += 1 + os.urandom(1)[0]
            if _last_random >= _RANDOM_LIMIT:
                _last_ms, _last_random = _last_ms + 1, 0
        return (_last_ms << _RANDOM_BITS) | _last_random


def _encode(value: int) -> str:
    pairs = _PAIRS
    return "".join([pairs[(value >> shift) & 1023] for shift in range(120, -1, -10)])
