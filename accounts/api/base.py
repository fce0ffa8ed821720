"""The base of the resources of a workspace: finds it, knows who asks, and asks the permission function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from accounts.models import User, Workspace
from accounts.permissions import NOBODY, in_workspace, person, principal_for, require
from core.api.base import ApiViewSet
from core.decision import Principal, Resource
from core.errors import NotFoundProblem, PermissionProblem

NO_WORKSPACE = _("There is no such workspace, or you are not a member of it.")


def principal_of(request: Request) -> Principal:
    """Who calls: the key, or the person without a role."""
    if isinstance(request.auth, Principal):
        return request.auth
    return person(request.user) if isinstance(request.user, User) else NOBODY


def workspace_principal(request: Request, slug: str) -> tuple[Workspace, Principal]:
    """The workspace of a slug (or former slug) and who calls, with their role in it.

    Raises NotFoundProblem to everyone who is no member, so that nobody learns which workspaces exist.
    """
    workspace = Workspace.objects.filter(slug=slug).first() or Workspace.objects.filter(aliases__slug=slug).first()
    principal = principal_of(request)
    if workspace is not None and principal.kind == "person":
        principal = principal_for(request.user, workspace)
    if workspace is None or principal.workspace_id != workspace.id or not principal.role:
        raise NotFoundProblem(NO_WORKSPACE)
    if workspace.suspended_at is not None:
        raise PermissionProblem(_("This workspace is suspended. Ask the operator."), code="suspended")
    return workspace, principal


class WorkspaceViewSet(ApiViewSet):
    """Below `workspaces/<slug:workspace>/`. `self.workspace` and `self.principal` are set when a handler runs.

    `needs` maps each handler to the action that it asks for: {"list": "server.view", "create": "server.manage"}.
    Services ask again with the resource itself; this first question keeps outsiders and narrow keys away from reads.
    """

    needs: ClassVar[Mapping[str, str]]
    kind: ClassVar[str] = "workspace"
    workspace: Workspace
    principal: Principal

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        self.workspace, self.principal = workspace_principal(request, self.kwargs["workspace"])
        if self.action not in (None, "metadata"):  # a method that the resource lacks is answered with 405 later
            require(self.principal, self.needs[self.action], self.resource())

    def resource(self) -> Resource:
        """What the first question is about. Views of hubs say which hub, so that a key bound to it may pass."""
        return in_workspace(self.workspace, self.kind, self.kwargs.get("id", ""))
