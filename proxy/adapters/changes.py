"""Changes of workspaces, as they happen: writers raise a workspace's version and NOTIFY; this LISTENs.

After a reconnect the versions of everything cached are compared, so that nothing that was missed stays. A process that
cannot reach Postgres for `cut_off_s` seconds forgets what it knows, and serves nothing until it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import psycopg
from psycopg import AsyncConnection

CHANNEL = "crossroads_workspace"
DUE_CHANNEL = "crossroads_due"
"""Rows of servers say that they are to be discovered now."""
BEAT_S = 5.0
log = logging.getLogger(__name__)

Versions = Callable[[], Awaitable[list[tuple[str, int]]]]


class ChangeFeed:
    """`on_change(workspace_id, version)` is called in the event loop for every change; `changes()` streams them."""

    def __init__(self, url: str, *, cut_off_s: float) -> None:
        self._url = url
        self._cut_off_s = cut_off_s
        self._listeners: list[Callable[[str, int], None]] = []
        self._on_lost: list[Callable[[], None]] = []
        self._on_due: list[Callable[[], None]] = []
        self._versions: Versions | None = None
        self._queues: set[asyncio.Queue[str]] = set()
        self._task: asyncio.Task[None] | None = None
        self._heard = 0.0
        self._listening = asyncio.Event()

    def on_change(self, listener: Callable[[str, int], None], *, on_lost: Callable[[], None]) -> None:
        self._listeners.append(listener)
        self._on_lost.append(on_lost)

    def on_due(self, listener: Callable[[], None]) -> None:
        """Called when servers are to be discovered now. What is missed is found by the timer that looks at the rows."""
        self._on_due.append(listener)

    def compare_with(self, versions: Versions) -> None:
        """What to ask after a reconnect: the current versions of the workspaces that are cached."""
        self._versions = versions

    @property
    def reachable(self) -> bool:
        """False once Postgres was not heard of for longer than the cut-off."""
        return time.monotonic() - self._heard < self._cut_off_s

    async def start(self) -> None:
        """Listen. Returns once listening, or after five seconds without Postgres (it goes on trying)."""
        self._task = asyncio.create_task(self._run(), name="change-feed")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), 5)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def changes(self) -> AsyncIterator[str]:
        """Ids of changed workspaces; "" after a reconnect: any may have changed.

        A reader that is too slow loses the oldest, never the newest.
        """
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=10_000)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (OSError, psycopg.Error) as problem:
                log.warning("the change feed lost Postgres: %s", problem)
            if not self.reachable:
                for lost in self._on_lost:
                    lost()
            await asyncio.sleep(0.5)

    async def _listen(self) -> None:
        connection = await asyncio.wait_for(
            AsyncConnection.connect(self._url, autocommit=True, application_name="crossroads-changes"), 5
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            if self._on_due:
                await connection.execute(f"LISTEN {DUE_CHANNEL}")
            if self._versions is not None:
                for workspace_id, version in await self._versions():
                    self._tell(workspace_id, version)
            self._heard = time.monotonic()
            if self._listening.is_set():
                self._stream("")
            self._listening.set()
            while True:
                async for notice in connection.notifies(timeout=BEAT_S):
                    self._heard = time.monotonic()
                    if notice.channel == DUE_CHANNEL:
                        for listener in self._on_due:
                            listener()
                        continue
                    workspace_id, _, risen_to = notice.payload.partition(":")
                    self._tell(workspace_id, int(risen_to or 0))
                # Nothing came: ask, since a dead peer says nothing either.
                await asyncio.wait_for(connection.execute("SELECT 1"), 5)
                self._heard = time.monotonic()

    def _tell(self, workspace_id: str, version: int) -> None:
        for listener in self._listeners:
            listener(workspace_id, version)
        self._stream(workspace_id)

    def _stream(self, workspace_id: str) -> None:
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(workspace_id)
