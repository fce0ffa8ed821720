"""The worker's end of what hubs ask of assistants: takes asks from Redis, on the engine's loop."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future
from typing import cast

import msgspec
import redis.asyncio as aioredis
from django.conf import settings
from redis.exceptions import RedisError

from assistants.adapters import streams
from assistants.adapters.asks import REPLY_S, Ask, reply_to, waiting
from assistants.adapters.threads import in_thread
from assistants.services.hub_doors import answer_ask_of_hub
from proxy.adapters import runtime
from proxy.adapters.wiring import Engine

log = logging.getLogger(__name__)
WAIT_S = 5
_PAUSE_S = 0.5
TELL_AGAIN_S = (0.2, 1.0, 3.0, 8.0)
"""Pauses between attempts to tell a hub; it waits for some fifteen seconds."""

CLOSE_S = 2.0
_keeping: list[Future[None]] = []
_gone = threading.Event()


def keep_doors() -> None:
    """Take what is asked from now on, until `close_doors`. Returns at once."""
    if not _keeping:
        _gone.clear()
        _keeping.append(runtime.spawn(_keep))


def close_doors() -> None:
    """Take nothing more. What was taken goes on."""
    while _keeping:
        _keeping.pop().cancel()
        _gone.wait(CLOSE_S)


async def _keep(engine: Engine) -> None:
    """On a connection of its own, closed at the end: one that still listened would take asks that nobody answers."""
    client = aioredis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=WAIT_S + 10)
    try:
        await _take(client)
    finally:
        try:
            await client.aclose()
        finally:
            _gone.set()


async def _take(client: aioredis.Redis) -> None:
    working: set[asyncio.Task[None]] = set()
    prefix = settings.REDIS_PREFIX
    while True:
        try:
            found = await client.blpop([waiting(prefix)], timeout=WAIT_S)
        except (RedisError, OSError) as problem:
            log.warning("hubs cannot ask assistants: %s", problem)
            await asyncio.sleep(_PAUSE_S)
            continue
        if found:
            task = asyncio.create_task(_answer(cast(bytes, found[1]), prefix))
            working.add(task)
            task.add_done_callback(working.discard)


async def _answer(payload: bytes, prefix: str) -> None:
    try:
        ask = msgspec.json.decode(payload, type=Ask)
    except msgspec.DecodeError as problem:
        log.error("an ask of a hub cannot be read: %s", problem)
        return
    told = await in_thread(answer_ask_of_hub, ask)
    if told is None:
        return
    name, said = reply_to(prefix, ask.id), msgspec.json.encode(told)
    for pause_s in (*TELL_AGAIN_S, None):
        try:
            async with streams.client().pipeline(transaction=True) as pipeline:
                pipeline.rpush(name, said)
                pipeline.expire(name, REPLY_S)
                await pipeline.execute()
            return
        except (RedisError, OSError) as problem:
            log.warning("a hub could not be told: %s", problem)
            if pause_s is not None:
                await asyncio.sleep(pause_s)
    if told.run:  # whoever asked has given up by now: nobody reads what it would say
        await in_thread(answer_ask_of_hub, msgspec.structs.replace(ask, kind="cancel", run=told.run))
