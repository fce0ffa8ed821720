"""Trying an assistant in the page of its listing, without an account.

    panel = trial_panel(request, assistant=assistant, sponsor="spn_…", back=request.path)
    {% include "assistants/trial.html" %}          {# the whole sheet "Try it here"; the page loads js/chat.js #}

The address of a trial is signed: only pages that call `trial_panel` say what may be tried.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from assistants.adapters.threads import release_connections
from assistants.models import Assistant, Conversation
from assistants.services.trials import (
    LIFETIME,
    TRIES,
    end_trial,
    find_sponsor,
    find_trial,
    new_visitor,
    one_try,
    start_trial,
    take_paid,
    tries_left,
    visitor_principal,
)
from assistants.views.panel import Links, Panel, panel_of
from assistants.views.paying import paid_words
from assistants.views.saying import answer_here, problem_answer, said_answer, say_here, stop_here
from assistants.views.stream import Allowed, stream_answer
from core.errors import ServiceProblem
from core.http import SiteRequest

COOKIE = "visitor"
SALT = "assistants.trial"
OPEN_S = 24 * 3600
"""A page with a trial may stay open so long."""


@dataclass(frozen=True)
class Trial:
    """What a signed address says, and who tries it. `visitor` is empty before the first message."""

    token: str
    assistant: Assistant
    sponsor: str
    """`spn_…`, or empty."""
    back: str
    visitor: str
    conversation: Conversation | None


def trial_panel(request: HttpRequest, *, assistant: Assistant, sponsor: str = "", back: str = "") -> Panel:
    """The panel for a page. `sponsor`: who pays for the model and lends tools, else the offline model answers.
    `back`: the page's own path, to which forms return without a script. The assistant must be deployed and running."""
    token = signing.dumps({"a": assistant.id, "s": sponsor, "b": back}, salt=SALT, compress=True)
    visitor = visitor_of(request)
    found = find_trial(assistant=assistant, visitor=visitor)
    return _panel(request, Trial(token, assistant, sponsor, back, visitor, found))


def visitor_of(request: HttpRequest) -> str:
    """`vis_…` of the cookie, or "" for whoever tried nothing yet."""
    found = request.get_signed_cookie(COOKIE, "", salt=SALT, max_age=int(LIFETIME.total_seconds()))
    return str(found or "")


def trial(request: SiteRequest, token: str) -> HttpResponse:
    """GET: the trial on a page of its own. POST: a message."""
    found = _read(request, token)
    if request.method != "POST":
        return _show(request, found)
    visitor = found.visitor or new_visitor()
    begun = replace(found, visitor=visitor)
    answer = _say(request, begun)
    if not found.visitor:
        answer.set_signed_cookie(
            COOKIE,
            visitor,
            salt=SALT,
            max_age=int(LIFETIME.total_seconds()),
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return answer


@require_POST
def stop(request: SiteRequest, token: str) -> HttpResponse:
    found = _begun(request, token)
    assert found.conversation is not None
    return stop_here(request, visitor_principal(found.visitor), found.conversation, _back(found))


@require_POST
def answer(request: SiteRequest, token: str) -> HttpResponse:
    found = _begun(request, token)
    assert found.conversation is not None
    principal, panel = visitor_principal(found.visitor), _panel(request, found)
    return answer_here(request, principal, found.conversation, panel, _back(found), partial(_show, request, found))


@require_POST
def again(request: SiteRequest, token: str) -> HttpResponse:
    """Begin anew."""
    found = _read(request, token)
    if found.conversation is not None:
        end_trial(conversation=found.conversation)
    return HttpResponseRedirect(_back(found))


async def stream(request: SiteRequest, token: str) -> HttpResponseBase:
    def check() -> Allowed:
        try:
            return Allowed(_panel(request, _begun(request, token)), get_token(request))
        finally:
            release_connections()

    return stream_answer(request, await sync_to_async(check)())


def _read(request: HttpRequest, token: str) -> Trial:
    try:
        said = signing.loads(token, salt=SALT, max_age=OPEN_S)
    except signing.BadSignature:
        raise Http404 from None
    assistant = Assistant.objects.select_related("workspace", "deployed").filter(pk=said["a"]).first()
    if assistant is None:
        raise Http404
    visitor = visitor_of(request)
    found = find_trial(assistant=assistant, visitor=visitor)
    return Trial(token, assistant, str(said["s"] or ""), str(said["b"]), visitor, found)


def _begun(request: HttpRequest, token: str) -> Trial:
    found = _read(request, token)
    if found.conversation is None:
        raise Http404
    return found


def _panel(request: HttpRequest, found: Trial, **more: Any) -> Panel:
    def at(name: str) -> str:
        return reverse(f"assistants:{name}", args=[found.token])

    address = getattr(getattr(request, "info", None), "address", "")
    begun = found.conversation is not None
    return panel_of(
        assistant=found.assistant,
        conversation=found.conversation,
        links=Links(
            say=at("trial"),
            stream=at("trial-stream") if begun else "",
            stop=at("trial-stop"),
            answer=at("trial-answer"),
            new=at("trial-again"),
            earlier=at("trial"),
        ),
        trial=True,
        left=tries_left(visitor=found.visitor, address=address),
        most=TRIES,
        note=paid_words(find_sponsor(found.sponsor), visitor=found.visitor, address=address),
        **more,
    )


def _say(request: SiteRequest, found: Trial) -> HttpResponse:
    def begin() -> Conversation:
        return found.conversation or start_trial(assistant=found.assistant, visitor=found.visitor)

    actor = visitor_principal(found.visitor)
    who = {"visitor": found.visitor, "address": request.info.address}
    try:
        with one_try(**who):
            sponsor = find_sponsor(found.sponsor)
            paid = sponsor is not None and take_paid(sponsor=sponsor, **who)
            run = say_here(request, actor, found.assistant, begin, sponsor=sponsor.id if sponsor else "", paid=paid)
    except ServiceProblem as problem:
        return problem_answer(request, problem, partial(_show, request, found))
    panel = _panel(request, replace(found, conversation=run.conversation))
    return said_answer(request, run, panel, _back(found))


def _back(found: Trial) -> str:
    return found.back or reverse("assistants:trial", args=[found.token])


def _show(
    request: SiteRequest, found: Trial, *, status: int = 200, panel: Panel | None = None, **more: Any
) -> HttpResponse:
    values = {"panel": panel or _panel(request, found, **more), "assistant": found.assistant, "back": found.back}
    return render(request, "assistants/trial_page.html", values, status=status)
