"""Timers: what beat starts again and again. Beat only wakes; what is due stands in rows.

@timer("core.sweep_jobs", every=timedelta(seconds=10))        # in an app's tasks.py
def sweep() -> None: ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from celery import shared_task


@dataclass(frozen=True)
class Timer:
    name: str
    every: timedelta
    queue: str


_timers: dict[str, Timer] = {}


Task = Callable[[], object]


def timer(name: str, *, every: timedelta, queue: str = "default") -> Callable[[Task], Task]:
    """Run a function (quick, may run twice) in a worker at least `every` so often."""

    def declare(function: Task) -> Task:
        _timers[name] = Timer(name, every, queue)
        shared_task(name=name)(function)
        return function

    return declare


def beat_schedule() -> Mapping[str, dict[str, object]]:
    """Celery's beat_schedule. A wake-up that nobody took until the next one is worth nothing: it expires."""
    return {
        name: {
            "task": name,
            "schedule": found.every,
            "options": {"queue": found.queue, "expires": found.every.total_seconds()},
        }
        for name, found in sorted(_timers.items())
    }
