"""Calls: what went through the hubs, as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.clock import now
from core.components.charts import Bucket, Histogram, Minutes
from core.components.timeline import Stage
from core.errors import PermissionProblem
from proxy.adapters.live import new_calls
from proxy.forms.calls import RANGES, CallFilterForm
from proxy.selectors.calls import CallFilter, CallLine, call_lines, find_call, opened_payload, page_of_calls
from proxy.selectors.stats import BUCKETS_MS, Span, Summary, by_minute, histogram, summarize
from proxy.views.common import context

PAGE = 50
STREAM_S = 15 * 60
"""A stream ends by itself after this long; the browser opens the next, which is checked anew."""
BEAT_S = 20
STEPS_IN_CHART = 60
ORDER = ("read", "route", "policy", "connect", "upstream", "reply")
"""The stages of a call, as they follow each other."""


@workspace_page("call.view")
def list_calls(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    asked = request.GET.copy()
    asked.setdefault("range", "day")
    form = CallFilterForm(asked, workspace=request.workspace)
    wanted = form.filter()
    before = request.GET.get("before", "")
    lines, following = page_of_calls(request.workspace, wanted, before=before, limit=PAGE)
    longest = max((line.call.duration_us for line in lines), default=0) or 1
    for line in lines:
        line.share = line.call.duration_us / longest
    opened = request.GET.get("open", "")
    return render(
        request,
        "proxy/calls.html",
        context(
            request,
            form=form,
            lines=lines,
            following=following,
            before=before,
            opened=_detail(request, opened) if opened else None,
            opened_id=opened,
            filtered=_narrowed(wanted),
            **_charts(request, wanted),
        ),
    )


@workspace_page("call.view")
def show_call(request: WorkspaceRequest, workspace: str, call: str) -> HttpResponse:
    detail = _detail(request, call)
    if detail is None:
        raise Http404
    return render(request, "proxy/call.html", context(request, detail=detail, line=detail["line"]))


def _narrowed(wanted: CallFilter) -> bool:
    return any((wanted.hub, wanted.server, wanted.outcome, wanted.user, wanted.key, wanted.tool))


def _charts(request: WorkspaceRequest, wanted: CallFilter) -> dict[str, object]:
    """The two pictures: of the time, hub and server that are chosen."""
    since = wanted.since or now() - RANGES["month"][1]
    span = Span(
        workspace_id=request.workspace.id, since=since, hub=wanted.hub, server=wanted.server, method=wanted.method
    )
    summary = summarize(span)
    steps = by_minute(span, step=(now() - since) / STEPS_IN_CHART)
    return {
        "summary": summary,
        "histogram": Histogram(_buckets(span), _markers(summary)),
        "minutes": Minutes([s.at for s in steps], [s.good for s in steps], [s.bad + s.refused for s in steps]),
    }


def _buckets(span: Span) -> list[Bucket]:
    return [
        Bucket(found.up_to_ms or BUCKETS_MS[-1] * 2, found.good + found.bad, found.bad) for found in histogram(span)
    ]


def _markers(summary: Summary) -> Sequence[tuple[str, float]]:
    pairs = (("p50", summary.p50_ms), ("p95", summary.p95_ms), ("p99", summary.p99_ms))
    return [(name, value) for name, value in pairs if value is not None]


def _detail(request: WorkspaceRequest, call_id: str) -> dict[str, object] | None:
    """One call: its way, and what it carried for those who may see it."""
    call = find_call(request.workspace, call_id)
    if call is None:
        return None
    line = call_lines([call])[0]
    payload, hidden = None, ""
    try:
        payload = opened_payload(request.principal, call)
    except PermissionProblem as problem:
        hidden = str(problem.sentence)
    return {"line": line, "stages": _stages(line), "payload": payload, "hidden": hidden}


def _stages(line: CallLine) -> list[Stage]:
    stages: dict[str, int] = line.call.stages or {}
    total = max(1, line.call.duration_us)
    server = line.server.title if line.server else _("the server")
    client = " ".join(part for part in (line.call.client_name, line.call.client_version) if part)
    words = {
        "read": (_("Read"), _("%(method)s from %(client)s") % _call_words(line, client)),
        "route": (_("Routed"), _("to %(server)s") % {"server": server}),
        "policy": (_("Allowed"), _("by the permission of the key and the hub")),
        "connect": (_("Line open"), _("session with %(server)s") % {"server": server}),
        "upstream": (server, line.call.error or _("answered")),
        "reply": (_("Answered"), _("to the client, and recorded")),
    }
    if line.call.outcome == "refused":
        words["policy"] = (_("Refused"), line.call.error)
    found, start = [], 0
    # Postgres keeps an object's names in an order of its own.
    for name in sorted(stages, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER)):
        taken = stages[name]
        title, what = words.get(name, (name, ""))
        failed = name == "upstream" and line.call.outcome in {"failed", "tool_error"}
        found.append(
            Stage(title, what, taken / 1000, start / total, taken / total, upstream=name == "upstream", failed=failed)
        )
        start += taken
    return found


def _call_words(line: CallLine, client: str) -> dict[str, str]:
    return {"method": line.call.method, "client": client or _("an unnamed client")}


@workspace_page("call.view")
def _permitted(request: WorkspaceRequest, workspace: str) -> HttpResponseBase:
    """Runs the page's check in a thread, and gives the thread's database connection back before the stream begins."""
    return HttpResponse(status=204)


async def live_calls(request: WorkspaceRequest, workspace: str) -> HttpResponseBase:
    """Server-sent events: `changed` whenever calls of this workspace (and hub, if one is named) were recorded."""

    def check() -> HttpResponseBase:
        try:
            return _permitted(request, workspace)
        finally:
            _release()

    answer = await sync_to_async(check)()
    if answer.status_code != 204:
        return answer
    hub = request.GET.get("hub", "")
    response = StreamingHttpResponse(_events(request.workspace.id, hub), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _events(workspace_id: str, hub: str) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    end = loop.time() + STREAM_S
    yield b": live\n\n"
    source = new_calls(workspace_id)
    waiting = asyncio.ensure_future(anext(source))
    try:
        while loop.time() < end:
            done, _pending = await asyncio.wait({waiting}, timeout=BEAT_S)
            if not done:
                yield b": beat\n\n"
                continue
            hubs = waiting.result()
            waiting = asyncio.ensure_future(anext(source))
            if hubs and (not hub or hub in hubs):
                yield b"event: changed\ndata: 1\n\n"
    finally:
        waiting.cancel()


def _release() -> None:
    """Give this thread's connections back; one inside a transaction belongs to somebody else."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
