"""Models: the providers of a workspace, and which of their models serves which class."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from assistants.forms.providers import ClassesForm, ProviderForm
from assistants.models import ModelProvider
from assistants.presets import PRESETS, preset_of
from assistants.services import providers as services
from assistants.views.common import link
from core.errors import ServiceProblem
from proxy.views.common import context, put_problem

SHAPES = {"working": "running", "broken": "broken", "new": "off"}


@workspace_page("model.manage")
def list_providers(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    rows = list(ModelProvider.objects.filter(workspace=request.workspace).order_by("-is_default", "name", "id"))
    return render(
        request,
        "assistants/models.html",
        context(
            request,
            rows=[(row, SHAPES[row.state]) for row in rows],
            default=next((row for row in rows if row.is_default), None),
        ),
    )


@workspace_page("model.manage")
def connect_provider(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """`?preset=` fills the form in. "Test" asks the provider as the form says, and saves nothing."""
    preset = preset_of(request.GET.get("preset", "openai")) or PRESETS[0]
    form = ProviderForm(request.POST if request.method == "POST" else None, preset=preset)
    tested = None
    if request.method == "POST" and form.is_valid():
        values = form.values()
        try:
            if request.POST.get("do") == "test":
                asked = {name: values[name] for name in ("kind", "base_url", "key")}
                tested = services.try_provider(actor=request.principal, workspace=request.workspace, **asked)
            else:
                made = services.connect_provider(actor=request.principal, workspace=request.workspace, **values)
                _say(request, services.test_provider(actor=request.principal, provider=made))
                return redirect(link(request, "model", made.id))
        except ServiceProblem as problem:
            put_problem(form, problem)
    return render(
        request,
        "assistants/model_connect.html",
        context(request, form=form, preset=preset, presets=PRESETS, tested=tested),
        status=400 if form.errors else 200,
    )


@workspace_page("model.manage")
def show_provider(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    """One provider; `do` says what of it is changed."""
    provider = _find(request, id)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    change = ProviderForm(request.POST if do == "change" else None, provider=provider)
    classes = ClassesForm(request.POST if do == "classes" else None, provider=provider)
    sent = {"change": change, "classes": classes}.get(do)
    if do == "default":
        services.update_provider(actor=request.principal, provider=provider, is_default=True)
        messages.success(request, _("Assistants use %(name)s unless they name another.") % {"name": provider.name})
        return redirect(link(request, "model", provider.id))
    if sent is not None and sent.is_valid():
        values = change.values() if do == "change" else {"classes": classes.cleaned_data}
        try:
            saved = services.update_provider(actor=request.principal, provider=provider, **values)
            if do == "change":
                _say(request, services.test_provider(actor=request.principal, provider=saved))
            else:
                messages.success(request, _("Saved."))
            return redirect(link(request, "model", provider.id))
        except ServiceProblem as problem:
            put_problem(sent, problem)
    return render(
        request,
        "assistants/model.html",
        context(request, provider=provider, shape=SHAPES[provider.state], change=change, classes=classes),
        status=400 if sent is not None and sent.errors else 200,
    )


@require_POST
@workspace_page("model.manage")
def test_provider(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    provider = _find(request, id)
    _say(request, services.test_provider(actor=request.principal, provider=provider))
    return redirect(link(request, "model", provider.id))


@require_POST
@workspace_page("model.manage")
def remove_provider(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    provider = _find(request, id)
    if request.POST.get("confirm", "").strip() != provider.name:
        messages.error(request, _("To remove the provider, write its name %(name)s.") % {"name": provider.name})
        return redirect(link(request, "model", provider.id))
    services.remove_provider(actor=request.principal, provider=provider)
    messages.success(request, _("%(name)s is removed, with its key.") % {"name": provider.name})
    return redirect(link(request, "models"))


def _find(request: WorkspaceRequest, id: str) -> ModelProvider:
    return get_object_or_404(ModelProvider.objects.select_related("workspace"), workspace=request.workspace, pk=id)


def _say(request: WorkspaceRequest, provider: ModelProvider) -> None:
    if provider.state == ModelProvider.State.WORKING:
        count = len(provider.offered)
        messages.success(request, _("%(name)s answers: %(n)d models.") % {"name": provider.name, "n": count})
    elif provider.problem:
        messages.error(request, provider.problem)
