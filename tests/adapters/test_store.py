from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import redis
from django.conf import settings

from proxy.adapters.store import RedisStore


def with_stores(scenario: Callable[[RedisStore, RedisStore], Awaitable[None]]) -> None:
    """Two stores, as two processes have them."""

    async def run() -> None:
        one, other = (RedisStore(settings.REDIS_URL, prefix=settings.REDIS_PREFIX) for _ in range(2))
        await one.start()
        await other.start()
        try:
            async with asyncio.timeout(20):
                await scenario(one, other)
        finally:
            await one.stop()
            await other.stop()

    asyncio.run(run())


def test_a_value_is_shared_and_can_be_taken_only_once() -> None:
    async def scenario(one: RedisStore, other: RedisStore) -> None:
        assert await one.add("lease", b"one", ttl_s=60)
        assert not await other.add("lease", b"other", ttl_s=60)
        assert await other.get("lease") == b"one"
        await other.delete("lease")
        assert await one.get("lease") is None

    with_stores(scenario)


def test_a_subscription_holds_once_it_says_so() -> None:
    async def scenario(one: RedisStore, other: RedisStore) -> None:
        messages = one.subscribe("session:1")
        assert await anext(messages) == b""
        await other.publish("session:2", b"for another")
        await other.publish("session:1", b"for us")
        assert await anext(messages) == b"for us"

    with_stores(scenario)


def test_a_stream_is_read_after_an_event() -> None:
    async def scenario(one: RedisStore, other: RedisStore) -> None:
        first = await one.append("events", b"1", ttl_s=60)
        second = await one.append("events", b"2", ttl_s=60)
        assert await other.read("events", "") == [(first, b"1"), (second, b"2")]
        assert await other.read("events", first) == [(second, b"2")]
        assert await other.read("events", second) == []

    with_stores(scenario)


def test_a_lost_connection_is_said_and_the_subscription_goes_on() -> None:
    async def scenario(one: RedisStore, other: RedisStore) -> None:
        messages = one.subscribe("session:1")
        assert await anext(messages) == b""
        admin = redis.Redis.from_url(settings.REDIS_URL)
        admin.client_kill_filter(_type="pubsub")
        assert await anext(messages) == b"", "what was sent in between may be lost: the reader is told"
        await other.publish("session:1", b"after")
        assert await anext(messages) == b"after"

    with_stores(scenario)
