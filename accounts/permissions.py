"""The one permission function for pages and API: who somebody is in a workspace, and whether they may.

    principal = principal_for(user, workspace)
    require(principal, "server.manage", in_workspace(workspace, "server", server.id))   # raises PermissionProblem
    allowed(principal, "key.manage", in_workspace(workspace))                           # True or False

The gateway asks the same `core.decision.decide` with principals that its own adapters make.
"""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from accounts.models import ApiKey, Membership, User, Workspace
from core.clock import now
from core.decision import Principal, Resource
from core.permissions import INSTALLATION, NOBODY, SYSTEM, allowed, ask, require

__all__ = [
    "INSTALLATION",
    "NOBODY",
    "SYSTEM",
    "allowed",
    "ask",
    "in_workspace",
    "person",
    "principal_again",
    "principal_for",
    "principal_of_key",
    "require",
]


def person(user: User | AnonymousUser, *, workspace_id: str = "", role: str = "") -> Principal:
    """A person with a role that is already known; without one, somebody who only has themselves."""
    if not isinstance(user, User) or not user.is_active:
        return NOBODY
    return Principal(
        kind="person",
        id=user.id,
        user_id=user.id,
        label=str(user),
        workspace_id=workspace_id,
        role=role,
        is_operator=user.is_operator,
    )


def principal_for(user: User | AnonymousUser, workspace: Workspace) -> Principal:
    """A person as their role in a workspace makes them. One query."""
    if not isinstance(user, User):
        return NOBODY
    role = Membership.objects.filter(workspace=workspace, user=user).values_list("role", flat=True).first()
    return person(user, workspace_id=workspace.id, role=role or "")


def principal_of_key(key: ApiKey) -> Principal:
    """A key as the role of its person makes it, narrowed by its scopes. One query for the role."""
    role = Membership.objects.filter(workspace_id=key.workspace_id, user_id=key.user_id).values_list("role", flat=True)
    return Principal(
        kind="key",
        id=key.id,
        user_id=key.user_id,
        key_id=key.id,
        label=key.name,
        workspace_id=key.workspace_id,
        role=role.first() or "",
        scopes=frozenset(key.scopes),
        hub_id=key.hub,
        expires_at=key.expires_at.timestamp() if key.expires_at else 0.0,
    )


def principal_again(asked: Principal, workspace_id: str) -> Principal:
    """Who asked some time ago, with what they may do now: a key that was revoked meanwhile may nothing."""
    workspace = Workspace.objects.filter(pk=workspace_id, suspended_at=None).first()
    if workspace is None:
        return NOBODY
    if asked.kind == "key":
        key = ApiKey.objects.filter(pk=asked.key_id, workspace=workspace, revoked_at=None, user__is_active=True).first()
        if key is None or (key.expires_at is not None and key.expires_at <= now()):
            return NOBODY
        return principal_of_key(key)
    user = User.objects.filter(pk=asked.user_id, is_active=True).first()
    return principal_for(user, workspace) if user else NOBODY


def in_workspace(workspace: Workspace | str, kind: str = "workspace", id: str = "", *, hub_id: str = "") -> Resource:
    """Something that lies in a workspace (given as the row or its id)."""
    workspace_id = workspace if isinstance(workspace, str) else workspace.id
    return Resource(kind=kind, id=id or workspace_id, workspace_id=workspace_id, hub_id=hub_id)
