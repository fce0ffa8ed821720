"""The Redis of this installation for synchronous code. It is speed, never truth: callers say what holds without it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_S = 1.0
# The client's own retries wait for seconds; a page would rather know at once. One more try covers a closed connection.
OPTIONS: dict[str, Any] = {
    "socket_timeout": TIMEOUT_S,
    "socket_connect_timeout": TIMEOUT_S,
    "retry": Retry(NoBackoff(), 1),
}


@lru_cache(maxsize=1)
def connection() -> redis.Redis:
    """A pooled client that does not wait. Raises redis.RedisError where Redis is away."""
    return redis.Redis.from_url(settings.REDIS_URL, **OPTIONS)


def answers() -> bool:
    """Does Redis answer? Within a second."""
    try:
        return bool(connection().ping())
    except redis.RedisError:
        return False


def key(name: str) -> str:
    """A name as it stands in Redis, so that installations and test workers can share one."""
    return f"{settings.REDIS_PREFIX}{name}"
