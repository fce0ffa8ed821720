"""Where Ctrl-K looks in accounts, and the switcher between workspaces."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User, Workspace
from accounts.permissions import allowed, in_workspace
from accounts.selectors import keys_for, members_of, memberships_of
from core.components.places import WorkspaceLink
from core.find import MOST, Group, Hit, matches
from core.http import SiteRequest


def home_of(workspace: Workspace) -> str:
    """The first page of a workspace."""
    return f"/w/{workspace.slug}/"


def switcher(request: HttpRequest) -> Sequence[WorkspaceLink]:
    user = request.user
    if not isinstance(user, User):
        return ()
    here = getattr(request, "workspace", None)
    return [
        WorkspaceLink(
            name=row.workspace.name,
            note=str(row.workspace.get_kind_display()),
            url=home_of(row.workspace),
            current=here is not None and row.workspace_id == here.id,
        )
        for row in memberships_of(user)
    ]


def find_workspaces(request: SiteRequest, q: str) -> Group | None:
    user = request.user
    if not isinstance(user, User):
        return None
    rows = [row for row in memberships_of(user) if matches(q, row.workspace.name, row.workspace.slug)]
    hits = [
        Hit(row.workspace.name, home_of(row.workspace), note=row.get_role_display(), icon="building-2")
        for row in rows[:MOST]
    ]
    return Group(_("Workspaces"), hits)


def find_people(request: SiteRequest, q: str) -> Group | None:
    workspace: Workspace | None = getattr(request, "workspace", None)
    if not q or workspace is None or not allowed(request.principal, "member.manage", in_workspace(workspace, "member")):
        return None
    rows = members_of(workspace)
    for word in q.split():
        rows = rows.filter(Q(user__name__icontains=word) | Q(user__email__icontains=word))
    url = reverse("accounts:settings", args=[workspace.slug]) + "#members"
    hits = [Hit(str(row.user), url, note=row.get_role_display(), icon="user") for row in rows[:MOST]]
    return Group(_("Members"), hits)


def find_keys(request: SiteRequest, q: str) -> Group | None:
    workspace: Workspace | None = getattr(request, "workspace", None)
    if not q or workspace is None or not allowed(request.principal, "key.manage_own", in_workspace(workspace, "key")):
        return None
    rows = keys_for(request.principal, workspace).filter(revoked_at=None)
    for word in q.split():
        rows = rows.filter(Q(name__icontains=word) | Q(hint__icontains=word))
    hits = [
        Hit(row.name, reverse("accounts:key", args=[workspace.slug, row.id]), note=row.hint, icon="key-round")
        for row in rows[:MOST]
    ]
    return Group(_("Keys"), hits)
