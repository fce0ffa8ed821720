"""How installed listings are used, by workspace and day: reviews, active workspaces and reliability rest on it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import F

from assistants.models import Conversation, Run
from core.clock import now
from marketplace.models import Install, ListingUse

NOT_COUNTED = (Conversation.Channel.TRIAL, Conversation.Channel.CHECK)
_DAYS = 2
"""Days that are counted anew each time: calls are recorded in batches, a little after they were made."""
_COUNT = """
INSERT INTO marketplace_listinguse (listing_id, workspace, day, runs, runs_ok, duration_ms)
SELECT install.listing_id, calls.workspace, calls.day, sum(calls.runs), sum(calls.ok), sum(calls.ms)
FROM (
  SELECT workspace, server, (started_at AT TIME ZONE 'UTC')::date AS day, count(*) AS runs,
         count(*) FILTER (WHERE outcome = 'answered') AS ok, sum(duration_us) / 1000 AS ms
  FROM proxy_call
  WHERE started_at >= %s AND method = 'tools/call' AND outcome <> 'cancelled' AND server <> ''
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


def record_run(*, run: Run) -> None:
    """Count a run of an installed assistant that ended, in the transaction of its end. One that was stopped is none."""
    if run.channel in NOT_COUNTED or run.state not in (Run.State.DONE, Run.State.FAILED):
        return
    install_id = run.assistant.install
    listing_id = Install.objects.filter(pk=install_id).values_list("listing_id", flat=True).first()
    if not install_id or listing_id is None:
        return
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


def count_calls() -> int:
    """Count the calls of installed servers of today and yesterday anew. Returns the rows that changed."""
    since = datetime.combine(now().date() - timedelta(days=_DAYS - 1), time(), UTC)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [since])
        return int(cursor.rowcount)
