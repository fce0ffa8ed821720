"""Which search led to a listing, read from where its visitor came from. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

LEAST_PEOPLE = 3
"""So many different people have to search for a term in a month before it is written down and shown."""
LONGEST = 80
_PRIVATE = re.compile(r"@|\d[\d\s().+/-]{5,}\d|[0-9a-f]{20,}|[a-z0-9_-]{40,}")
"""Addresses, numbers of eight figures and longer, and what may be a key."""


def term_of(referer: str, host: str, path: str) -> str:
    """The text of the search from whose results somebody came; "" when they came from elsewhere.

    `path` is that of the page of results. What may be private is "" as well.
    """
    try:
        came = urlsplit(referer)
        asked = parse_qs(came.query, max_num_fields=100).get("q", [""])[0]
    except ValueError:
        return ""
    if came.netloc != host or came.path != path:
        return ""
    term = " ".join(asked.replace("\0", "").lower().split())
    return "" if len(term) < 2 or len(term) > LONGEST or _PRIVATE.search(term) else term
