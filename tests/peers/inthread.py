"""An event loop in a thread, and ASGI apps served on it, for tests that are not asynchronous themselves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, TypeVar

import uvicorn

from tests.peers.serving import bind

T = TypeVar("T")
LIMIT_S = 60.0


class LoopThread:
    """Use as a context manager. What runs on the loop is ended with it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="test-loop", daemon=True)
        self._servers: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def __enter__(self) -> LoopThread:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self.run(self._stop())
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(LIMIT_S)
            self.loop.close()

    def run(self, work: Coroutine[Any, Any, T], *, limit_s: float = LIMIT_S) -> T:
        """Run a coroutine on the loop and wait for what it returns."""
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result(limit_s)
        except TimeoutError:
            future.cancel()
            raise

    def serve(self, app: Any, *, host: str = "127.0.0.1", port: int = 0) -> str:
        """Serve an ASGI app; its base URL, without a path."""
        return self.run(self._serve(app, host, port))

    async def _serve(self, app: Any, host: str, port: int) -> str:
        sock = bind(host, port)
        config = uvicorn.Config(app, log_level="warning", log_config=None, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([sock]))  # `serve` would take the process's signals
        self._servers.append((server, task))
        while not server.started:
            if task.done():
                task.result()
                raise RuntimeError("the server ended before it started")
            await asyncio.sleep(0.005)
        return f"http://{host}:{sock.getsockname()[1]}"

    async def _stop(self) -> None:
        for server, _ in self._servers:
            server.should_exit = True
        for _, task in self._servers:
            await task
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.loop.shutdown_asyncgens()
