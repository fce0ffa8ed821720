"""How installed listings are used, by workspace and day: reviews, active workspaces and reliability rest on it.

Errors are counted beside it by kind, over all workspaces. As everywhere, calls that were refused or cancelled count
neither way: the listing had no part in that.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import F

from assistants.models import Conversation, Run
from core.clock import now
from marketplace.models import Install, ListingError, ListingUse

NOT_COUNTED = (Conversation.Channel.TRIAL, Conversation.Channel.CHECK)
_DAYS = 2
"""Days that are counted anew each time: calls are recorded in batches, a little after they were made."""
_COUNT = """
INSERT INTO marketplace_listinguse (listing_id, workspace, day, runs, runs_ok, duration_ms)
SELECT install.listing_id, calls.workspace, calls.day, sum(calls.runs), sum(calls.ok), sum(calls.ms)
FROM (
  SELECT workspace, server, (started_at AT TIME ZONE 'UTC')::date AS day, count(*) AS runs,
         count(*) FILTER (WHERE outcome IN ('answered', 'input_required')) AS ok, sum(duration_us) / 1000 AS ms
  FROM proxy_call
  WHERE started_at >= %s AND method = 'tools/call' AND outcome NOT IN ('cancelled', 'refused') AND server <> ''
  GROUP BY 1, 2, 3
) AS calls
JOIN marketplace_install AS install
  ON install.workspace_id = calls.workspace AND install.mapping ->> 'server' = calls.server
GROUP BY 1, 2, 3
ON CONFLICT (listing_id, workspace, day) DO UPDATE SET
  runs = excluded.runs, runs_ok = excluded.runs_ok, duration_ms = excluded.duration_ms
WHERE (marketplace_listinguse.runs, marketplace_listinguse.runs_ok, marketplace_listinguse.duration_ms)
  IS DISTINCT FROM (excluded.runs, excluded.runs_ok, excluded.duration_ms)
"""
_ERRORS = """
INSERT INTO marketplace_listingerror (listing_id, day, kind, runs)
SELECT install.listing_id, calls.day, calls.kind, sum(calls.runs)
FROM (
  SELECT workspace, server, (started_at AT TIME ZONE 'UTC')::date AS day, count(*) AS runs,
    CASE WHEN outcome = 'tool_error' THEN 'tool_error'
         WHEN error_code = -32010 THEN 'server_down'
         WHEN error_code = -32011 THEN 'cannot_carry'
         WHEN error_code = -32601 THEN 'no_tool'
         WHEN error_code = -32602 THEN 'bad_arguments'
         ELSE 'server_error' END AS kind
  FROM proxy_call
  WHERE started_at >= %s AND method = 'tools/call' AND outcome IN ('tool_error', 'failed') AND server <> ''
  GROUP BY workspace, server, day, kind
) AS calls
JOIN marketplace_install AS install
  ON install.workspace_id = calls.workspace AND install.mapping ->> 'server' = calls.server
JOIN marketplace_listing AS listing ON listing.id = install.listing_id
JOIN marketplace_publisher AS publisher ON publisher.id = listing.publisher_id
WHERE calls.workspace IS DISTINCT FROM publisher.workspace_id
GROUP BY 1, 2, 3
ON CONFLICT (listing_id, day, kind) DO UPDATE SET runs = excluded.runs
WHERE marketplace_listingerror.runs <> excluded.runs
"""
"""The codes are those of proxy.engine.errors. What the publisher's own workspace runs is left out."""


def record_run(*, run: Run) -> None:
    """Count a run of an installed assistant that ended, in the transaction of its end. One that was stopped is none."""
    if run.channel in NOT_COUNTED or run.state not in (Run.State.DONE, Run.State.FAILED):
        return
    install_id = run.assistant.install
    found = Install.objects.filter(pk=install_id).values_list("listing_id", "listing__publisher__workspace").first()
    if not install_id or found is None:
        return
    listing_id, publishers = found
    ended, began = run.finished_at or now(), run.started_at
    took = round((ended - began).total_seconds() * 1000) if began else 0
    good = int(run.state == Run.State.DONE)
    with transaction.atomic():
        use, _made = ListingUse.objects.get_or_create(
            listing_id=listing_id, workspace=run.workspace_id, day=ended.astimezone(UTC).date()
        )
        ListingUse.objects.filter(pk=use.pk).update(
            runs=F("runs") + 1, runs_ok=F("runs_ok") + good, duration_ms=F("duration_ms") + max(0, took)
        )
        if not good and run.workspace_id != publishers:
            _record_error(listing_id, use.day, run.error_kind or "failed")


def _record_error(listing_id: str, day: date, kind: str) -> None:
    row, _made = ListingError.objects.get_or_create(listing_id=listing_id, day=day, kind=kind[:30])
    ListingError.objects.filter(pk=row.pk).update(runs=F("runs") + 1)


def count_calls() -> int:
    """Count the calls of installed servers of today and yesterday anew. Returns the rows that changed."""
    since = datetime.combine(now().date() - timedelta(days=_DAYS - 1), time(), UTC)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [since])
        changed = int(cursor.rowcount)
        cursor.execute(_ERRORS, [since])
    return changed
