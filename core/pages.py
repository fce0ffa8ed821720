"""What pages share: who may see the operator's, and how a service's no becomes words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.forms import BaseForm
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from core.errors import ServiceProblem
from core.http import SiteRequest
from core.permissions import INSTALLATION, allowed

P = ParamSpec("P")
Page = Callable[Concatenate[SiteRequest, P], HttpResponseBase]


def operator_page(action: str = "operator.view") -> Callable[[Page[P]], Page[P]]:
    """Only for the operator. Everybody else sees 404: they need not know that the place exists."""

    def wrap(page: Page[P]) -> Page[P]:
        @wraps(page)
        def guarded(request: SiteRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not allowed(request.principal, action, INSTALLATION):
                raise Http404
            return page(request, *args, **kwargs)

        return guarded

    return wrap


def show_problem(form: BaseForm, problem: ServiceProblem) -> None:
    """Put a service's no where it belongs: beside its fields, or at the head of the form."""
    placed = False
    for field, sentences in problem.errors.items():
        if field in form.fields:
            placed = True
            for sentence in sentences:
                form.add_error(field, str(sentence))
    if not placed:
        form.add_error(None, str(problem))


def say_problem(request: HttpRequest, problem: ServiceProblem) -> None:
    """A toast, where there is no form to show it in."""
    messages.error(request, str(problem))
