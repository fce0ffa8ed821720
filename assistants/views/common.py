"""What the pages of assistants share."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from accounts.http import WorkspaceRequest
from assistants.models import Assistant
from proxy.views.common import context, may

STATES: Mapping[str, str] = {"running": "running", "paused": "paused", "draft": "off", "needs_setup": "warn"}
"""From an assistant's state to the shape that components draw."""


def find_assistant(request: WorkspaceRequest, slug: str) -> Assistant:
    rows = Assistant.objects.select_related("workspace", "deployed")
    return get_object_or_404(rows, workspace=request.workspace, slug=slug)


def link(request: WorkspaceRequest, name: str, *args: object) -> str:
    """The address of a page of this workspace."""
    return reverse(f"assistants:{name}", args=[request.workspace.slug, *args])


def link_if_there(name: str, *args: object) -> str:
    """The address of a page that another part of the site brings along; "" without it."""
    try:
        return reverse(name, args=list(args))
    except NoReverseMatch:
        return ""


def assistant_tabs(request: WorkspaceRequest, assistant: Assistant) -> list[tuple[object, str, int | None]]:
    tabs: list[tuple[object, str, int | None]] = [(_("Overview"), link(request, "detail", assistant.slug), None)]
    if may(request, "assistant.manage"):
        tabs.append((_("Edit"), link(request, "edit", assistant.slug), None))
    tabs.append((_("Versions"), link(request, "versions", assistant.slug), assistant.versions.count()))
    if may(request, "assistant.manage"):
        tabs.append((_("Settings"), link(request, "settings", assistant.slug), None))
    return tabs


def assistant_page(
    request: WorkspaceRequest, template: str, assistant: Assistant, *, status: int = 200, **values: object
) -> HttpResponse:
    """A page with the head and the tabs of an assistant."""
    values |= {
        "assistant": assistant,
        "tabs": assistant_tabs(request, assistant),
        "shape": STATES.get(assistant.state, "off"),
        "may_manage": may(request, "assistant.manage"),
        "chat_url": chat_url(request, assistant),
    }
    return render(request, template, context(request, **values), status=status)


def chat_url(request: WorkspaceRequest, assistant: Assistant) -> str:
    """Where it is talked to; "" for those who may not, and while nothing of it is deployed."""
    if assistant.deployed_id is None or not may(request, "assistant.use"):
        return ""
    return link_if_there("assistants:chat", request.workspace.slug, assistant.slug)
