"""Entering: the set-up link, the demo, one's last workspace; and one's own settings."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.demo import demo_allowed, demo_user
from accounts.forms import PersonForm, SetupForm
from accounts.http import PersonRequest
from accounts.pages import person_page
from accounts.selectors import entrance, memberships_of
from accounts.services import read_setup_link, update_person, use_setup_link
from core.context import THEME_COOKIE
from core.errors import InvalidProblem
from core.pages import show_problem

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password")
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """Make the first operator. The link works once, while there is none."""
    read_setup_link(token=token)
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = use_setup_link(token=token, **form.cleaned_data)
        except InvalidProblem as problem:
            show_problem(form, problem)
        else:
            login(request, user, backend=BACKEND)
            messages.success(request, _("You are the operator of this installation."))
            return redirect("accounts:enter")
    return render(request, "accounts/setup.html", {"form": form})


@require_POST
def demo(request: HttpRequest) -> HttpResponse:
    """Sign in as the demo person: only on this machine, never through a proxy."""
    user = demo_user() if demo_allowed(request) else None
    if user is None:
        raise Http404
    login(request, user, backend=BACKEND)
    return redirect("accounts:enter")


@require_safe
@never_cache
@person_page
def enter(request: PersonRequest) -> HttpResponse:
    """To the workspace where the person was last."""
    workspace = entrance(request.user)
    return redirect(f"/w/{workspace.slug}/") if workspace else redirect("accounts:workspace_new")


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def me(request: PersonRequest) -> HttpResponse:
    user = request.user
    form = PersonForm(request.POST or None, initial={"name": user.name, "timezone": user.timezone, "theme": user.theme})
    if request.method == "POST" and form.is_valid():
        try:
            update_person(actor=request.principal, user=user, **form.cleaned_data)
        except InvalidProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("Saved."))
            saved = redirect("accounts:me")
            # What was chosen here goes before what this browser was switched to earlier.
            saved.delete_cookie(THEME_COOKIE)
            return saved
    memberships = memberships_of(user)
    return render(request, "accounts/me.html", {"form": form, "memberships": memberships})
