"""An assistant's settings: values, where it is offered, its name, its end, and its file."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from assistants.forms.assistants import NameForm, OffersForm, ValuesForm
from assistants.models import Assistant
from assistants.selectors.exporting import export_assistant
from assistants.services import assistants as services
from assistants.services.setup import variables_of
from assistants.services.values import fill_values, shown_values
from assistants.views.common import assistant_page, find_assistant, link
from core.errors import ServiceProblem
from proxy.views.common import put_problem


@workspace_page("assistant.manage")
def assistant_settings(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """Three forms on one page; `do` says which of them was sent."""
    assistant = find_assistant(request, slug)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    forms = _forms(request, assistant, do)
    sent = forms.get(do)
    if sent is not None and sent.is_valid():
        try:
            _save(request, assistant, do, sent)
        except ServiceProblem as problem:
            if do == "values":
                for field, sentences in problem.errors.items():
                    for sentence in sentences:
                        name = field.removeprefix("values.")
                        sent.add_error(name if name in sent.fields else None, str(sentence))
            else:
                put_problem(sent, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect(link(request, "settings", assistant.slug))
    return assistant_page(
        request,
        "assistants/settings.html",
        assistant,
        status=400 if sent is not None and sent.errors else 200,
        values_form=forms["values"],
        offers_form=forms["offers"],
        name_form=forms["name"],
        has_variables=bool(variables_of(assistant)),
    )


def _forms(request: WorkspaceRequest, assistant: Assistant, do: str) -> dict[str, Any]:
    def data(name: str) -> Any:
        return request.POST if do == name else None

    names = {name: getattr(assistant, name) for name in ("name", "summary", "letters")}
    offers = {name: getattr(assistant, name) for name in ("offer_tool", "offer_agent_card")}
    return {
        "values": ValuesForm(
            data("values"),
            variables=variables_of(assistant),
            shown=shown_values(assistant),
            filled=set(assistant.value_names),
            prefix="value",
        ),
        "offers": OffersForm(data("offers"), initial=offers),
        "name": NameForm(data("name"), initial=names),
    }


def _save(request: WorkspaceRequest, assistant: Assistant, do: str, form: Any) -> None:
    if do == "values":
        fill_values(actor=request.principal, assistant=assistant, values=form.values())
    elif do == "offers":
        services.set_offers(actor=request.principal, assistant=assistant, **form.cleaned_data)
    else:
        services.rename_assistant(actor=request.principal, assistant=assistant, **form.cleaned_data)


@workspace_page("assistant.manage")
def export(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """The assistant as a file: its draft, its name, never a value that was filled in."""
    assistant = find_assistant(request, slug)
    text = json.dumps(export_assistant(assistant), indent=2, ensure_ascii=False)
    answer = HttpResponse(text + "\n", content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{assistant.slug}.assistant.json"'
    return answer
