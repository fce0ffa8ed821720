"""The gateway process: `/mcp` alone, without Django's set-up.

uvicorn --http config.serving:TimedProtocol config.gateway:application        behind keys, as the web process serves it
uvicorn --http config.serving:TimedProtocol config.gateway:open_application   the open listener: hubs marked open, no
                                                                              keys, loopback only
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from config.env import read_environment
from config.serving import keep_time
from config.wiring import gateway_settings
from proxy.adapters.wiring import Engine, build_engine

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Step = Callable[[], Awaitable[None]]


async def serve_lifespan(receive: Receive, send: Send, *, start: Step, stop: Step) -> None:
    """Answer the server's lifespan messages. What fails at the start is said, and ends the server."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                await start()
            except Exception as problem:
                await send({"type": "lifespan.startup.failed", "message": f"{type(problem).__name__}: {problem}"})
                raise
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


class GatewayApplication:
    """One engine, made when the server starts."""

    def __init__(self, *, open_listener: bool = False) -> None:
        self._open = open_listener
        self._engine: Engine | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._engine is not None:
            await self._engine.gateway(scope, receive, send)
        elif scope["type"] == "lifespan":
            await serve_lifespan(receive, send, start=self._start, stop=self._stop)

    async def _start(self) -> None:
        env = read_environment()
        keep_time(env)
        self._engine = build_engine(gateway_settings(env, open_listener=self._open))
        await self._engine.start()

    async def _stop(self) -> None:
        if self._engine is not None:
            await self._engine.stop()


application = GatewayApplication()
open_application = GatewayApplication(open_listener=True)
