"""Shared memory of the gateway's processes over redis.asyncio. Everything in it expires."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import cast

import redis.asyncio as redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
QUEUE_SIZE = 1000
Entries = list[tuple[bytes, dict[bytes, bytes]]]


class RedisStore:
    """Implements the engine's `Store` port.

    A process listens to all channels with one pattern subscription: a subscription is then a local matter, it holds
    from the moment it is asked for, and costs no round trip. What is published is rare (answers, cancellations).
    """

    def __init__(self, url: str, *, prefix: str) -> None:
        self._redis: redis.Redis = redis.Redis.from_url(url, socket_connect_timeout=2, health_check_interval=15)
        self._data = f"{prefix}gw:"
        self._channels = f"{prefix}ch:"
        self._queues: defaultdict[str, set[asyncio.Queue[bytes]]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen; returns once listening, or after two seconds without Redis (it goes on trying)."""
        self._task = asyncio.create_task(self._run(), name="store-channels")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), 2)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._redis.aclose()

    async def get(self, key: str) -> bytes | None:
        # Replies are bytes: the client is made without `decode_responses`.
        return cast("bytes | None", await self._redis.get(self._data + key))

    async def set(self, key: str, value: bytes, *, ttl_s: int) -> None:
        await self._redis.set(self._data + key, value, ex=ttl_s)

    async def add(self, key: str, value: bytes, *, ttl_s: int) -> bool:
        return bool(await self._redis.set(self._data + key, value, ex=ttl_s, nx=True))

    async def delete(self, key: str) -> None:
        await self._redis.delete(self._data + key)

    async def append(self, stream: str, value: bytes, *, ttl_s: int, max_len: int = 1000) -> str:
        name = self._data + stream
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.xadd(name, {b"v": value}, maxlen=max_len, approximate=True)
            pipeline.expire(name, ttl_s)
            added, _ = await pipeline.execute()
        return str(added.decode())

    async def read(self, stream: str, after: str) -> list[tuple[str, bytes]]:
        start = f"({after}" if after else "-"
        found = cast(Entries, await self._redis.xrange(self._data + stream, min=start))
        return [(entry.decode(), fields[b"v"]) for entry, fields in found]

    async def publish(self, channel: str, value: bytes) -> int:
        return int(await self._redis.publish(self._channels + channel, value))

    def subscribe(self, channel: str) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=QUEUE_SIZE)
        self._queues[channel].add(queue)
        return self._messages(channel, queue)

    async def _messages(self, channel: str, queue: asyncio.Queue[bytes]) -> AsyncIterator[bytes]:
        try:
            yield b""  # the pattern subscription holds already
            while True:
                yield await queue.get()
        finally:
            self._queues[channel].discard(queue)
            if not self._queues[channel]:
                del self._queues[channel]

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as problem:
                log.warning("the store lost Redis: %s", problem)
            await asyncio.sleep(0.5)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as pubsub:
            await pubsub.psubscribe(f"{self._channels}*")
            if self._listening.is_set():
                for channel in self._queues:
                    self._deliver(channel, b"")  # messages in between may be lost
            self._listening.set()
            skip = len(self._channels)
            async for message in pubsub.listen():
                if message["type"] == "pmessage":
                    self._deliver(message["channel"].decode()[skip:], message["data"])

    def _deliver(self, channel: str, value: bytes) -> None:
        for queue in self._queues.get(channel, ()):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(value)
