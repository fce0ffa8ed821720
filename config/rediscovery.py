"""Servers that say that their lists changed are asked again at once: a web process hears of it and tells the workers.

The gateway itself knows nothing of workers. Several web processes may hear it; the rows see to it that one is enough.
"""

from __future__ import annotations

import asyncio
import logging

from django.db import connections

from proxy.services.discovery import enqueue_due

log = logging.getLogger(__name__)


class Rediscovery:
    """Belongs to one event loop. `wake` is cheap and may be called at any time."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def wake(self) -> None:
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
            self._task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.warning("servers are asked again a little later", exc_info=task.exception())

    async def _run(self) -> None:
        while self._again:
            self._again = False
            await asyncio.to_thread(_enqueue)

    async def stop(self) -> None:
        if self._task is not None:
            await asyncio.wait([self._task], timeout=2)


def _enqueue() -> None:
    try:
        enqueue_due()
    finally:
        connections.close_all()  # those of this thread
