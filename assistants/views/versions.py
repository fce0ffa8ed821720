"""Versions: the list, one beside another, and which of them answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import WorkspaceRequest
from accounts.models import User
from accounts.pages import workspace_page
from assistants.models import Assistant, AssistantVersion
from assistants.selectors.assistants import versions_of
from assistants.services import assistant_versions as services
from assistants.views.common import assistant_page, find_assistant, link
from core.errors import ServiceProblem
from proxy.views.common import may, say_problem

DRAFT = "draft"


@workspace_page("assistant.view")
def list_versions(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """Kept versions; a POST keeps the draft as the next one."""
    assistant = find_assistant(request, slug)
    if request.method == "POST":
        _keep(request, assistant)
        return redirect(link(request, "versions", assistant.slug))
    versions = list(versions_of(assistant)[:200])
    people = User.objects.in_bulk([version.created_by for version in versions if version.created_by])
    rows = [(version, people.get(version.created_by)) for version in versions]
    newest = versions[0] if versions else None
    return assistant_page(
        request,
        "assistants/versions.html",
        assistant,
        rows=rows,
        newest=newest,
        unkept=newest is None or newest.configuration != assistant.draft,
        revision=assistant.draft_revision,
    )


def _keep(request: WorkspaceRequest, assistant: Assistant) -> None:
    given = request.POST.get("revision", "")
    revision = int(given) if given.isascii() and given.isdigit() else None
    try:
        version = services.keep_version(
            actor=request.principal, assistant=assistant, note=request.POST.get("note", ""), revision=revision
        )
    except ServiceProblem as problem:
        say_problem(request, problem)
    else:
        messages.success(request, _("Kept as version %(n)d.") % {"n": version.number})


@workspace_page("assistant.view")
def show_version(request: WorkspaceRequest, workspace: str, slug: str, number: int) -> HttpResponse:
    """One version beside another: `?with=` a number or `draft`; else the one before it."""
    assistant = find_assistant(request, slug)
    version = _find(assistant, number)
    others = list(versions_of(assistant).exclude(pk=version.pk)[:200])
    asked = request.GET.get("with", "")
    draft = asked == DRAFT and may(request, "assistant.manage")
    other = next((row for row in others if str(row.number) == asked), None)
    if other is None and not draft:
        other = next((row for row in others if row.number < number), None)
    before, after = _ordered(assistant, version, other, draft=draft)
    return assistant_page(
        request,
        "assistants/version.html",
        assistant,
        version=version,
        others=others,
        asked=DRAFT if draft else other.number if other else "",
        before=before,
        after=after,
        author=User.objects.filter(pk=version.created_by).first(),
    )


def _ordered(
    assistant: Assistant, version: AssistantVersion, other: AssistantVersion | None, *, draft: bool
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The older one first, each as {"label", "text", "rest"}; the first is None when there is nothing to compare."""
    this = _side(_("Version %d") % version.number, version.configuration)
    if draft:
        return this, _side(_("Draft"), assistant.draft)
    if other is None:
        return None, this
    that = _side(_("Version %d") % other.number, other.configuration)
    return (that, this) if other.number < version.number else (this, that)


def _side(label: str, configuration: dict[str, Any]) -> dict[str, Any]:
    rest = dict(configuration)
    return {"label": label, "text": str(rest.pop("instructions", "")), "rest": rest}


@require_POST
@workspace_page("assistant.manage")
def deploy(request: WorkspaceRequest, workspace: str, slug: str, number: int) -> HttpResponse:
    assistant = find_assistant(request, slug)
    try:
        services.deploy_version(actor=request.principal, assistant=assistant, version=_find(assistant, number))
    except ServiceProblem as problem:
        say_problem(request, problem)
    else:
        messages.success(request, _("Version %(n)d answers from now on.") % {"n": number})
    return redirect(link(request, "versions", assistant.slug))


def _find(assistant: Assistant, number: int) -> AssistantVersion:
    found = assistant.versions.filter(number=number).first() if number < 2**31 else None
    if found is None:
        raise Http404
    return found
