"""Workspaces, members and keys over the API."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet, principal_of, workspace_principal
from accounts.api.serializers import (
    KeyMade,
    KeySerializer,
    KeyWrite,
    MemberSerializer,
    WorkspaceSerializer,
    WorkspaceWrite,
)
from accounts.models import ApiKey, Membership, User, Workspace
from accounts.permissions import in_workspace, require
from accounts.selectors import keys_for, members_of
from accounts.services import create_key, create_workspace, rename_workspace, revoke_key
from core.api.base import ApiViewSet
from core.decision import Principal
from core.errors import NotFoundProblem


class WorkspaceApi(ApiViewSet):
    """The workspaces that the caller belongs to; a key belongs to one."""

    serializer_class = WorkspaceSerializer
    queryset = Workspace.objects.none()
    needs: ClassVar[dict[str, str]] = {
        "list": "workspace.view",
        "retrieve": "workspace.view",
        "partial_update": "workspace.manage",
    }
    lookup_field = "slug"
    lookup_value_converter = "slug"

    @extend_schema(operation_id="list_workspaces", summary="Your workspaces")
    def list(self, request: Request) -> Response:
        principal = principal_of(request)
        if isinstance(request.auth, Principal):
            require(principal, "workspace.view", in_workspace(principal.workspace_id))
            return self.page(Workspace.objects.filter(pk=principal.workspace_id))
        assert isinstance(request.user, User)
        return self.page(Workspace.objects.filter(memberships__user=request.user))

    @extend_schema(
        operation_id="create_workspace",
        summary="Make a team workspace",
        description="Only a signed-in person can make one, so no key may.",
        auth=[{"session": []}],  # type: ignore[list-item]  # it wants requirements, whatever its type says
        request=WorkspaceWrite,
        responses={201: WorkspaceSerializer},
    )
    def create(self, request: Request) -> Response:
        values = self.validated(WorkspaceWrite)
        made = create_workspace(actor=principal_of(request), name=values["name"], slug=values.get("slug", ""))
        return Response(WorkspaceSerializer(made).data, status=201)

    @extend_schema(operation_id="get_workspace", summary="One workspace")
    def retrieve(self, request: Request, slug: str) -> Response:
        workspace, principal = workspace_principal(request, slug)
        require(principal, "workspace.view", in_workspace(workspace))
        return Response(WorkspaceSerializer(workspace).data)

    @extend_schema(
        operation_id="update_workspace",
        summary="Rename a workspace",
        request=WorkspaceWrite,
        responses=WorkspaceSerializer,
    )
    def partial_update(self, request: Request, slug: str) -> Response:
        workspace, principal = workspace_principal(request, slug)
        values = {"name": workspace.name, "slug": workspace.slug} | self.validated(WorkspaceWrite, partial=True)
        renamed = rename_workspace(actor=principal, workspace=workspace, name=values["name"], slug=values["slug"])
        return Response(WorkspaceSerializer(renamed).data)


class MemberApi(WorkspaceViewSet):
    """Who belongs to a workspace."""

    serializer_class = MemberSerializer
    queryset = Membership.objects.none()
    kind = "member"
    needs: ClassVar[dict[str, str]] = {"list": "workspace.view"}
    cursor_ascending = True

    @extend_schema(operation_id="list_members", summary="Members")
    def list(self, request: Request, workspace: str) -> Response:
        return self.page(members_of(self.workspace))


class KeyApi(WorkspaceViewSet):
    """API keys: one's own, or all of the workspace for those who manage them."""

    serializer_class = KeySerializer
    queryset = ApiKey.objects.none()
    kind = "key"
    needs: ClassVar[dict[str, str]] = dict.fromkeys(("list", "retrieve", "create", "destroy"), "key.manage_own")
    secret_fields = frozenset({"secret"})

    def visible(self) -> QuerySet[ApiKey]:
        return keys_for(self.principal, self.workspace)

    def one(self, id: str) -> ApiKey:
        found = self.visible().filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such key."))
        return found

    @extend_schema(operation_id="list_keys", summary="Keys")
    def list(self, request: Request, workspace: str) -> Response:
        return self.page(self.visible())

    @extend_schema(operation_id="get_key", summary="One key")
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return Response(KeySerializer(self.one(id)).data)

    @extend_schema(
        operation_id="create_key",
        summary="Make a key",
        description="The answer holds the secret, once.",
        request=KeyWrite,
        responses={201: KeyMade},
    )
    def create(self, request: Request, workspace: str) -> Response:
        values: dict[str, Any] = self.validated(KeyWrite)
        key, secret = create_key(actor=self.principal, workspace=self.workspace, **values)
        key.secret = secret  # type: ignore[attr-defined]  # for this answer alone; the row never has it
        return Response(KeyMade(key).data, status=201)

    @extend_schema(operation_id="revoke_key", summary="Revoke a key", responses={204: None})
    def destroy(self, request: Request, workspace: str, id: str) -> Response:
        revoke_key(actor=self.principal, key=self.one(id))
        return Response(status=204)
