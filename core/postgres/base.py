"""Django's PostgreSQL backend, with a pool that gets over a restart of the server at once.

psycopg's pool finds out about dead connections one request and one growing pause at a time (0, 1, 2, 4 … seconds), so
that a pool with five of them answers nobody for ten seconds. Here the first dead one has all that are idle looked at.
"""

from __future__ import annotations

import contextlib
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool, PoolClosed


class DatabaseWrapper(base.DatabaseWrapper):
    @property
    def pool(self) -> Any:
        found = super().pool
        if found is not None and found._check is ConnectionPool.check_connection:
            found._check = check_with_others  # Django passes a check of its own and takes no other
        return found


def check_with_others(connection: Connection[Any]) -> None:
    """Raises what the check raises, after the pool has let go of whatever else is dead."""
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        pool = getattr(connection, "_pool", None)
        if isinstance(pool, ConnectionPool):
            with contextlib.suppress(PoolClosed):
                pool.check()
        raise
