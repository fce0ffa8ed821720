"""Assistants: the list, one of them, and what can be done with it."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from assistants.configuration import read_configuration
from assistants.models import Assistant
from assistants.selectors.assistants import assistants_of, recent_runs, summarize_runs
from assistants.selectors.opening import opening_of
from assistants.selectors.reach import abilities, reach_of
from assistants.selectors.tools import chosen_tools, hub_tools, with_words
from assistants.services import assistants as services
from assistants.views.common import STATES, assistant_page, chat_url, find_assistant, link, link_if_there
from core.components.table import Choice, Column, Filter, Table
from core.errors import ServiceProblem
from proxy.views.common import context, may, say_problem

COLUMNS = (
    Column("name", gettext_lazy("Assistant"), sort="name"),
    Column("state", gettext_lazy("State"), sort="state"),
    Column("version", gettext_lazy("Version"), align="right", wide_only=True),
    Column("model", gettext_lazy("Model"), wide_only=True),
    Column("runs", gettext_lazy("Runs, 7 days"), sort="run_count", align="right", descending_first=True),
    Column("used", gettext_lazy("Last used"), sort="last_used", align="right", wide_only=True, descending_first=True),
)
FILTERS = (Filter("state", gettext_lazy("State"), [Choice(*pair) for pair in Assistant.State.choices], field="state"),)
CLASSES = {"fast": gettext_lazy("fast"), "balanced": gettext_lazy("balanced"), "best": gettext_lazy("best")}


@workspace_page("assistant.view")
def list_assistants(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    rows = assistants_of(request.workspace)
    table = Table(
        request,
        rows.annotate(last_used=F("last_run_at")),
        columns=COLUMNS,
        filters=FILTERS,
        search=("name", "slug", "summary"),
        order="name",
        name="assistants",
        placeholder=gettext_lazy("Find an assistant"),
    )
    for assistant in table.rows:
        assistant.shape = STATES.get(assistant.state, "off")
        assistant.chat_url = chat_url(request, assistant)
        model = read_configuration(
            (assistant.deployed.configuration if assistant.deployed else None) or assistant.draft
        ).model
        assistant.model_words = model.name or CLASSES[model.klass]
    return render(
        request,
        "assistants/list.html",
        context(
            request,
            table=table,
            may_manage=may(request, "assistant.manage"),
            marketplace_url=link_if_there("marketplace:catalogue"),
        ),
    )


@workspace_page("assistant.view")
def show_assistant(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    assistant = find_assistant(request, slug)
    shown = assistant.deployed.configuration if assistant.deployed else assistant.draft
    configuration = read_configuration(shown)
    tools = with_words(chosen_tools(hub_tools(assistant.workspace_id), list(configuration.tools)))
    return assistant_page(
        request,
        "assistants/detail.html",
        assistant,
        configuration=configuration,
        opening=opening_of(assistant, configuration),
        summary=summarize_runs(assistant),
        runs=recent_runs(assistant),
        reach=reach_of(assistant),
        abilities=abilities(configuration, tools),
        away=[tool for tool in tools if tool.feature is None],
        changed=assistant.deployed is not None and assistant.deployed.configuration != assistant.draft,
    )


@require_POST
@workspace_page("assistant.manage")
def pause(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """Pause an assistant, or resume a paused one."""
    assistant = find_assistant(request, slug)
    resume = assistant.state == Assistant.State.PAUSED
    change = services.resume_assistant if resume else services.pause_assistant
    try:
        change(actor=request.principal, assistant=assistant)
    except ServiceProblem as problem:
        say_problem(request, problem)
    return redirect(link(request, "detail", assistant.slug))


@require_POST
@workspace_page("assistant.manage")
def delete(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    assistant = find_assistant(request, slug)
    if request.POST.get("confirm", "").strip() != assistant.slug:
        messages.error(request, _("To remove the assistant, write its short name %(slug)s.") % {"slug": assistant.slug})
        return redirect(link(request, "settings", assistant.slug))
    services.delete_assistant(actor=request.principal, assistant=assistant)
    messages.success(request, _("%(name)s is removed, with its versions and conversations.") % {"name": assistant.name})
    return redirect(link(request, "list"))
