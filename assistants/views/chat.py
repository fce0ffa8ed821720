"""The chat page of an assistant: a new conversation, and one that goes on."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from assistants.models import Assistant, Conversation
from assistants.selectors.conversations import find_conversation, page_of_conversations
from assistants.services.conversations import start_conversation
from assistants.views.common import STATES, find_assistant, link
from assistants.views.panel import Links, Panel, configuration_of, panel_of
from assistants.views.saying import answer_here, problem_answer, said_answer, say_here, stop_here
from core.errors import ServiceProblem
from proxy.views.common import context, may
from proxy.views.common import link as proxy_link


@workspace_page("assistant.use")
def chat(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """GET: the beginning of a conversation. POST: the first message, which makes it."""
    assistant = find_assistant(request, slug)
    if request.method != "POST":
        return show_chat(request, assistant, None)
    again = partial(show_chat, request, assistant, None)
    begin = partial(start_conversation, actor=request.principal, assistant=assistant)
    return _say(request, assistant, begin, again)


@workspace_page("assistant.use")
def conversation(request: WorkspaceRequest, workspace: str, slug: str, conversation: str) -> HttpResponse:
    """GET: a conversation. POST: a further message."""
    assistant, found = own_conversation(request, slug, conversation)
    if request.method != "POST":
        return show_chat(request, assistant, found)
    return _say(request, assistant, lambda: found, partial(show_chat, request, assistant, found))


@require_POST
@workspace_page("assistant.use")
def stop(request: WorkspaceRequest, workspace: str, slug: str, conversation: str) -> HttpResponse:
    _assistant, found = own_conversation(request, slug, conversation)
    return stop_here(request, request.principal, found, link(request, "conversation", slug, found.id))


@require_POST
@workspace_page("assistant.use")
def answer(request: WorkspaceRequest, workspace: str, slug: str, conversation: str) -> HttpResponse:
    """What a person decides about a call, or fills in for it."""
    assistant, found = own_conversation(request, slug, conversation)
    return answer_here(
        request,
        request.principal,
        found,
        panel_of(assistant=assistant, conversation=found, links=links_of(request, assistant, found)),
        link(request, "conversation", slug, found.id),
        partial(show_chat, request, assistant, found),
    )


def own_conversation(request: WorkspaceRequest, slug: str, id: str) -> tuple[Assistant, Conversation]:
    assistant = find_assistant(request, slug)
    found = find_conversation(assistant, request.principal.id, id)
    if found is None:
        raise Http404
    return assistant, found


def links_of(request: WorkspaceRequest, assistant: Assistant, found: Conversation | None) -> Links:
    connect = link(request, "models") if may(request, "model.manage") else ""
    calls = proxy_link(request, "calls") if may(request, "call.view") else ""
    new = link(request, "chat", assistant.slug)
    if found is None:
        return Links(say=new, new=new, connect=connect, calls=calls)

    def at(name: str) -> str:
        return link(request, name, assistant.slug, found.id)

    return Links(
        say=at("conversation"),
        stream=at("conversation-stream"),
        stop=at("conversation-stop"),
        answer=at("conversation-answer"),
        new=new,
        earlier=at("conversation"),
        connect=connect,
        calls=calls,
    )


def show_chat(
    request: WorkspaceRequest,
    assistant: Assistant,
    found: Conversation | None,
    *,
    status: int = 200,
    panel: Panel | None = None,
    **more: Any,
) -> HttpResponse:
    """`more`: typed and problem, after a message that was not taken."""
    q = request.GET.get("q", "").strip()[:120]
    talks, following = page_of_conversations(
        assistant, request.principal.id, search=q, before=request.GET.get("list", "")
    )
    before = request.GET.get("before", "")
    if panel is None:
        panel = panel_of(
            assistant=assistant,
            conversation=found,
            links=links_of(request, assistant, found),
            before=int(before) if before.isdecimal() and len(before) < 9 else 0,
            data=request.POST if more.get("problem") and request.method == "POST" else None,
            **more,
        )
    return render(
        request,
        "assistants/chat.html",
        context(
            request,
            assistant=assistant,
            panel=panel,
            talks=talks,
            following=following,
            q=q,
            list_url=request.path if found else link(request, "chat", assistant.slug),
            shape=STATES.get(assistant.state, "off"),
        ),
        status=status,
    )


def _say(request: WorkspaceRequest, assistant: Assistant, begin: Any, again: Any) -> HttpResponse:
    try:
        run = say_here(request, request.principal, assistant, begin)
    except ServiceProblem as problem:
        return problem_answer(request, problem, again)
    url = link(request, "conversation", assistant.slug, run.conversation_id)
    panel = Panel(assistant, configuration_of(assistant), links_of(request, assistant, run.conversation))
    panel.conversation = run.conversation
    return said_answer(request, run, panel, url)
