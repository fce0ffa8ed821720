"""What happens here that search, statistics and feeds want to know. Sent inside the transaction of the change."""

from __future__ import annotations

from django.dispatch import Signal

listing_changed = Signal()
"""`listing_id`: its texts, state, version or counts changed; the search index follows."""

listings_changed = Signal()
"""`listing_ids`: a list of many that changed at once, as by an import; sent instead of `listing_changed` for each."""

version_live = Signal()
"""`version`: marketplace.models.ListingVersion that went live."""

install_changed = Signal()
"""`install`: marketplace.models.Install that was made, became ready, was updated or removed."""
