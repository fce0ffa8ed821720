"""Entering: the set-up link, the demo, one's last workspace; and one's own settings."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.demo import demo_allowed, demo_user
from accounts.forms import PersonForm, SetupForm
from accounts.http import PersonRequest
from accounts.models import BrowserSession
from accounts.pages import person_page
from accounts.presence import device, noted_as
from accounts.selectors import entrance, memberships_of, sessions_of
from accounts.services import end_other_sessions, end_session, read_setup_link, update_person, use_setup_link
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
    this = noted_as(request)
    sessions = [(session, device(session.user_agent), session.id == this) for session in sessions_of(user)]
    sessions.sort(key=lambda shown: not shown[2])
    context = {"form": form, "memberships": memberships_of(user), "sessions": sessions}
    return render(request, "accounts/me.html", context)


@require_POST
@person_page
def session_end(request: PersonRequest, id: str) -> HttpResponse:
    """Sign out one browser; this one as its own button does."""
    if id == noted_as(request):
        logout(request)
        return redirect("/")
    end_session(actor=request.principal, session=get_object_or_404(BrowserSession, pk=id, user=request.user))
    messages.success(request, _("That browser is signed out."))
    return redirect("accounts:me")


@require_POST
@person_page
def sessions_end_others(request: PersonRequest) -> HttpResponse:
    end_other_sessions(actor=request.principal, user=request.user, keep=noted_as(request))
    messages.success(request, _("All other browsers are signed out."))
    return redirect("accounts:me")
