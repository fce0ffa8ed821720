"""What the pages of a workspace share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.http import WorkspaceRequest
from accounts.permissions import allowed, in_workspace
from core.errors import ServiceProblem
from proxy.models import Hub, Server

STATES: Mapping[str, str] = {"running": "running", "paused": "paused", "broken": "broken", "new": "off"}
"""From a server's state to the shape that components draw."""


def may(request: WorkspaceRequest, action: str) -> bool:
    """Whether a control is to be shown. The service asks again."""
    return allowed(request.principal, action, in_workspace(request.workspace))


def find_hub(request: WorkspaceRequest, slug: str) -> Hub:
    return get_object_or_404(Hub.objects.select_related("workspace"), workspace=request.workspace, slug=slug)


def find_server(request: WorkspaceRequest, slug: str) -> Server:
    return get_object_or_404(Server.objects.select_related("workspace"), workspace=request.workspace, slug=slug)


def link(request: WorkspaceRequest, name: str, *args: str) -> str:
    """The address of a page of this workspace."""
    return reverse(f"proxy:{name}", args=[request.workspace.slug, *args])


def put_problem(form: forms.Form, problem: ServiceProblem) -> None:
    """Show a service's sentences beside the fields they are about; the rest above the form."""
    placed = False
    for field, sentences in problem.errors.items():
        for sentence in sentences:
            form.add_error(field if field in form.fields else None, str(sentence))
            placed = True
    if not placed:
        form.add_error(None, str(problem.sentence))


def say_problem(request: HttpRequest, problem: ServiceProblem) -> None:
    messages.error(request, str(problem.sentence))


def context(request: WorkspaceRequest, **values: Any) -> dict[str, Any]:
    return {"workspace": request.workspace, **values}
