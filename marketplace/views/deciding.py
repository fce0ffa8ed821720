"""What the operator's pages of decisions share."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.forms import BaseForm
from django.utils.translation import gettext as _

from core.errors import ServiceProblem
from core.http import SiteRequest
from core.pages import show_problem

Change = Callable[[str, str], object]


def is_decided(request: SiteRequest, form: BaseForm, change: Change) -> bool:
    """Was this a decision that held? `change(do, note)` carries it out; its no is shown in the form."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        change(request.POST.get("do", ""), form.cleaned_data["note"])
    except ServiceProblem as problem:
        show_problem(form, problem)
        return False
    messages.success(request, _("Done."))
    return True
