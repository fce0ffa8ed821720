"""What a person does with a conversation of their own: rename, delete, take it along."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from assistants.services.conversations import delete_conversation, rename_conversation
from assistants.services.exporting import export_conversation
from assistants.views.chat import own_conversation
from assistants.views.common import link
from core.errors import ServiceProblem
from proxy.views.common import context, say_problem

KINDS = {"markdown": ("text/markdown", "md"), "json": ("application/json", "json")}


@require_POST
@workspace_page("assistant.use")
def rename(request: WorkspaceRequest, workspace: str, slug: str, conversation: str) -> HttpResponse:
    _assistant, found = own_conversation(request, slug, conversation)
    try:
        rename_conversation(actor=request.principal, conversation=found, title=request.POST.get("title", ""))
    except ServiceProblem as problem:
        say_problem(request, problem)
    return redirect(link(request, "conversation", slug, found.id))


@workspace_page("assistant.use")
def delete(request: WorkspaceRequest, workspace: str, slug: str, conversation: str) -> HttpResponse:
    assistant, found = own_conversation(request, slug, conversation)
    if request.method == "POST":
        delete_conversation(actor=request.principal, conversation=found)
        messages.success(request, _("The conversation is deleted."))
        return redirect(link(request, "chat", slug))
    return render(request, "assistants/chat_delete.html", context(request, assistant=assistant, conversation=found))


@workspace_page("assistant.use")
def export(request: WorkspaceRequest, workspace: str, slug: str, conversation: str) -> HttpResponse:
    """`?format=` markdown or json."""
    assistant, found = own_conversation(request, slug, conversation)
    chosen = request.GET.get("format", "markdown")
    kind, ending = KINDS.get(chosen, KINDS["markdown"])
    try:
        text = export_conversation(actor=request.principal, conversation=found, format=chosen)
    except ServiceProblem as problem:
        say_problem(request, problem)
        return redirect(link(request, "conversation", slug, found.id))
    answer = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    name = re.sub(r"[^a-z0-9]+", "-", found.title.lower()).strip("-")[:50] or found.id
    answer["Content-Disposition"] = f'attachment; filename="{assistant.slug}-{name}.{ending}"'
    return answer
