"""The whole site in this process for its doors: the gateway and the pages on one port, and a worker that answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from django.conf import settings
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from pytest_django.fixtures import Settings

from assistants.services.keeping import close_doors, keep_doors
from proxy.adapters.wiring import Engine, build_engine
from proxy.models import Hub
from tests.assistants.running import Answering
from tests.cast import Cast
from tests.peers.inthread import LoopThread

__all__ = ["Site", "doors", "site"]
LIMIT_S = 40.0
ERAS = ("legacy", "2026-07-28")
"""Modes of the official client: with a handshake, and stateless."""


@dataclass
class Site:
    url: str
    loop: LoopThread
    engine: Engine
    cast: Cast

    def run(self, work: Awaitable[Any]) -> Any:
        """Run a client's scenario beside the loop that serves it."""

        async def within() -> Any:
            return await asyncio.wait_for(work, LIMIT_S)

        return asyncio.run(within())

    @asynccontextmanager
    async def client(self, hub: Hub, key: str, mode: str = "legacy", **more: Any) -> AsyncIterator[Client]:
        """The official client on a hub. It has read the lists."""
        url = f"{self.url}/mcp/{self.cast.workspace.slug}/{hub.slug}"
        chosen: Any = mode
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60) as http,
            Client(streamable_http_client(url, http_client=http), mode=chosen, cache=None, **more) as client,
        ):
            await client.list_tools()
            yield client


@pytest.fixture
def site(engine: None, transactional_db: None, cast: Cast, settings: Settings) -> Iterator[Site]:
    """`/mcp` by an engine of its own, all else by Django, over real HTTP."""
    from django.core.asgi import get_asgi_application

    pages = get_asgi_application()
    with LoopThread() as loop:
        made = loop.run(_started())

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["path"].startswith("/mcp"):
                await made.gateway(scope, receive, send)
            elif scope["type"] == "http":
                await pages(scope, receive, send)

        url = loop.serve(app)
        yield Site(url, loop, made, cast)
        loop.run(made.stop())


async def _started() -> Engine:
    made = build_engine(settings.GATEWAY)
    await made.start()
    return made


@pytest.fixture
def doors(answering: Answering) -> Iterator[Answering]:
    """The worker that answers also takes what hubs ask."""
    keep_doors()
    yield answering
    close_doors()
