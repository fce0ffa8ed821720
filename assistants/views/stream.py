"""Server-sent events of a conversation: what is said in it and answered, as HTML for the page that shows it.

    turn   {message, html, position}           both messages of something that was said, here or elsewhere
    whole  {message, html}                     all of an answer so far
    block  {message, key, html}                one part of it; empty: it is gone
    text   {message, key, keep, html}          the end of a text; the first `keep` elements stay
    foot   {message, html}
    state  {state, run, words}                 running, asking, done, failed, cancelled

An id is `<run>/<id in the run's stream>`: a connection that breaks goes on behind it, whoever serves the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from assistants.adapters.threads import in_thread, release_connections
from assistants.adapters.watching import changes_of
from assistants.models import Message, Run
from assistants.selectors.conversations import newest_run, said_in
from assistants.views.chat import links_of, own_conversation
from assistants.views.drawing import Drawing
from assistants.views.following import close, ending, follow, sent_event
from assistants.views.panel import Panel, Turn, configuration_of, draw_turn, turns_of

STREAM_S = 15 * 60
"""A stream ends by itself after this long; the browser opens the next, which is checked anew."""
BEAT_S = 20.0


class Allowed(HttpResponse):
    """The page's check said yes; what it found is kept for the stream."""

    def __init__(self, panel: Panel, token: str) -> None:
        super().__init__(status=204)
        self.panel, self.token = panel, token


@dataclass
class Seen:
    """What the page has: everything up to a position, and of one run everything up to an event."""

    position: int = 0
    run: str = ""
    event: str = ""


@workspace_page("assistant.use")
def _permitted(request: WorkspaceRequest, workspace: str, slug: str, conversation: str) -> HttpResponseBase:
    assistant, found = own_conversation(request, slug, conversation)
    panel = Panel(assistant, configuration_of(assistant), links_of(request, assistant, found), conversation=found)
    return Allowed(panel, get_token(request))


async def stream(request: WorkspaceRequest, workspace: str, slug: str, conversation: str) -> HttpResponseBase:
    """Follows a conversation. `?position=` and `?run=` say what the page has; later Last-Event-ID does."""

    def check() -> HttpResponseBase:
        try:
            return _permitted(request, workspace, slug, conversation)
        finally:
            release_connections()

    return stream_answer(request, await sync_to_async(check)())


def stream_answer(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    if not isinstance(answer, Allowed):
        return answer
    events = conversation_events(answer.panel, answer.token, seen_by(request))
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def seen_by(request: HttpRequest) -> Seen:
    position = request.GET.get("position", "")
    seen = Seen(int(position) if position.isdecimal() and len(position) < 9 else 0, request.GET.get("run", ""))
    last = request.headers.get("Last-Event-ID", "")
    if "/" in last:
        seen.run, _slash, seen.event = last.partition("/")
    return seen


async def conversation_events(panel: Panel, token: str, seen: Seen) -> AsyncIterator[bytes]:
    """Whoever calls has checked that the conversation may be read, and given its database connection back."""
    assert panel.conversation is not None
    loop = asyncio.get_running_loop()
    end = loop.time() + STREAM_S
    yield b"retry: 1000\n\n"
    source = changes_of(panel.conversation.id)
    waiting = asyncio.ensure_future(anext(source))
    try:
        drawing = await in_thread(_drawing, panel, token, seen.run) if seen.run else None
        if drawing is not None:
            seen.position = max(seen.position, drawing.turn.message.position)
            async for chunk in follow(drawing, seen=seen.event):
                yield chunk
        while loop.time() < end:
            done, _pending = await asyncio.wait({waiting}, timeout=BEAT_S)
            if not done:
                yield b": beat\n\n"
                continue
            waiting = asyncio.ensure_future(anext(source))
            turns = await in_thread(_turns_after, panel, seen.position)
            if turns and drawing is not None and drawing.state == "asking":
                drawing.lapse()
                for chunk in await ending(drawing):
                    yield chunk
            for turn in turns:
                seen.position = turn.message.position
                yield _turn(panel, turn, token)
            drawing, goes_on = await _next(panel, token, drawing, {turn.message.run for turn in turns if turn.live})
            if drawing is not None and goes_on:
                async for chunk in follow(drawing, live=True):
                    yield chunk
    finally:
        await close(source, waiting)


async def _next(panel: Panel, token: str, drawing: Drawing | None, begun: set[str]) -> tuple[Drawing | None, bool]:
    """The answer that is to be followed now, and whether there is more of it than the page was told."""
    assert panel.conversation is not None
    run = await in_thread(newest_run, panel.conversation.id)
    if run is None:
        return drawing, False
    if drawing is not None and drawing.turn.message.run == run.id:
        return drawing, run.state in Run.LIVE or (drawing.state == "asking" and run.state != Run.State.ASKING)
    if run.state in Run.LIVE or run.id in begun:
        return await in_thread(_drawing, panel, token, run.id), True
    return drawing, False


def _turn(panel: Panel, turn: Turn, token: str) -> bytes:
    html = draw_turn(panel, turn, token)
    return sent_event("turn", {"message": turn.message.id, "html": html, "position": turn.message.position})


def _turns_after(panel: Panel, position: int) -> list[Turn]:
    assert panel.conversation is not None
    return turns_of(said_in(panel.conversation, after=position))


def _drawing(panel: Panel, token: str, run_id: str) -> Drawing | None:
    """None: there is no such run in this conversation."""
    rows = Message.objects.filter(conversation=panel.conversation, run=run_id, role=Message.Role.ASSISTANT)
    message = rows.first()
    return Drawing(panel, message, Run.objects.filter(pk=run_id).first(), token) if message else None
