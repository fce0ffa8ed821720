"""Making and changing a hub: its settings, its servers, and what it takes of each."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.errors import ServiceProblem
from proxy.forms.hubs import HubForm
from proxy.models import Hub, HubServer
from proxy.selectors.hubs import hub_url, places_of
from proxy.selectors.offers import offered
from proxy.selectors.servers import servers_of
from proxy.services import choices, hubs
from proxy.views.common import context, find_hub, find_server, link, put_problem, say_problem
from proxy.views.hubs import hub_tabs


@workspace_page("hub.manage")
def new_hub(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    form = HubForm(request.POST or None, principal=request.principal, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        try:
            hub = hubs.create_hub(actor=request.principal, workspace=request.workspace, **form.values())
        except ServiceProblem as problem:
            put_problem(form, problem)
        else:
            messages.success(request, _("The hub %(name)s is there.") % {"name": hub.title})
            return redirect(link(request, "hub", hub.slug))
    return _page(request, "proxy/hub_new.html", form=form)


@workspace_page("hub.manage")
def hub_settings(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    hub = find_hub(request, slug)
    form = HubForm(request.POST or None, principal=request.principal, workspace=request.workspace, hub=hub)
    if request.method == "POST" and form.is_valid():
        try:
            hubs.update_hub(actor=request.principal, hub=hub, **form.values())
        except ServiceProblem as problem:
            put_problem(form, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect(link(request, "hub-settings", hub.slug))
    return _page(request, "proxy/hub_settings.html", hub=hub, form=form, endpoint=hub_url(hub))


@workspace_page("hub.manage")
def hub_servers(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """Which servers are on the hub; a POST puts one on, takes one off or moves one."""
    hub = find_hub(request, slug)
    if request.method == "POST":
        _change_servers(request, hub)
        return redirect(link(request, "hub-servers", hub.slug))
    places = list(places_of(hub))
    on = {place.server_id for place in places}
    return _page(
        request,
        "proxy/hub_servers.html",
        hub=hub,
        on_hub=places,
        others=[server for server in servers_of(request.workspace)[:200] if server.id not in on],
    )


def _change_servers(request: WorkspaceRequest, hub: Hub) -> None:
    server = find_server(request, request.POST.get("server", ""))
    what = request.POST.get("do", "")
    try:
        if what == "add":
            choices.add_server(actor=request.principal, hub=hub, server=server)
        elif what == "remove":
            choices.remove_server(actor=request.principal, hub=hub, server=server)
        elif what in {"up", "down"}:
            order = [place.server_id for place in places_of(hub)]
            choices.arrange_servers(actor=request.principal, hub=hub, server_ids=_moved(order, server.id, what))
        else:
            raise Http404
    except ServiceProblem as problem:
        say_problem(request, problem)


def _moved(order: list[str], server_id: str, way: str) -> list[str]:
    if server_id not in order:
        return order
    index = order.index(server_id)
    other = max(0, index - 1) if way == "up" else min(len(order) - 1, index + 1)
    order[index], order[other] = order[other], order[index]
    return order


@workspace_page("hub.manage")
def hub_server(request: WorkspaceRequest, workspace: str, slug: str, server: str) -> HttpResponse:
    """What the hub takes of one server."""
    hub = find_hub(request, slug)
    found = find_server(request, server)
    place = HubServer.objects.filter(hub=hub, server=found).first()
    if place is None:
        raise Http404
    if request.method == "POST":
        everything = request.POST.get("mode") == "all"
        ticked = set(request.POST.getlist("feature"))
        own = {offer.feature.id for offer in offered(hub) if offer.server.id == found.id and offer.state != "gone"}
        named = (own - ticked) if everything else (own & ticked)
        try:
            choices.choose_features(
                actor=request.principal, hub=hub, server=found, offers_all=everything, feature_ids=named
            )
        except ServiceProblem as problem:
            say_problem(request, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect(link(request, "hub-servers", hub.slug))
    offers = [offer for offer in offered(hub) if offer.server.id == found.id and offer.state != "gone"]
    return _page(request, "proxy/hub_server.html", hub=hub, server=found, place=place, offers=offers)


@require_POST
@workspace_page("hub.manage")
def pause(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """Pause a running hub, resume a paused one."""
    hub = find_hub(request, slug)
    change = hubs.resume_hub if hub.paused_at else hubs.pause_hub
    change(actor=request.principal, hub=hub)
    return redirect(link(request, "hub", hub.slug))


@require_POST
@workspace_page("hub.manage")
def delete(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    hub = find_hub(request, slug)
    if request.POST.get("confirm", "").strip() != hub.slug:
        messages.error(request, _("To remove the hub, write its address %(slug)s.") % {"slug": hub.slug})
        return redirect(link(request, "hub-settings", hub.slug))
    hubs.delete_hub(actor=request.principal, hub=hub)
    messages.success(request, _("The hub %(name)s is removed; its own keys are revoked.") % {"name": hub.title})
    return redirect(link(request, "hubs"))


def _page(request: WorkspaceRequest, template: str, **values: object) -> HttpResponse:
    hub = values.get("hub")
    if isinstance(hub, Hub):
        values["tabs"] = hub_tabs(request, hub, len(offered(hub, kind="tool")))
    form = values.get("form")
    status = 400 if isinstance(form, HubForm) and form.errors else 200
    return render(request, template, context(request, **values), status=status)
