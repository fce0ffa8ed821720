"""Which state of a listing or a version may follow which. `marketplace.services.lifecycle` alone takes the steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from marketplace.models import Listing, ListingVersion

L = Listing.State
V = ListingVersion.State

LISTING_MOVES: Final[Mapping[str, frozenset[str]]] = {
    L.DRAFT: frozenset({L.SCAN, L.LIVE, L.REMOVED}),
    L.SCAN: frozenset({L.DRAFT, L.REVIEW, L.QUARANTINE, L.LIVE, L.REMOVED}),
    L.REVIEW: frozenset({L.DRAFT, L.QUARANTINE, L.LIVE, L.REMOVED}),
    L.QUARANTINE: frozenset({L.DRAFT, L.SCAN, L.REVIEW, L.LIVE, L.DEPRECATED, L.REMOVED}),
    L.LIVE: frozenset({L.DEPRECATED, L.QUARANTINE, L.REMOVED}),
    L.DEPRECATED: frozenset({L.LIVE, L.QUARANTINE, L.REMOVED}),
    L.REMOVED: frozenset(),
}
VERSION_MOVES: Final[Mapping[str, frozenset[str]]] = {
    V.SCAN: frozenset({V.REVIEW, V.QUARANTINE, V.LIVE, V.WITHDRAWN}),
    V.REVIEW: frozenset({V.LIVE, V.REJECTED, V.QUARANTINE, V.WITHDRAWN}),
    V.QUARANTINE: frozenset({V.REVIEW, V.LIVE, V.REJECTED, V.WITHDRAWN}),
    V.LIVE: frozenset({V.WITHDRAWN}),
    V.REJECTED: frozenset(),
    V.WITHDRAWN: frozenset(),
}
OPEN: Final = (V.SCAN, V.REVIEW, V.QUARANTINE)
"""Versions on which something is still to be decided. A listing has at most one."""


def held(listing: Listing) -> bool:
    """Is the listing as a whole in quarantine, not only its first version?"""
    return listing.state == L.QUARANTINE and listing.current_id is not None
