"""Servers: the list, one server, and what can be done with it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.components.table import Choice, Column, Filter, Table
from core.errors import ServiceProblem
from proxy.forms.servers import ServerForm
from proxy.models import Feature, Hub, Server
from proxy.selectors.servers import counts_by_kind, features_of_server, servers_of
from proxy.selectors.stats import last_day, summarize
from proxy.services import servers as services
from proxy.services.stdio import stdio_refusal
from proxy.services.testing import test_connection
from proxy.views.common import context, find_server, link, may, put_problem, say_problem

COLUMNS = (
    Column("title", gettext_lazy("Server"), sort="title"),
    Column("state", gettext_lazy("State"), sort="state"),
    Column("transport", gettext_lazy("Reached by"), sort="transport", wide_only=True),
    Column("tools", gettext_lazy("Tools"), sort="tool_count", align="right"),
    Column("hubs", gettext_lazy("Hubs"), sort="hub_count", align="right", wide_only=True),
    Column("asked", gettext_lazy("Last asked"), sort="discovered_at", align="right", wide_only=True),
)
FILTERS = (
    Filter("state", gettext_lazy("State"), [Choice(*pair) for pair in Server.State.choices], field="state"),
    Filter(
        "transport", gettext_lazy("Reached by"), [Choice(*pair) for pair in Server.Transport.choices], field="transport"
    ),
)


@workspace_page("server.view")
def list_servers(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    table = Table(
        request,
        servers_of(request.workspace),
        columns=COLUMNS,
        filters=FILTERS,
        search=("title", "slug"),
        order="title",
        name="servers",
    )
    # Those that are being asked what they offer show up without a reload.
    waiting = Server.objects.filter(workspace=request.workspace, state=Server.State.NEW, paused_at=None).exists()
    return render(
        request,
        "proxy/servers.html",
        context(request, table=table, waiting=waiting, may_manage=may(request, "server.manage")),
    )


@workspace_page("server.view")
def show_server(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    server = find_server(request, slug)
    kind = request.GET.get("kind", Feature.Kind.TOOL)
    kind = kind if kind in Feature.Kind.values else Feature.Kind.TOOL
    counts = counts_by_kind(server)
    features = Table(
        request,
        features_of_server(server).filter(kind=kind),
        columns=(
            Column("name", gettext_lazy("Name"), sort="name"),
            Column("state", gettext_lazy("State")),
            Column("what", gettext_lazy("What it does"), wide_only=True),
        ),
        search=("name", "title"),
        order="position",
        name="features",
    )
    return render(
        request,
        "proxy/server.html",
        context(
            request,
            server=server,
            features=features,
            kind=kind,
            kinds=_kind_links(request, server, counts),
            hubs=Hub.objects.filter(hub_servers__server=server).order_by("title"),
            summary=summarize(last_day(request.workspace.id, server=server.id)),
            facts=_facts(server),
            may_manage=may(request, "server.manage"),
        ),
    )


def _kind_links(request: WorkspaceRequest, server: Server, counts: dict[str, int]) -> list[tuple[object, str, int]]:
    words = {
        Feature.Kind.TOOL: _("Tools"),
        Feature.Kind.RESOURCE: _("Resources"),
        Feature.Kind.TEMPLATE: _("Templates"),
        Feature.Kind.PROMPT: _("Prompts"),
    }
    base = link(request, "server", server.slug)
    return [
        (word, base if kind == Feature.Kind.TOOL else f"{base}?kind={kind.value}", counts[kind])
        for kind, word in words.items()
        if counts[kind] or kind == Feature.Kind.TOOL
    ]


def _facts(server: Server) -> list[tuple[str, object]]:
    reached = " ".join([server.command, *server.args]) if server.transport == "stdio" else server.url
    place = _("Command") if server.transport == "stdio" else _("Address")
    names = [name for group in server.secret_names.values() for name in group]
    eras = {"handshake": _("with a handshake"), "stateless": _("stateless (2026-07-28)")}
    found: list[tuple[str, object]] = [
        (_("Reached by"), server.get_transport_display()),
        *([] if server.transport == "internal" else [(place, reached)]),
        (_("Kept secret"), ", ".join(names) or _("nothing")),
        (_("Says it is"), f"{server.server_name} {server.server_version}".strip() or _("unknown")),
        (_("Speaks"), ", ".join(eras.get(era, era) for era in server.eras) or _("unknown")),
        (_("Sessions"), server.get_session_scope_display()),
        (_("Time limit"), _("%(n)d s") % {"n": server.timeout_ms // 1000}),
    ]
    return found


@workspace_page("server.manage")
def edit_server(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """Change it; "Test" asks the server as the form says, and saves nothing."""
    server = find_server(request, slug)
    if server.transport == Server.Transport.INTERNAL:
        return redirect(link(request, "server", server.slug))  # nobody chose how it is reached
    form = ServerForm(request.POST or None, server=server)
    tested = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("do") == "test":
                tested = test_connection(
                    actor=request.principal, workspace=request.workspace, draft=form.draft(), server=server
                )
            else:
                services.update_server(actor=request.principal, server=server, draft=form.draft())
                messages.success(request, _("Saved. The server is asked again what it offers."))
                return redirect(link(request, "server", server.slug))
        except ServiceProblem as problem:
            put_problem(form, problem)
    return render(
        request,
        "proxy/server_edit.html",
        context(
            request,
            server=server,
            form=form,
            tested=tested,
            refusal=stdio_refusal(request.principal, request.workspace),
        ),
        status=400 if form.errors else 200,
    )


@require_POST
@workspace_page("server.manage")
def pause(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """Pause a server, or resume a paused one."""
    server = find_server(request, slug)
    change = services.resume_server if server.paused_at else services.pause_server
    change(actor=request.principal, server=server)
    return redirect(link(request, "server", server.slug))


@require_POST
@workspace_page("server.manage")
def rediscover(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    server = find_server(request, slug)
    services.rediscover_server(actor=request.principal, server=server)
    messages.info(request, _("%(name)s is being asked what it offers.") % {"name": server.title})
    return redirect(link(request, "server", server.slug))


@require_POST
@workspace_page("server.manage")
def delete(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    server = find_server(request, slug)
    if request.POST.get("confirm", "").strip() != server.slug:
        messages.error(request, _("To remove the server, write its short name %(slug)s.") % {"slug": server.slug})
        return redirect(link(request, "server-edit", server.slug))
    try:
        services.delete_server(actor=request.principal, server=server)
    except ServiceProblem as problem:
        say_problem(request, problem)
        return redirect(link(request, "server", server.slug))
    messages.success(request, _("%(name)s is removed, with its secrets.") % {"name": server.title})
    return redirect(link(request, "servers"))
