"""The web process: pages and API by Django, and `/mcp` by the engine beside it, in one event loop.

Django's handler ignores the lifespan and costs a thread hop for each classic middleware, so this dispatcher answers the
lifespan itself and hands `/mcp` to the engine, which does its own checks of host, origin, size and key.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from asgiref.sync import sync_to_async
from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from config.bodies import BodyLimit  # noqa: E402
from config.gateway import serve_lifespan  # noqa: E402
from config.rediscovery import Rediscovery  # noqa: E402
from config.serving import keep_time  # noqa: E402
from proxy.adapters import runtime  # noqa: E402
from proxy.adapters.wiring import Engine, build_engine  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class WebApplication:
    """Routes by path. The engine is made with the process and started by the lifespan."""

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._rediscovery = Rediscovery()
        self._pages = BodyLimit(django_application, settings.ENV.max_body_bytes)  # type: ignore[arg-type]  # the same shapes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            if self._engine is not None and (path == "/mcp" or path.startswith("/mcp/")):
                await self._engine.gateway(scope, receive, send)
            else:
                await self._pages(scope, receive, send)
        elif scope["type"] == "lifespan":
            await serve_lifespan(receive, send, start=self._start, stop=self._stop)

    async def _start(self) -> None:
        keep_time(settings.ENV)
        self._engine = build_engine(settings.GATEWAY)
        self._engine.feed.on_due(self._rediscovery.wake)
        await self._engine.start()
        runtime.adopt(self._engine, asyncio.get_running_loop())

    async def _stop(self) -> None:
        if self._engine is not None:
            await self._engine.stop()
        await self._rediscovery.stop()
        await sync_to_async(connections.close_all)()  # in the thread that made them


application = WebApplication()
