"""The engine inside Django's processes: one for each process, reached from synchronous code.

The web process serves `/mcp` with its engine and lends it to its pages (`adopt`). A worker's child, a command or a test
starts its own on an event-loop thread when it first needs one; after a fork that is a new one.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from django.conf import settings

from proxy.adapters.wiring import Engine, build_engine

T = TypeVar("T")


class _Runtime:
    """The engine of this process and the loop that it lives on."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pid = 0
        self.engine: Engine | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None


_here = _Runtime()


def adopt(engine: Engine, loop: asyncio.AbstractEventLoop) -> None:
    """Use an engine that already runs on `loop`. It is not stopped by `stop`."""
    with _here.lock:
        _here.pid, _here.engine, _here.loop, _here.thread = os.getpid(), engine, loop, None


def run(work: Callable[[Engine], Awaitable[T]], *, timeout_s: float = 120.0) -> T:
    """Run `work(engine)` on the engine's loop and wait for it. Never call this on that loop: it would wait for itself.

    Raises what the work raises, and TimeoutError after `timeout_s`; the work is cancelled then.
    """
    engine, loop = _running()

    async def bounded() -> T:
        async with asyncio.timeout(timeout_s):
            return await work(engine)

    future = asyncio.run_coroutine_threadsafe(bounded(), loop)
    try:
        return future.result(timeout_s + 5)
    except BaseException:
        future.cancel()
        raise


def spawn(work: Callable[[Engine], Coroutine[Any, Any, T]]) -> Future[T]:
    """Begin `work(engine)` on the engine's loop and return at once. Whoever ends the engine ends the work first."""
    engine, loop = _running()
    return asyncio.run_coroutine_threadsafe(work(engine), loop)


def started() -> Engine | None:
    """The engine of this process, if it has one by now. Starts none."""
    with _here.lock:
        return _here.engine if _here.pid == os.getpid() else None


def current() -> Engine | None:
    """The engine of this process when it lives on the running loop, so that async pages can use it directly."""
    with _here.lock:
        same = _here.pid == os.getpid() and _here.loop is asyncio.get_running_loop()
        return _here.engine if same else None


def stop() -> None:
    """Stop the engine that `run` started in this process, if there is one."""
    with _here.lock:
        engine, loop, thread = _here.engine, _here.loop, _here.thread
        if _here.pid != os.getpid() or thread is None or engine is None or loop is None:
            return
        _here.engine = _here.loop = _here.thread = None
    with contextlib.suppress(TimeoutError):
        asyncio.run_coroutine_threadsafe(engine.stop(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def _running() -> tuple[Engine, asyncio.AbstractEventLoop]:
    with _here.lock:
        if _here.engine is None or _here.loop is None or _here.pid != os.getpid():
            _start()
        assert _here.engine is not None and _here.loop is not None
        return _here.engine, _here.loop


def _start() -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="engine", daemon=True)
    thread.start()

    async def make() -> Engine:
        engine = build_engine(settings.GATEWAY)
        await engine.start()
        return engine

    _here.engine = asyncio.run_coroutine_threadsafe(make(), loop).result(30)
    _here.pid, _here.loop, _here.thread = os.getpid(), loop, thread


atexit.register(stop)
