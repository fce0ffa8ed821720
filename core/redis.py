"""The Redis of this installation for synchronous code. It is speed, never truth: callers say what holds without it."""

from __future__ import annotations

from functools import lru_cache

import redis
from django.conf import settings

TIMEOUT_S = 1.0


@lru_cache(maxsize=1)
def connection() -> redis.Redis:
    """A pooled client with short timeouts. Raises redis.RedisError where Redis is away."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)


def key(name: str) -> str:
    """A name as it stands in Redis, so that installations and test workers can share one."""
    return f"{settings.REDIS_PREFIX}{name}"
