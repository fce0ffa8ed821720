"""The overview of a workspace; on an empty one, the first steps."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import WorkspaceRequest
from accounts.models import ApiKey
from accounts.pages import workspace_page
from core.components.charts import Minutes
from core.components.timeline import Step
from proxy.models import Hub, Server
from proxy.overview_panels import panels_for
from proxy.selectors.calls import CallFilter, call_lines, calls_of
from proxy.selectors.hubs import hub_url, hubs_of, stations_of
from proxy.selectors.stats import by_minute, last_day, summarize
from proxy.snippets import client_snippets
from proxy.views.common import context, link, may

RECENT = 8


@workspace_page("workspace.view")
def show_overview(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    span = last_day(request.workspace.id)
    hours = by_minute(span, step=timedelta(hours=1))
    hubs = list(hubs_of(request.workspace)[:12])
    steps = first_steps(request, hubs)
    stations = stations_of(hubs)
    servers = Counter(Server.objects.filter(workspace=request.workspace).values_list("state", flat=True))
    return render(
        request,
        "proxy/overview.html",
        context(
            request,
            hubs=[(hub, stations[hub.id]) for hub in hubs],
            steps=steps,
            done=all(step.state == "done" for step in steps),
            hub=hubs[0] if hubs else None,
            snippets=client_snippets(hubs[0], hub_url(hubs[0])) if hubs else [],
            broken=_broken(request),
            servers=servers.total(),
            running=servers[Server.State.RUNNING],
            summary=summarize(span),
            minutes=Minutes(
                [hour.at for hour in hours],
                [hour.good for hour in hours],
                [hour.bad + hour.refused for hour in hours],
                _("Calls by hour over the last day"),
            ),
            lines=call_lines(calls_of(request.workspace, CallFilter(method="tools/call"))[:RECENT]),
            panels=panels_for(request),
            may_connect=may(request, "server.manage"),
        ),
    )


def _broken(request: WorkspaceRequest) -> QuerySet[Server]:
    return Server.objects.filter(workspace=request.workspace, state=Server.State.BROKEN).order_by("state_since")[:3]


def first_steps(request: WorkspaceRequest, hubs: list[Hub]) -> list[Step]:
    """What is to be done until the first call works, and what is done already."""
    server = Server.objects.filter(workspace=request.workspace).exists()
    key = ApiKey.objects.filter(workspace=request.workspace, revoked_at=None).exists()
    called = calls_of(request.workspace, CallFilter(method="tools/call")).exists()
    hub_page = link(request, "hub", hubs[0].slug) if hubs else link(request, "hub-new")
    key_page = reverse("accounts:keys", args=[request.workspace.slug])
    wanted = (
        (_("Connect a server"), server, link(request, "server-connect"), _("Its tools are what your clients get.")),
        (_("Make a hub"), bool(hubs), hub_page, _("One endpoint for the servers you choose.")),
        (_("Make a key"), key, key_page, _("Each client or machine has its own.")),
        (_("Make the first call"), called, hub_page, _("Copy one line into your client; the call appears here.")),
    )
    steps, current = [], True
    for label, done, url, note in wanted:
        state = "done" if done else "now" if current else "next"
        current = current and done
        steps.append(Step(label, state, url, note))  # type: ignore[arg-type]  # one of its three words
    return steps
