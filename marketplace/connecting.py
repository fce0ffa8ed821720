"""Connecting a catalogue entry to a workspace: fill in what it needs, test, connect."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.errors import ServiceProblem
from marketplace.catalogue.filling import connection
from marketplace.catalogue.loader import find
from marketplace.catalogue.schema import Entry, Transport
from marketplace.catalogue.schema import Variable as CatalogueVariable
from proxy.forms.servers import VariablesForm
from proxy.importers.drafts import ServerDraft, Variable
from proxy.importers.templates import ServerTemplate, draft_from_catalogue
from proxy.selectors.hubs import hubs_of
from proxy.services.servers import connect_server
from proxy.services.stdio import as_bundled, is_bundled, stdio_refusal
from proxy.services.testing import test_connection
from proxy.views.common import context, link, put_problem
from proxy.views.connect import put_on_hub


@workspace_page("server.manage")
def connect_page(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """One page for each way that the entry can be reached; `?way=` picks it."""
    entry = find(slug)
    if entry is None:
        raise Http404
    way = _chosen(request, entry)
    template = template_of(entry, entry.transports[way])
    form = VariablesForm(template.variables, request.POST or None)
    tested = None
    if request.method == "POST" and form.is_valid():
        draft = draft_from_catalogue(template, form.values())
        try:
            if request.POST.get("do") == "test":
                tested = test_connection(actor=request.principal, workspace=request.workspace, draft=draft)
            else:
                return _connected(request, draft)
        except ServiceProblem as problem:
            put_problem(form, problem)
    return render(
        request,
        "marketplace/connect.html",
        context(
            request,
            entry=entry,
            form=form,
            way=way,
            ways=[(number, transport.kind) for number, transport in enumerate(entry.transports)],
            transport=entry.transports[way],
            tested=tested,
            hubs=hubs_of(request.workspace)[:50],
            refusal=_refusal(request, template),
        ),
        status=400 if form.errors else 200,
    )


def _chosen(request: WorkspaceRequest, entry: Entry) -> int:
    """The way that is asked for; else the first that may run here."""
    asked = request.POST.get("way") or request.GET.get("way") or ""
    if asked.isdecimal() and len(asked) < 4 and int(asked) < len(entry.transports):
        return int(asked)
    for number, transport in enumerate(entry.transports):
        if not _refusal(request, template_of(entry, transport)):
            return number
    return 0


def _refusal(request: WorkspaceRequest, template: ServerTemplate) -> str:
    """Why this way cannot run here, before any button is pressed."""
    if template.transport != "stdio":
        return ""
    draft = as_bundled(draft_from_catalogue(template, {}), request.workspace)
    return "" if is_bundled(draft, request.workspace) else stdio_refusal(request.principal, request.workspace)


def _connected(request: WorkspaceRequest, draft: ServerDraft) -> HttpResponse:
    server = connect_server(actor=request.principal, workspace=request.workspace, draft=draft)
    put_on_hub(request, server)
    messages.success(request, _("%(name)s is connected. Its tools appear in a moment.") % {"name": server.title})
    return redirect(link(request, "server", server.slug))


def template_of(entry: Entry, transport: Transport) -> ServerTemplate:
    """The entry as proxy takes it: values stand as marks until somebody fills them in."""
    variables = tuple(_variable(variable) for variable in transport.variables)
    marks = {
        known.name: known.template.replace("{value}", variable.mark)
        for known, variable in zip(transport.variables, variables, strict=True)
    }
    made = connection(transport, marks)
    return ServerTemplate(
        slug=entry.slug,
        title=entry.name,
        letters=entry.letters,
        transport=made.transport,
        command=made.command,
        args=made.args,
        env=dict(made.env),
        url=made.url,
        headers=dict(made.headers),
        variables=variables,
    )


def _variable(known: CatalogueVariable) -> Variable:
    text = " ".join(part for part in (known.help, _example(known)) if part)
    return Variable(
        name=known.name,
        label=known.label,
        description=text,
        secret=known.secret,
        default=known.default,
        required=known.required,
    )


def _example(known: CatalogueVariable) -> str:
    return _("For example %(example)s") % {"example": known.example} if known.example else ""
