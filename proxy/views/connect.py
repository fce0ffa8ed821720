"""Connecting servers: by hand, or by pasting what another client is configured with."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.errors import ServiceProblem
from proxy.forms.imports import CONNECT, ImportForm
from proxy.forms.servers import ServerForm
from proxy.models import Hub, Server
from proxy.selectors.hubs import hubs_of
from proxy.services import choices, hubs, servers
from proxy.services.imports import ImportResult, import_servers
from proxy.services.stdio import stdio_refusal
from proxy.services.testing import test_connection
from proxy.views.common import context, link, may, put_problem


@workspace_page("server.manage")
def connect_server(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """By hand. "Test" asks the server as the form says, and saves nothing."""
    form = ServerForm(request.POST or None)
    tested = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("do") == "test":
                tested = test_connection(actor=request.principal, workspace=request.workspace, draft=form.draft())
            else:
                return _connected(request, form)
        except ServiceProblem as problem:
            put_problem(form, problem)
    return render(
        request,
        "proxy/connect.html",
        context(
            request,
            form=form,
            tested=tested,
            tabs=_tabs(request),
            hubs=hubs_of(request.workspace)[:50],
            refusal=stdio_refusal(request.principal, request.workspace),
        ),
        status=400 if form.errors else 200,
    )


def _connected(request: WorkspaceRequest, form: ServerForm) -> HttpResponse:
    server = servers.connect_server(actor=request.principal, workspace=request.workspace, draft=form.draft())
    put_on_hub(request, server)
    messages.success(request, _("%(name)s is connected. Its tools appear in a moment.") % {"name": server.title})
    return redirect(link(request, "server", server.slug))


@workspace_page("server.manage")
def paste_config(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Paste or upload, look at what was found, choose, connect."""
    form = ImportForm(request.POST or None, request.FILES or None)
    results: list[ImportResult] = []
    if request.method == "POST" and form.is_valid() and form.cleaned_data.get("step") == CONNECT:
        results = import_servers(actor=request.principal, workspace=request.workspace, items=form.items())
        made = [result.server for result in results if result.server is not None]
        for server in made:
            put_on_hub(request, server)
        if made and len(made) == len(results):
            text = ngettext("%(n)d server is connected.", "%(n)d servers are connected.", len(made))
            messages.success(request, text % {"n": len(made)})
            return redirect(link(request, "servers"))
    return render(
        request,
        "proxy/paste.html",
        context(
            request,
            form=form,
            found=form.is_bound and bool(form.reading.entries),
            results=results,
            tabs=_tabs(request),
            hubs=hubs_of(request.workspace)[:50],
            refusal=stdio_refusal(request.principal, request.workspace),
        ),
        status=400 if form.errors else 200,
    )


def put_on_hub(request: WorkspaceRequest, server: Server) -> None:
    """Put it on the hub that was chosen; "new" makes the workspace's first one. What does not fit is said."""
    chosen = request.POST.get("hub", "")
    if not chosen or not may(request, "hub.manage"):
        return
    try:
        hub = Hub.objects.filter(workspace=request.workspace, slug=chosen).first()
        if hub is None and chosen == "new":
            hub = Hub.objects.filter(workspace=request.workspace).first() or hubs.create_hub(
                actor=request.principal, workspace=request.workspace, title=_("Main"), slug="main"
            )
        if hub is not None:
            choices.add_server(actor=request.principal, hub=hub, server=server)
    except ServiceProblem as problem:
        messages.warning(request, str(problem.sentence))


def _tabs(request: WorkspaceRequest) -> list[tuple[object, str, None]]:
    return [
        (_("By address or command"), link(request, "server-connect"), None),
        (_("Paste a configuration"), link(request, "server-paste"), None),
    ]
