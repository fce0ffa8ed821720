"""Usage: events summed into hours. Those of calls are written by the gateway's records, in one batch with the calls."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from core.ids import id_time

_SUM = """
INSERT INTO billing_usagehour (workspace, meter, subject, hour, quantity)
SELECT workspace, meter, subject, date_trunc('hour', at, 'UTC'), sum(quantity)
FROM billing_usageevent
WHERE month >= %(month)s AND at >= %(since)s AND at < %(until)s
GROUP BY 1, 2, 3, 4
ON CONFLICT (workspace, meter, subject, hour) DO UPDATE SET quantity = EXCLUDED.quantity
WHERE billing_usagehour.quantity <> EXCLUDED.quantity
"""


def sum_usage_hours(*, since: datetime, until: datetime) -> int:
    """Sum the events of whole hours anew. Running it again gives the same sums, also after late events.

    `since` is taken back to its hour's start. Returns how many hours were written or changed.
    """
    start = since.replace(minute=0, second=0, microsecond=0)
    # An event's month follows from its id, which may be a little older than the event.
    month = (start - timedelta(days=1)).date().replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute(_SUM, {"month": month, "since": start, "until": until})
        return int(cursor.rowcount)


_RECORD = """
INSERT INTO billing_usageevent (id, month, meter, workspace, subject, actor, quantity, at)
VALUES (%(id)s, %(month)s, %(meter)s, %(workspace)s, %(subject)s, %(actor)s, %(quantity)s, %(at)s)
ON CONFLICT DO NOTHING
"""


def record_usage(
    *, id: str, meter: str, workspace_id: str, subject: str, actor: str, quantity: int, at: datetime
) -> bool:
    """Count something that happened, once: `id` is the prefixed id of what happened. False when it was counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            _RECORD,
            {
                "id": f"{id}:{meter}",
                "month": id_time(id).date().replace(day=1),
                "meter": meter,
                "workspace": workspace_id,
                "subject": subject,
                "actor": actor,
                "quantity": quantity,
                "at": at,
            },
        )
        return bool(cursor.rowcount)
