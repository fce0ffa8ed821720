"""Django's cache on Redis, for when Redis is away: as if nothing were in it.

What stands here (limits of sign-in attempts, mostly) is speed and protection, not truth: the site goes on without.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from core.redis import OPTIONS

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")
Method = Callable[Concatenate[Any, P], T]


def _without_redis(instead: Callable[..., T]) -> Callable[[Method[P, T]], Method[P, T]]:
    """Answer `instead(*the method's arguments)` when Redis does not answer."""

    def wrap(method: Method[P, T]) -> Method[P, T]:
        @wraps(method)
        def tolerant(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return method(self, *args, **kwargs)
            except redis.ConnectionError as problem:
                log.warning("the cache is away: %s", type(problem).__name__)
            except redis.TimeoutError:
                log.warning("the cache does not answer in time")
            return instead(*args, **kwargs)

        return tolerant

    return wrap


def _default(key: Any, default: Any = None, *_more: Any, **_named: Any) -> Any:
    return default


class _Client(RedisCacheClient):
    get = _without_redis(_default)(RedisCacheClient.get)
    add = _without_redis(lambda *_args, **_kwargs: True)(RedisCacheClient.add)
    set = _without_redis(lambda *_args, **_kwargs: None)(RedisCacheClient.set)
    touch = _without_redis(lambda *_args, **_kwargs: False)(RedisCacheClient.touch)
    delete = _without_redis(lambda *_args, **_kwargs: False)(RedisCacheClient.delete)
    get_many = _without_redis(lambda *_args, **_kwargs: {})(RedisCacheClient.get_many)
    has_key = _without_redis(lambda *_args, **_kwargs: False)(RedisCacheClient.has_key)
    incr = _without_redis(lambda _key, delta=1, *_args, **_kwargs: delta)(RedisCacheClient.incr)
    set_many = _without_redis(lambda *_args, **_kwargs: None)(RedisCacheClient.set_many)
    delete_many = _without_redis(lambda *_args, **_kwargs: None)(RedisCacheClient.delete_many)


class TolerantRedisCache(RedisCache):
    """Named in CACHES. Waits a second for Redis at most, and never fails a page for it."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, {**params, "OPTIONS": {**OPTIONS, **params.get("OPTIONS", {})}})
        self._class = _Client
