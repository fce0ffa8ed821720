"""Who follows a conversation learns at once when something is asked or answered in it, in whichever process."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

from django.conf import settings
from redis.exceptions import RedisError

from core import redis
from proxy.adapters import runtime
from proxy.adapters.store import RedisStore

log = logging.getLogger(__name__)


def tell_followers(conversation_id: str) -> None:
    """Without Redis nobody learns of it; their next connection shows it."""
    try:
        redis.connection().publish(f"{settings.REDIS_PREFIX}ch:{_channel(conversation_id)}", "1")
    except RedisError as problem:
        log.warning("followers of %s were not told: %s", conversation_id, problem)


async def changes_of(conversation_id: str) -> AsyncIterator[None]:
    """Once at the start, when nothing can be missed any more, and then whenever a run is to begin or to go on."""
    engine = runtime.current()
    if engine is not None:
        async for _message in engine.store.subscribe(_channel(conversation_id)):
            yield None
        return
    store = RedisStore(settings.REDIS_URL, prefix=settings.REDIS_PREFIX)
    await store.start()
    try:
        async for _message in store.subscribe(_channel(conversation_id)):
            yield None
    finally:
        await store.stop()


def _channel(conversation_id: str) -> str:
    return f"conversation:{conversation_id}"
