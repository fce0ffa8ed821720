"""Making an assistant: by hand, from a file, as a copy of another."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from assistants.configuration import Configuration
from assistants.enums import MAX_FILE_BYTES
from assistants.errors import ImportProblem
from assistants.forms.assistants import CopyForm, FileForm, NewForm
from assistants.models import Assistant
from assistants.services.assistants import create_assistant
from assistants.services.copies import copy_assistant, import_assistant
from assistants.views.common import link
from core.errors import ServiceProblem
from proxy.views.common import context, put_problem

WAYS = ("blank", "file", "copy")


@workspace_page("assistant.manage")
def new_assistant(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """`?way=` blank, file or copy."""
    way = request.GET.get("way", "blank")
    way = way if way in WAYS else "blank"
    data = request.POST if request.method == "POST" else None
    form: NewForm | FileForm | CopyForm
    if way == "file":
        form = FileForm(data, request.FILES if data is not None else None)
    elif way == "copy":
        form = CopyForm(data, workspace=request.workspace, initial={"source": _wanted(request)})
    else:
        form = NewForm(data)
    if data is not None and form.is_valid():
        try:
            made = _make(request, form)
        except ServiceProblem as problem:
            put_problem(form, problem)
        else:
            return redirect(link(request, "edit", made.slug))
    return render(
        request,
        "assistants/new.html",
        context(
            request,
            form=form,
            way=way,
            tabs=_tabs(request),
            there=Assistant.objects.filter(workspace=request.workspace).exists(),
        ),
        status=400 if form.errors else 200,
    )


def _make(request: WorkspaceRequest, form: NewForm | FileForm | CopyForm) -> Assistant:
    values = form.cleaned_data
    if isinstance(form, CopyForm):
        made = copy_assistant(actor=request.principal, assistant=values["source"], name=values["name"])
        messages.success(request, _("The copy is there, as a draft. Values that were filled in are not copied."))
        return made
    if isinstance(form, FileForm):
        return _from_file(request, form)
    text = values["instructions"].replace("\r\n", "\n").rstrip()
    made = create_assistant(
        actor=request.principal,
        workspace=request.workspace,
        name=values["name"],
        summary=values["summary"],
        letters=values["letters"],
        slug=values["slug"],
        configuration={"instructions": text} if text else Configuration(),
    )
    messages.success(request, _("%(name)s is there, as a draft. Deploy it when it is ready.") % {"name": made.name})
    return made


def _from_file(request: WorkspaceRequest, form: FileForm) -> Assistant:
    file, text = form.cleaned_data["file"], form.cleaned_data["text"]
    if file is not None and (file.size or 0) > MAX_FILE_BYTES:
        raise ImportProblem(
            _("The file is %(size).1f MB. A file of at most 1 MB can be read; instructions hold 100,000 characters.")
            % {"size": (file.size or 0) / 1024 / 1024}
        )
    content = file.read() if file is not None else text.encode("utf-8", "surrogatepass")
    made, notes = import_assistant(
        actor=request.principal, workspace=request.workspace, content=content, name=file.name if file else ""
    )
    messages.success(request, _("%(name)s is made from the file, as a draft.") % {"name": made.name})
    for note in notes:
        messages.info(request, str(note))
    return made


def _wanted(request: WorkspaceRequest) -> Assistant | None:
    return Assistant.objects.filter(
        workspace=request.workspace, slug=request.GET.get("of", "").replace("\0", "")
    ).first()


def _tabs(request: WorkspaceRequest) -> list[tuple[object, str, None]]:
    base = link(request, "new")
    return [
        (_("By hand"), base, None),
        (_("From a file"), f"{base}?way=file", None),
        (_("Copy of another"), f"{base}?way=copy", None),
    ]
