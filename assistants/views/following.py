"""A run drawn as it happens: the events of `assistants.views.stream` from one answer, to where nothing more comes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from assistants.adapters.event_ids import order
from assistants.adapters.streams import RunEvent, read_events
from assistants.adapters.threads import in_thread
from assistants.models import Message, Run
from assistants.selectors.conversations import with_runs
from assistants.views.drawing import Drawing
from assistants.views.panel import Turn, draw_foot, state_words, turns_of

GAP_S = 0.05
"""Between two drawings of a growing answer."""
GATHER_S = 0.004
"""What comes within this time is drawn together."""


async def follow(drawing: Drawing, *, seen: str = "", live: bool = False) -> AsyncIterator[bytes]:
    """A run to the point where nothing more comes for now. `seen`: the page has everything up to there."""
    run = drawing.turn.message.run
    if live or (drawing.turn.run and drawing.turn.run.state in Run.LIVE):
        yield sent_event("state", {"state": "running", "run": run, "words": ""})
    async for changed in _drawn(drawing, seen):
        if not changed:
            yield b": alive\n\n"
            continue
        for chunk in _changes(drawing):
            yield chunk
    for chunk in await ending(drawing):
        yield chunk
    words = state_words(drawing.state)
    yield sent_event("state", {"state": drawing.state, "run": run, "words": words}, f"{run}/{drawing.last}")


def _changes(drawing: Drawing) -> list[bytes]:
    return [sent_event(kind, data, f"{drawing.turn.message.run}/{drawing.last}") for kind, data in drawing.changes()]


async def ending(drawing: Drawing) -> list[bytes]:
    """What changed last, and the line below the answer."""
    found = _changes(drawing)
    turn = await in_thread(_turn_of, drawing.turn.message.run)
    if turn is not None:
        foot = draw_foot(drawing.panel, turn, drawing.token)
        found.append(sent_event("foot", {"message": turn.message.id, "html": foot}))
    return found


async def _drawn(drawing: Drawing, seen: str) -> AsyncIterator[bool]:
    """True when it is time to tell the page what changed, False for a sign of life."""
    loop = asyncio.get_running_loop()
    source = read_events(drawing.turn.message.run, drawing.last)
    coming = asyncio.ensure_future(anext(source))
    due = told = 0.0
    try:
        while True:
            done, _pending = await asyncio.wait({coming}, timeout=max(0.0, due - loop.time()) if due else None)
            if done:
                event = _result(coming)
                if event is None:
                    break
                coming = asyncio.ensure_future(anext(source))
                if event.kind == "alive":
                    yield False
                    continue
                if seen and event.id and order(event.id) <= order(seen):
                    drawing.apply(event)
                    continue
                if seen and event.id:
                    drawing.was_seen()
                seen = ""
                drawing.apply(event)
                due = due or max(loop.time() + GATHER_S, told + GAP_S)
            if due and loop.time() >= due:
                due, told = 0.0, loop.time()
                yield True
        if due:
            yield True
    finally:
        await close(source, coming)


async def close(source: AsyncIterator[Any], waiting: asyncio.Future[Any]) -> None:
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
        await waiting
    assert isinstance(source, AsyncGenerator)
    await source.aclose()


def _result(coming: asyncio.Future[RunEvent]) -> RunEvent | None:
    try:
        return coming.result()
    except StopAsyncIteration:
        return None


def sent_event(kind: str, data: dict[str, object], id: str = "") -> bytes:
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {kind}\ndata: {body}\n\n".encode()


def _turn_of(run_id: str) -> Turn | None:
    message = Message.objects.filter(run=run_id, role=Message.Role.ASSISTANT).first()
    return turns_of(with_runs([message]))[0] if message else None
