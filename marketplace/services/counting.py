"""What lists and rank know of use: distinct workspaces, runs and good runs of the last 30 days, by listing."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from core.clock import now
from marketplace.models import Listing
from marketplace.signals import listings_changed

WINDOW = timedelta(days=30)
_RECOUNT = """
WITH counted AS (
  SELECT use.listing_id AS id, count(DISTINCT use.workspace) FILTER (WHERE use.runs > 0) AS workspaces,
         sum(use.runs) AS runs, sum(use.runs_ok) AS runs_ok
  FROM marketplace_listinguse AS use
  JOIN marketplace_listing AS listing ON listing.id = use.listing_id
  JOIN marketplace_publisher AS publisher ON publisher.id = listing.publisher_id
  WHERE use.day > %(since)s AND use.workspace IS DISTINCT FROM publisher.workspace_id
  GROUP BY 1
), changed AS (
  SELECT coalesce(counted.id, listing.id) AS id, coalesce(counted.workspaces, 0) AS workspaces,
         coalesce(counted.runs, 0) AS runs, coalesce(counted.runs_ok, 0) AS runs_ok
  FROM counted FULL JOIN (SELECT id FROM marketplace_listing WHERE runs > 0 OR workspaces > 0) AS listing USING (id)
)
UPDATE marketplace_listing AS listing
SET workspaces = changed.workspaces, runs = changed.runs, runs_ok = changed.runs_ok
FROM changed
WHERE changed.id = listing.id
  AND (listing.workspaces, listing.runs, listing.runs_ok)
    IS DISTINCT FROM (changed.workspaces, changed.runs, changed.runs_ok)
RETURNING listing.id
"""


def recount_uses() -> int:
    """Set what every listing was used in the last 30 days; what its own publisher ran does not count.

    Only rows that changed are written, `updated_at` stays: nothing that others copy has changed. How many did.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT, {"since": now().date() - WINDOW})
        moved = [str(row[0]) for row in cursor.fetchall()]
    if moved:
        listings_changed.send(Listing, listing_ids=moved)
    return len(moved)
