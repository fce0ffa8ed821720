"""Servers that said that their lists changed: written down at once, so that they are asked again at once.

The row is the timer, as for every discovery; a notice beside it saves waiting for the next look at the rows. A server
that says it again and again is written down less and less often, until it is quiet for a while.
"""

from __future__ import annotations

import asyncio
import logging
import time

import psycopg

from proxy.adapters.changes import DUE_CHANNEL
from proxy.adapters.database import Database

log = logging.getLogger(__name__)

SETTLE_S = 0.2
"""A server that changes several lists says so several times."""
AGAIN_S = 1.0
LONGEST_S = 30.0
_GROWTH = 1.5
_STALE = """
WITH due AS (
    UPDATE proxy_server SET next_discovery_at = now() WHERE id = ANY(%s) AND paused_at IS NULL RETURNING id
)
SELECT pg_notify(%s, '') FROM due LIMIT 1
"""


class StaleServers:
    """Belongs to one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: set[str] = set()
        self._pauses: dict[str, tuple[float, float]] = {}
        """Server -> until when it is not written down again (monotonic seconds), and how long that pause is."""
        self._task: asyncio.Task[None] | None = None

    def add(self, server_id: str) -> None:
        self._waiting.add(server_id)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._write_soon())
            self._task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.error("servers that changed are written down a little later", exc_info=task.exception())

    async def _write_soon(self) -> None:
        """Until all is written; what Postgres does not take now is left to the next regular `flush`."""
        while self._waiting:
            await asyncio.sleep(SETTLE_S)
            now = time.monotonic()
            # Quiet for as long again as it had to be: what was before is forgotten.
            self._pauses = {one: (until, pause) for one, (until, pause) in self._pauses.items() if until + pause > now}
            if not await self._write({one for one in self._waiting if self._pauses.get(one, (0.0, 0.0))[0] <= now}):
                return

    async def flush(self) -> None:
        """Write what is left."""
        await self._write(set(self._waiting))

    async def _write(self, servers: set[str]) -> bool:
        if not servers:
            return True
        self._waiting -= servers
        now = time.monotonic()
        try:
            async with self._database.connection() as connection:
                await connection.execute(_STALE, [list(servers), DUE_CHANNEL])
        except (OSError, psycopg.Error):
            self._waiting |= servers
            return False
        for server in servers:
            _, last = self._pauses.get(server, (0.0, 0.0))
            pause = min(last * _GROWTH or AGAIN_S, LONGEST_S)
            self._pauses[server] = now + pause, pause
        return True
