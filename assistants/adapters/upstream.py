"""Assistants as an MCP server of the engine: how a gateway reaches the workers of runs.

Free of Django: the gateway process has none. A request goes to a worker through Redis (`assistants.adapters.asks`);
what happens in its run is read from the run's stream. `assistants.adapters.calling` makes calls of it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any, cast

import msgspec
import redis.asyncio as aioredis
from redis.exceptions import RedisError

from assistants.adapters.asks import Ask, Told, reply_to, waiting
from assistants.adapters.calling import AssistantSession
from assistants.adapters.event_ids import is_later
from core.decision import Principal
from core.ids import new_id
from proxy.adapters.settings import GatewaySettings
from proxy.engine.ports import Era, InternalUpstream, UpstreamProblem, UpstreamSession, UpstreamSpec

log = logging.getLogger(__name__)

NAME = "assistants"
CLAIM_S = 5.0
"""A worker that is there takes an ask within milliseconds."""
SLOW_S = 15.0
"""One that has taken it may be busy."""
BLOCK_MS = 10_000
SOCKET_S = 25.0
"""Longer than anything that Redis is asked to wait for."""
REDIS_AWAY_S = 30.0
AWAY = "Assistants cannot answer now: no worker takes their runs."
NO_REDIS = "Assistants cannot be asked now: Redis is away."


def make_upstream(settings: GatewaySettings) -> InternalUpstream:
    """For `GatewaySettings.internal`."""
    return AssistantUpstream(settings.redis_url, prefix=settings.redis_prefix)


class AssistantUpstream(InternalUpstream):
    """All of one process's connections to the workers."""

    def __init__(self, url: str, *, prefix: str, claim_s: float = CLAIM_S) -> None:
        self._redis: aioredis.Redis = aioredis.Redis.from_url(
            url, socket_connect_timeout=2, socket_timeout=SOCKET_S, health_check_interval=30
        )
        self._prefix = prefix
        self._claim_s = claim_s
        self._tasks: set[asyncio.Task[None]] = set()

    async def session(self, spec: UpstreamSpec, *, principal: Principal, era: Era, version: str) -> UpstreamSession:
        return AssistantSession(self, spec, principal, era, version)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await self._redis.aclose()

    # -- asking

    async def ask(self, ask: Ask) -> Told:
        """What a worker says. Raises UpstreamProblem when none does."""
        ask = msgspec.structs.replace(ask, until=time.time() + self._claim_s)
        payload = msgspec.json.encode(ask)
        asking = asyncio.ensure_future(self._asked(ask, payload))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            self._background(self._take_back(ask, asking))
            raise

    async def _asked(self, ask: Ask, payload: bytes) -> Told:
        try:
            await _number(self._redis.rpush(waiting(self._prefix), payload))
            told = await self._reply(ask, self._claim_s)
            if told is None and not await _number(self._redis.lrem(waiting(self._prefix), 1, payload.decode())):
                told = await self._reply(ask, SLOW_S)  # somebody has taken it
        except (RedisError, OSError) as problem:
            log.warning("assistants cannot be asked: %s", problem)
            raise UpstreamProblem("refused", NO_REDIS) from problem
        if told is None:
            raise UpstreamProblem("refused", AWAY)
        return told

    async def _reply(self, ask: Ask, wait_s: float) -> Told | None:
        found = await cast("Awaitable[Any]", self._redis.blpop([reply_to(self._prefix, ask.id)], timeout=wait_s))
        return msgspec.json.decode(found[1], type=Told) if found else None

    async def _take_back(self, ask: Ask, asking: asyncio.Future[Told]) -> None:
        """Nobody waits for it any more: the run that it may have begun is stopped."""
        try:
            told = await asking
        except UpstreamProblem:
            return
        if told.run:
            await self._cancel(ask, told.run)

    def cancel(self, ask: Ask, run: str) -> None:
        """Have a run stopped, and do not wait for it."""
        self._background(self._cancel(ask, run))

    async def _cancel(self, ask: Ask, run: str) -> None:
        stop = msgspec.structs.replace(ask, id=new_id("ask"), kind="cancel", run=run, arguments={}, until=0.0)
        try:
            await _number(self._redis.rpush(waiting(self._prefix), msgspec.json.encode(stop)))
        except (RedisError, OSError) as problem:
            log.warning("the run %s could not be stopped: %s", run, problem)

    def _background(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- following

    async def events(self, run: str, limit_s: float, after: str = "") -> AsyncIterator[tuple[str, str, dict[str, Any]]]:
        """(id, kind, data) of a run, to the `done` behind `after` at which nothing more is to come. Raises
        UpstreamProblem after `limit_s`, or when Redis stays away."""
        name, last = f"{self._prefix}run:{run}", "0"
        end, away = time.monotonic() + limit_s, 0.0
        while time.monotonic() < end:
            try:
                found = _entries(await self._redis.xread({name: last}, count=500, block=BLOCK_MS))
            except (RedisError, OSError) as problem:
                away = away or time.monotonic()
                if time.monotonic() - away > REDIS_AWAY_S:
                    raise UpstreamProblem("closed", NO_REDIS) from problem
                await asyncio.sleep(0.5)
                continue
            away = 0.0
            for position, (entry, fields) in enumerate(found, 1):
                last = entry.decode()
                kind = fields[b"k"].decode()
                yield last, kind, json.loads(fields[b"d"])
                # An ask that was answered since stands before more of it.
                if kind == "done" and position == len(found) and is_later(last, after):
                    return
        raise UpstreamProblem("timeout", "The assistant did not end its answer in time.")


def _entries(found: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    if not found:
        return []
    streams = found.items() if isinstance(found, dict) else found
    return [row for _name, rows in streams for row in rows]


async def _number(answer: Awaitable[int] | int) -> int:
    """redis-py types its commands for both of its clients at once."""
    return answer if isinstance(answer, int) else await answer
