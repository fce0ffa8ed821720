"""Webhook endpoints of a workspace, and the log of what was sent."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import WebhookEditForm, WebhookForm
from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core import webhooks
from core.components.table import Choice, Column, Filter, Table
from core.errors import ServiceProblem
from core.models import WebhookDelivery, WebhookEndpoint
from core.pages import say_problem, show_problem
from core.webhooks.deliveries import PAUSES_S

NEEDS = "webhook.manage"
ATTEMPTS = len(PAUSES_S) + 1
State = WebhookDelivery.State
COLUMNS = (
    Column("type", gettext_lazy("Event")),
    Column("state", gettext_lazy("State")),
    Column("status", gettext_lazy("Answer"), wide_only=True),
    Column("attempts", gettext_lazy("Attempts"), align="right", wide_only=True),
    Column("at", gettext_lazy("When"), sort="id", descending_first=True),
    Column("do", gettext_lazy("Actions"), hidden_label=True, align="right"),
)
FILTERS = (
    Filter(
        "state",
        gettext_lazy("State"),
        (
            Choice(State.WAITING, gettext_lazy("on its way")),
            Choice(State.DELIVERED, gettext_lazy("delivered")),
            Choice(State.FAILED, gettext_lazy("failed")),
        ),
        field="state",
    ),
)


@require_safe
@workspace_page(NEEDS)
def endpoints(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    rows = WebhookEndpoint.objects.filter(workspace=request.workspace.id).exclude(url="").order_by("-id")
    single = WebhookDelivery.objects.filter(workspace=request.workspace.id, endpoint=None).exists()
    return render(request, "accounts/webhooks.html", {"endpoints": rows, "single": single})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@workspace_page(NEEDS)
def endpoint_new(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = webhooks.create_endpoint(
                actor=request.principal, workspace_id=request.workspace.id, **form.cleaned_data
            )
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            return render(request, "accounts/webhook_secret.html", {"endpoint": endpoint, "secret": secret})
    return render(request, "accounts/webhook_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(NEEDS)
def endpoint(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    """One endpoint: what it wants, and its log."""
    found = _endpoint(request, id)
    initial = {"url": found.url, "types": found.types, "enabled": found.enabled}
    form = WebhookEditForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            webhooks.update_endpoint(actor=request.principal, endpoint=found, **form.cleaned_data)
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:webhook", workspace=workspace, id=id)
    table = _table(request, WebhookDelivery.objects.filter(endpoint=found))
    return render(request, "accounts/webhook.html", {"endpoint": found, "form": form, "table": table, "most": ATTEMPTS})


@require_safe
@workspace_page(NEEDS)
def single_deliveries(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """What was sent to addresses that requests named."""
    table = _table(request, WebhookDelivery.objects.filter(workspace=request.workspace.id, endpoint=None))
    return render(request, "accounts/webhook_single.html", {"table": table, "most": ATTEMPTS})


@require_POST
@never_cache
@workspace_page(NEEDS)
def single_secret(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    secret = webhooks.rotate_call_secret(actor=request.principal, workspace_id=request.workspace.id)
    return render(request, "accounts/webhook_secret.html", {"endpoint": None, "secret": secret})


@require_POST
@never_cache
@workspace_page(NEEDS)
def endpoint_rotate(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    found = _endpoint(request, id)
    secret = webhooks.rotate_secret(actor=request.principal, endpoint=found)
    return render(request, "accounts/webhook_secret.html", {"endpoint": found, "secret": secret})


@require_POST
@workspace_page(NEEDS)
def endpoint_test(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    webhooks.send_test(actor=request.principal, endpoint=_endpoint(request, id))
    messages.success(request, _("A test is on its way."))
    return redirect("accounts:webhook", workspace=workspace, id=id)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(NEEDS)
def endpoint_delete(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    found = _endpoint(request, id)
    if request.method == "POST":
        webhooks.delete_endpoint(actor=request.principal, endpoint=found)
        messages.success(request, _("The endpoint is removed."))
        return redirect("accounts:webhooks", workspace=workspace)
    return render(request, "accounts/webhook_delete.html", {"endpoint": found})


@require_POST
@workspace_page(NEEDS)
def replay(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    found = WebhookDelivery.objects.filter(workspace=request.workspace.id, pk=id).first()
    if found is None:
        raise Http404
    try:
        webhooks.replay_delivery(actor=request.principal, delivery=found)
        messages.success(request, _("It is on its way again."))
    except ServiceProblem as problem:
        say_problem(request, problem)
    if found.endpoint_id is None:
        return redirect("accounts:webhook_single", workspace=workspace)
    return redirect("accounts:webhook", workspace=workspace, id=found.endpoint_id)


def _endpoint(request: WorkspaceRequest, id: str) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.filter(workspace=request.workspace.id, pk=id).exclude(url="").first()
    if found is None:
        raise Http404
    return found


def _table(request: WorkspaceRequest, rows: object) -> Table:
    return Table(request, rows, columns=COLUMNS, filters=FILTERS, order="-id", name="deliveries", size=25)
