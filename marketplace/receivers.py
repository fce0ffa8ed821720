"""What follows from changes elsewhere. Connected in AppConfig.ready."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from marketplace.services.search_index import queue_listings
from marketplace.signals import listing_changed, listings_changed


@receiver(listing_changed, dispatch_uid="search.listing_changed")
def _index_listing(listing_id: str, **_: Any) -> None:
    queue_listings(listing_ids=[listing_id])


@receiver(listings_changed, dispatch_uid="search.listings_changed")
def _index_listings(listing_ids: Sequence[str], **_: Any) -> None:
    queue_listings(listing_ids=listing_ids)
