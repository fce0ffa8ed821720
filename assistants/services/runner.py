"""The runs of this process: taken from the queue, as many at once as allowed, their heartbeat, their end."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import weakref

from assistants.adapters.threads import in_thread
from assistants.services.running import execute_run
from assistants.services.runs import CANCELLED
from assistants.services.sweeping import HEARTBEAT_S, beat_runs
from proxy.adapters import runtime
from proxy.adapters.wiring import Engine

log = logging.getLogger(__name__)
AT_ONCE = 256
"""Runs of one process; the others wait for room. A run is mostly waiting itself, so a core has time for that many."""
STOP_S = 3.0


class _Runner:
    """Lives on the engine's loop."""

    def __init__(self) -> None:
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.room = asyncio.Semaphore(AT_ONCE)
        self.helpers: list[asyncio.Task[None]] = []

    def start(self, engine: Engine, run_id: str) -> asyncio.Task[None]:
        if not self.helpers:
            self.helpers = [asyncio.create_task(self._beat()), asyncio.create_task(self._listen(engine))]
        found = self.tasks.get(run_id)
        if found is None:
            found = asyncio.create_task(self._run(engine, run_id), name=run_id)
            self.tasks[run_id] = found
            found.add_done_callback(lambda _task: self.tasks.pop(run_id, None))
        return found

    async def _run(self, engine: Engine, run_id: str) -> None:
        async with self.room:
            await execute_run(engine, run_id)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            mine = list(self.tasks)
            if not mine:
                continue
            try:
                alive = await in_thread(beat_runs, mine)
            except Exception:
                log.exception("the heartbeat of %d runs could not be written", len(mine))
                continue
            for run_id in mine:
                if run_id not in alive:
                    self._stop_if_begun(run_id)

    async def _listen(self, engine: Engine) -> None:
        async for message in engine.store.subscribe(CANCELLED):
            if message:
                self._stop_if_begun(message.decode())

    def _stop_if_begun(self, run_id: str) -> None:
        task = self.tasks.get(run_id)
        if task is not None:
            task.cancel()

    async def stop(self) -> None:
        """End what runs, with what it has."""
        tasks = [*self.helpers, *self.tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=STOP_S)


_runners: weakref.WeakKeyDictionary[Engine, _Runner] = weakref.WeakKeyDictionary()


def start_run(run_id: str) -> None:
    """Hand a run to this process's event loop and return. One that another process has is left alone."""
    runtime.spawn(lambda engine: _start(engine, run_id)).result(30)


def warm_up() -> None:
    """Load the providers' libraries and start the engine, so that the first run need not wait for either."""
    importlib.import_module("assistants.services.answering_model")
    runtime.spawn(_nothing).result(30)


async def _nothing(engine: Engine) -> None:
    return


def stop_runs() -> None:
    """The process ends: so do its runs, with what they have."""
    engine = runtime.started()
    if engine is not None and engine in _runners:
        with contextlib.suppress(TimeoutError):
            runtime.run(lambda _engine: _runners.pop(engine).stop(), timeout_s=STOP_S + 1)


async def _start(engine: Engine, run_id: str) -> None:
    runner = _runners.get(engine)
    if runner is None:
        runner = _runners[engine] = _Runner()
    runner.start(engine, run_id)
