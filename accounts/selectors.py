"""Reads of people, workspaces and keys that more than one caller needs."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import ApiKey, BrowserSession, Membership, User, Workspace
from accounts.permissions import in_workspace
from core.clock import now
from core.decision import Principal
from core.keyring import keyring
from core.permissions import allowed

KEY_PREFIX = "cr_"


class KeyRefused(Exception):
    """Why a token opens nothing: unknown, revoked, expired or inactive."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def key_of_token(token: str) -> ApiKey:
    """The usable key of a secret, with its person and workspace. One query. Raises KeyRefused."""
    if not token.startswith(KEY_PREFIX):
        raise KeyRefused("unknown")
    found = ApiKey.objects.select_related("user", "workspace").filter(hash=keyring().keyed_hash(token)).first()
    if found is None:
        raise KeyRefused("unknown")
    if found.revoked_at is not None:
        raise KeyRefused("revoked")
    if found.expires_at is not None and found.expires_at <= now():
        raise KeyRefused("expired")
    if not found.user.is_active:
        raise KeyRefused("inactive")
    return found


def memberships_of(user: User) -> QuerySet[Membership]:
    """A person's workspaces with their roles: the personal one first, then by name."""
    rows = Membership.objects.filter(user=user).select_related("workspace")
    return rows.order_by("workspace__kind", "workspace__name", "workspace_id")


def sessions_of(user: User) -> QuerySet[BrowserSession]:
    """The browsers in which a person is signed in, the last seen first."""
    alive = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now())
    return BrowserSession.objects.filter(Exists(alive), user=user).order_by("-seen_at", "id")


def members_of(workspace: Workspace) -> QuerySet[Membership]:
    return Membership.objects.filter(workspace=workspace).select_related("user").order_by("created_at", "id")


def keys_for(principal: Principal, workspace: Workspace) -> QuerySet[ApiKey]:
    """The keys that somebody may see: their own, or all of the workspace for those who manage keys."""
    rows = ApiKey.objects.filter(workspace=workspace).select_related("user").order_by("-id")
    if allowed(principal, "key.manage", in_workspace(workspace, "key")):
        return rows
    return rows.filter(user_id=principal.user_id)


def entrance(user: User) -> Workspace | None:
    """Where a person goes after signing in: where they were last, else their first workspace."""
    rows = memberships_of(user)
    last = rows.filter(workspace_id=user.last_workspace).first() if user.last_workspace else None
    found = last or rows.first()
    return found.workspace if found else None


def operator_exists() -> bool:
    return User.objects.filter(is_operator=True, is_active=True, is_demo=False).exists()
