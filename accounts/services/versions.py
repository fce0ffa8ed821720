"""The version of a workspace: how the gateway's processes hear that something they use has changed."""

from __future__ import annotations

from django.db import connection, transaction

CHANNEL = "crossroads_workspace"
"""LISTEN on it; the payload is `<workspace id>:<version>`."""


def bump_workspace(*, workspace_id: str) -> int:
    """Raise the version in the caller's transaction and tell the listeners when it commits. Returns the new one."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_workspace SET version = version + 1 WHERE id = %s RETURNING version", [workspace_id]
        )
        row = cursor.fetchone()
        if row is None:
            return 0
        version = int(row[0])
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"{workspace_id}:{version}"])
    return version
