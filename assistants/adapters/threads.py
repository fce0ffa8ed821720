"""The ORM from the event loop on which runs live: in threads of our own, connections given back when nothing waits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")
THREADS = 8
"""At most so many connections, however many runs there are."""

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="assistants-db")
_waiting: deque[Callable[[], None]] = deque()


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a synchronous function that uses the database. Raises what it raises."""
    future: Future[T] = Future()

    def work() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(function(*args, **kwargs))
        except BaseException as problem:
            connections.close_all()  # whatever is wrong with it is not passed on to the next
            future.set_exception(problem)

    _waiting.append(work)
    _pool.submit(_work_off)
    return await asyncio.wrap_future(future)


def _work_off() -> None:
    """Do what waits, one after another on one connection: opening one takes longer than most of the work."""
    try:
        while (work := _next()) is not None:
            work()
    finally:
        connections.close_all()


def _next() -> Callable[[], None] | None:
    try:
        return _waiting.popleft()
    except IndexError:
        return None


def release_connections() -> None:
    """Give this thread's connections back before a long wait; one inside a transaction belongs to somebody else."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
