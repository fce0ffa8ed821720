"""From the address to the workspace: `/w/<slug>/…` sets request.workspace, its role and its principal."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from typing import cast

from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts import presence
from accounts.http import EnteredRequest
from accounts.models import Membership, SlugAlias, User
from accounts.permissions import person
from accounts.selectors import memberships_of
from core.errors import PermissionProblem
from core.views import problem_page

GetResponse = Callable[[HttpRequest], HttpResponseBase]
OWN = re.compile(r"\A/(find|me|accounts|workspaces)/")
"""Pages of a person, which have no workspace in their address: the frame shows the one where they were last."""
SUSPENDED = _("This workspace is suspended. Ask the operator.")
_WORKSPACE = re.compile(r"\A/w/([-a-z0-9]{1,50})/")


class WorkspaceMiddleware:
    """Outsiders see 404: they are not told which workspaces exist. Old slugs lead to the new one.

    Sets `workspace` (or None), `membership` (or None) and `principal` (NOBODY for anonymous visitors).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if isinstance(user, User):
            _activate_zone(user)
            presence.note(request, user)
        entered = cast("EnteredRequest", request)
        entered.workspace = entered.membership = None
        entered.principal = person(user)
        match = _WORKSPACE.match(request.path)
        if match is not None:
            answer = _enter(request, match[1])
            if answer is not None:
                return answer
        elif isinstance(user, User) and OWN.match(request.path):
            _remember(request, user)
        return self.get_response(request)


def _enter(request: HttpRequest, slug: str) -> HttpResponse | None:
    """Set the workspace; an answer when the request must go elsewhere first."""
    user = request.user
    if not isinstance(user, User):
        if not request.headers.get("HX-Request"):
            return redirect_to_login(request.get_full_path())
        # A part of a page asked, and nobody wants to arrive at a part: back to the page that it belongs to.
        page = HtmxDetails(request).current_url_abs_path or f"/w/{slug}/"
        return HttpResponseClientRedirect(redirect_to_login(page).url)
    membership = Membership.objects.select_related("workspace").filter(user=user, workspace__slug=slug).first()
    if membership is None:
        return _moved(request, slug, user)
    if membership.workspace.suspended_at is not None:
        return problem_page(request, PermissionProblem(SUSPENDED, code="suspended"))
    _set(request, user, membership)
    if user.last_workspace != membership.workspace_id and request.method == "GET":
        User.objects.filter(pk=user.pk).update(last_workspace=membership.workspace_id)
    return None


def _set(request: HttpRequest, user: User, membership: Membership) -> None:
    entered = cast("EnteredRequest", request)
    entered.workspace, entered.membership = membership.workspace, membership
    entered.principal = person(user, workspace_id=membership.workspace_id, role=membership.role)


def _remember(request: HttpRequest, user: User) -> None:
    """The workspace where the person was last, else their first: one query."""
    rows = memberships_of(user).filter(workspace__suspended_at=None)
    found = rows.annotate(last=Q(workspace_id=user.last_workspace)).order_by("-last", *rows.query.order_by).first()
    if found is not None:
        _set(request, user, found)


def _moved(request: HttpRequest, slug: str, user: User) -> HttpResponse:
    """To the slug that a workspace has now, for its members. 308 keeps method and body."""
    alias = SlugAlias.objects.select_related("workspace").filter(slug=slug, workspace__memberships__user=user).first()
    if alias is None:
        raise Http404
    path = request.get_full_path().replace(f"/w/{slug}/", f"/w/{alias.workspace.slug}/", 1)
    response = HttpResponseRedirect(path)
    response.status_code = 308
    return response


def _activate_zone(user: User) -> None:
    try:
        timezone.activate(zoneinfo.ZoneInfo(user.timezone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        timezone.activate(zoneinfo.ZoneInfo("UTC"))
