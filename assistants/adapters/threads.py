"""The ORM from the event loop on which runs live: in threads of our own, each connection given back at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")
THREADS = 8
"""At most so many connections, however many runs there are."""

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="assistants-db")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a synchronous function that uses the database. Raises what it raises."""

    def work() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.get_running_loop().run_in_executor(_pool, work)


def release_connections() -> None:
    """Give this thread's connections back before a long wait; one inside a transaction belongs to somebody else."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
