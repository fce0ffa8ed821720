"""What happens in a run, as events in a Redis stream: written by the worker, read by whoever shows the answer.

    async for event in read_events(run.id, after=request.headers.get("Last-Event-ID", "")):
        yield f"id: {event.id}\\nevent: {event.kind}\\ndata: {json.dumps(event.data)}\\n\\n"

Kinds and their data:

    start        {run, message, assistant, model, provider}       model is "offline" for the built-in one
    text         {text}                                            a piece of the answer
    tool_call    {id, name, title, server, arguments}              server: its title
    tool_result  {id, name, outcome, ms, content, structured?}     content as MCP sends it; outcome: see TOOL_OUTCOMES
    ask          {id, why, call, name, title, server, arguments, schema, missing}    why: confirm or fill
    suggest      {text, tools: [{name, title, server, description}]}   the offline model's three best, to click
    notice       {code, sentence, connect}                         connect: offer "Connect a model"
    output       {value}                                           the structured result, where a schema is set
    usage        {steps, tool_calls, tokens_in, tokens_out}
    error        {kind, sentence}
    done         {state, message}                                  always the last: done, failed, cancelled or asking

After `done` with the state `asking` nothing comes until the ask is answered; then the stream goes on behind it.
Two kinds are made by the reader: `message` {message, parts} stands for everything before it, once the stream is gone
(then come `done` alone), and `alive` {} with an empty id says every few seconds that nothing was lost.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import weakref
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

import redis.asyncio as aioredis
from django.conf import settings
from redis.exceptions import RedisError

from assistants.adapters.threads import in_thread
from assistants.models import Message, Run
from core import redis as core_redis

log = logging.getLogger(__name__)

LIVES_S = 6 * 3600
"""A stream that is written to; no run takes so long."""
KEPT_S = 3600
"""After the end."""
MOST_EVENTS = 20_000
ALIVE_S = 10.0
LAST_WAIT_S = 1.0
TOOL_OUTCOMES = ("answered", "tool_error", "failed", "refused", "denied", "gone")
ENDED = (Run.State.DONE, Run.State.FAILED, Run.State.CANCELLED)
_ID = re.compile(r"\A\d{1,16}-\d{1,10}\Z")
_PAUSE_S = 0.5


@dataclass(frozen=True)
class RunEvent:
    """One event. `id` is for Last-Event-ID; empty for what is not in the stream."""

    id: str
    kind: str
    data: dict[str, Any]


def stream_name(run_id: str) -> str:
    return core_redis.key(f"run:{run_id}")


_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, aioredis.Redis] = weakref.WeakKeyDictionary()


def client() -> aioredis.Redis:
    """The pooled client of the running loop."""
    loop = asyncio.get_running_loop()
    found = _clients.get(loop)
    if found is None:
        found = aioredis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=ALIVE_S + 5, health_check_interval=30
        )
        _clients[loop] = found
    return found


# -- writing


class RunStream:
    """The writing end, on the worker's loop. `add` never waits and never fails: without Redis a run goes on unseen.

    What gathers while a write is under way goes out with the next one, neighbouring pieces of text as one.
    """

    def __init__(self, run_id: str) -> None:
        self._name = stream_name(run_id)
        self._waiting: list[tuple[str, dict[str, Any]]] = []
        self._writer: asyncio.Task[None] | None = None

    def add(self, kind: str, data: dict[str, Any]) -> None:
        last = self._waiting[-1] if self._waiting else None
        if kind == "text" and last is not None and last[0] == "text":
            self._waiting[-1] = ("text", {"text": last[1]["text"] + data["text"]})
        else:
            self._waiting.append((kind, data))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Wait until all is written, and let the stream expire."""
        if self._writer is not None:
            await self._writer
        try:
            await client().expire(self._name, KEPT_S)
        except (RedisError, OSError) as problem:
            log.warning("a run's events could not be kept: %s", problem)

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                async with client().pipeline(transaction=False) as pipeline:
                    for kind, data in batch:
                        pipeline.xadd(self._name, _fields(kind, data), maxlen=MOST_EVENTS, approximate=True)
                    pipeline.expire(self._name, LIVES_S)
                    await pipeline.execute()
            except (RedisError, OSError) as problem:
                log.warning("%d events of a run reached nobody: %s", len(batch), problem)


def add_event(run_id: str, kind: str, data: dict[str, Any]) -> None:
    """One event from synchronous code, for what ends outside its worker. Without Redis nothing is written."""
    try:
        pipeline = core_redis.connection().pipeline(transaction=False)
        pipeline.xadd(stream_name(run_id), _fields(kind, data))
        pipeline.expire(stream_name(run_id), KEPT_S)
        pipeline.execute()
    except RedisError as problem:
        log.warning("an event of the run %s reached nobody: %s", run_id, problem)


def last_event(run_id: str) -> str:
    """The id of the newest event of a run; "" where there is none, or nobody can say."""
    try:
        found = cast("list[tuple[bytes, Any]]", core_redis.connection().xrevrange(stream_name(run_id), count=1))
    except RedisError as problem:
        log.warning("the events of the run %s cannot be read: %s", run_id, problem)
        return ""
    return found[0][0].decode() if found else ""


def drop_stream(run_id: str) -> None:
    try:
        core_redis.connection().delete(stream_name(run_id))
    except RedisError as problem:
        log.warning("the events of the run %s stay until they expire: %s", run_id, problem)


def _fields(kind: str, data: dict[str, Any]) -> dict[Any, Any]:
    return {"k": kind, "d": json.dumps(data, ensure_ascii=False, separators=(",", ":"))}


# -- reading


async def read_events(run_id: str, after: str = "") -> AsyncIterator[RunEvent]:
    """The events of a run behind the id `after`, as they happen, to the `done` at which nothing more is to come.

    Whoever calls this has checked that the run may be read. Holds no database connection while it waits.
    """
    name, last = stream_name(run_id), after if _ID.match(after) else "0"
    wait_s = 0.0
    while True:
        found = await _next(name, last, wait_s)
        for event in found:
            last = event.id
            yield event
        if found:
            if found[-1].kind == "done" and not await _goes_on(run_id, name, last):
                return
            wait_s = ALIVE_S
            continue
        ending = await in_thread(_ending, run_id)
        if ending is None:
            if wait_s:
                yield RunEvent("", "alive", {})
            wait_s = ALIVE_S
        elif wait_s == LAST_WAIT_S or not await _exists(name):
            for event in ending:
                yield event
            return
        else:  # the row says that it ended: its last events are on their way
            wait_s = LAST_WAIT_S


async def _next(name: str, last: str, wait_s: float = 0.0) -> list[RunEvent]:
    """What stands behind `last`; waits so long for it. Nothing where Redis is away."""
    try:
        return _events(await client().xread({name: last}, count=500, block=int(wait_s * 1000) or None))
    except (RedisError, OSError) as problem:
        log.warning("the events of a run cannot be read: %s", problem)
        if wait_s:
            await asyncio.sleep(_PAUSE_S)
        return []


async def _exists(name: str) -> bool:
    try:
        return bool(await client().exists(name))
    except (RedisError, OSError):
        return False


async def _goes_on(run_id: str, name: str, last: str) -> bool:
    """Was an ask answered already, so that more comes behind this `done`?"""
    state = await in_thread(_state, run_id)
    return state in Run.LIVE or bool(await _next(name, last))


def _state(run_id: str) -> str:
    return Run.objects.filter(pk=run_id).values_list("state", flat=True).first() or ""


def _ending(run_id: str) -> list[RunEvent] | None:
    """What stands in for the stream of a run that is not going on; None while it is."""
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        return [RunEvent("", "done", {"state": "gone", "message": ""})]
    if run.state in Run.LIVE:
        return None
    message = Message.objects.filter(run=run.id, role=Message.Role.ASSISTANT).first()
    message_id = message.id if message else ""
    return [
        RunEvent("", "message", {"message": message_id, "parts": message.parts if message else []}),
        RunEvent("", "done", {"state": run.state, "message": message_id}),
    ]


def _events(found: Any) -> list[RunEvent]:
    if not found:
        return []
    streams = found.items() if isinstance(found, dict) else found
    entries: list[tuple[bytes, dict[bytes, bytes]]] = []
    for _name, rows in streams:
        entries += cast("list[tuple[bytes, dict[bytes, bytes]]]", rows)
    return [RunEvent(entry.decode(), fields[b"k"].decode(), json.loads(fields[b"d"])) for entry, fields in entries]
