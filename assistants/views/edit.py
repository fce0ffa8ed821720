"""Making an assistant and editing its draft."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import WorkspaceRequest
from accounts.models import User
from accounts.pages import workspace_page
from assistants.configuration import Configuration, Variable, configuration_json, read_configuration
from assistants.errors import StaleDraft
from assistants.forms.edit import Editor, VariableForm
from assistants.models import Assistant
from assistants.selectors.opening import opening, placeholders
from assistants.selectors.tools import HubTool, found_tools, hub_tools, with_words
from assistants.services import assistants as services
from assistants.services.assistant_versions import keep_and_deploy
from assistants.services.checks import checked_configuration
from assistants.views.common import assistant_page, find_assistant, link
from core.errors import ServiceProblem
from proxy.views.common import put_problem

MOST_FOUND = 60
"""Tools that the picker lists; more are found by searching."""


@workspace_page("assistant.manage")
def edit_assistant(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    assistant = find_assistant(request, slug)
    data = request.POST if request.method == "POST" else None
    editor = Editor(
        workspace=request.workspace,
        configuration=read_configuration(assistant.draft),
        revision=assistant.draft_revision,
        data=data,
    )
    conflict = None
    if data is not None:
        do = data.get("do", "save")
        if do != "search" and not editor.change(do) and editor.is_valid():
            try:
                saved = _save(request, assistant, editor, do)
            except StaleDraft as stale:
                conflict = _conflict(assistant, editor, stale)
            except ServiceProblem as problem:
                put_problem(editor.form, problem)
            else:
                return redirect(link(request, "edit" if do != "deploy" else "detail", saved.slug))
    status = 409 if conflict else 400 if editor.has_errors else 200
    return assistant_page(
        request,
        "assistants/edit.html",
        assistant,
        status=status,
        editor=editor,
        form=editor.form,
        conflict=conflict,
        preview=_preview(editor),
        **_picker(request, assistant, editor),
    )


def _save(request: WorkspaceRequest, assistant: Assistant, editor: Editor, do: str) -> Assistant:
    revision = editor.form.cleaned_data["revision"]
    if do == "over":
        theirs = request.POST.get("their_revision", "")
        revision = int(theirs) if theirs.isascii() and theirs.isdigit() else revision
    saved = services.save_draft(
        actor=request.principal, assistant=assistant, configuration=editor.value(), revision=revision
    )
    if do == "deploy":
        note = request.POST.get("note", "")
        saved = keep_and_deploy(actor=request.principal, assistant=saved, note=note, revision=saved.draft_revision)
        number = saved.deployed.number if saved.deployed else 0
        messages.success(request, _("Version %(n)d of %(name)s is deployed.") % {"n": number, "name": saved.name})
    else:
        messages.success(request, _("The draft is saved. It answers nobody until it is deployed."))
    return saved


def _conflict(assistant: Assistant, editor: Editor, stale: StaleDraft) -> dict[str, object]:
    """Both drafts, for the page: what stands in the form, and what somebody saved meanwhile."""
    mine = configuration_json(checked_configuration(assistant.workspace_id, editor.value()))
    theirs = dict(stale.configuration)
    texts = (str(theirs.pop("instructions", "")), str(mine.pop("instructions", "")))
    return {
        "sentence": stale.sentence,
        "revision": stale.revision,
        "who": User.objects.filter(pk=stale.saved_by).first(),
        "texts": texts if texts[0] != texts[1] else None,
        "rest": (theirs, mine) if theirs != mine else None,
    }


def _preview(editor: Editor) -> dict[str, object]:
    """The opening of the chat as the form has it now."""
    bound = editor.form
    lines = bound["starters"].value() or ()
    starters = lines.splitlines() if isinstance(lines, str) else lines
    written = Configuration(
        greeting=str(bound["greeting"].value() or ""),
        starters=tuple(line.strip() for line in starters if line.strip())[:8],
        variables=tuple(_variable(row) for row in editor.variables),
    )
    known = {variable.name for variable in written.variables}
    used = placeholders("\n".join((str(bound["instructions"].value() or ""), written.greeting, *written.starters)))
    shown = opening(written)
    return {
        "greeting": shown.greeting,
        "starters": shown.starters,
        "known": [name for name in used if name in known],
        "unknown": [name for name in used if name not in known],
        "characters": len(str(bound["instructions"].value() or "")),
    }


def _variable(row: VariableForm) -> Variable:
    """As it is typed so far: nothing of it was checked."""
    name, label, default = (str(row[field].value() or "") for field in ("name", "label", "default"))
    return Variable(name=name, label=label or name, default=default)


def _picker(request: WorkspaceRequest, assistant: Assistant, editor: Editor) -> dict[str, object]:
    tools = hub_tools(assistant.workspace_id)
    q = request.POST.get("q", "").replace("\0", "")[:200]
    chosen = _chosen(tools, editor)
    found = found_tools(tools, q, without=set(editor.tools))
    return {
        "q": q,
        "chosen": with_words(chosen),
        "found": with_words(found[:MOST_FOUND]),
        "more_found": max(0, len(found) - MOST_FOUND),
        "tools_there": bool(tools),
    }


def _chosen(tools: list[HubTool], editor: Editor) -> list[HubTool]:
    known = {tool.value: tool for tool in tools}
    found = []
    for value in editor.tools:
        hub, _slash, name = value.partition("/")
        there = known.get(value)
        found.append(
            HubTool(
                hub,
                there.hub_title if there else "",
                name,
                there.feature if there else None,
                there.server if there else None,
                value in editor.ask,
            )
        )
    return found


@require_POST
@workspace_page("assistant.manage")
def preview(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """The preview alone, as the editor asks for it while somebody types."""
    assistant = find_assistant(request, slug)
    editor = Editor(workspace=request.workspace, configuration=Configuration(), revision=0, data=request.POST)
    return render(request, "assistants/preview.html", {"assistant": assistant, "preview": _preview(editor)})


@require_POST
@workspace_page("assistant.manage")
def pick_tools(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """The picker alone, with what is ticked kept."""
    assistant = find_assistant(request, slug)
    editor = Editor(workspace=request.workspace, configuration=Configuration(), revision=0, data=request.POST)
    return render(
        request, "assistants/picker_answer.html", {"assistant": assistant, **_picker(request, assistant, editor)}
    )
