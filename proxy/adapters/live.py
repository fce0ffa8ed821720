"""New calls of a workspace, as they are recorded, for pages that are live."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from django.conf import settings

from proxy.adapters import runtime
from proxy.adapters.records import LIVE
from proxy.adapters.store import RedisStore


async def new_calls(workspace_id: str) -> AsyncIterator[list[str]]:
    """Ids of the hubs that were called, again and again; [] at the start, and after something may have been missed."""
    engine = runtime.current()
    if engine is not None:
        async for hubs in _decoded(engine.store, workspace_id):
            yield hubs
        return
    store = RedisStore(settings.REDIS_URL, prefix=settings.REDIS_PREFIX)
    await store.start()
    try:
        async for hubs in _decoded(store, workspace_id):
            yield hubs
    finally:
        await store.stop()


async def _decoded(store: RedisStore, workspace_id: str) -> AsyncIterator[list[str]]:
    async for message in store.subscribe(f"{LIVE}{workspace_id}"):
        yield msgspec.json.decode(message, type=list[str]) if message else []
