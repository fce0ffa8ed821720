"""Tools, resources, templates and prompts of a workspace, over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from core.errors import NotFoundProblem
from proxy.api.serializers import ToolSerializer, ToolWrite
from proxy.models import Feature
from proxy.selectors.servers import features_of
from proxy.services.features import set_feature

KIND = OpenApiParameter("kind", str, enum=list(Feature.Kind.values), default="tool")
SERVER = OpenApiParameter("server", str, description="Id of a server.")
ENABLED = OpenApiParameter("enabled", bool, description="Only those switched on, or off.")
SEARCH = OpenApiParameter("search", str, description="Part of a name, title or alias.")
GONE = OpenApiParameter("gone", bool, default=False, description="Also what its server no longer offers.")
RENAME = OpenApiExample("Another name", value={"alias": "search_code"}, request_only=True)
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class ToolApi(WorkspaceViewSet):
    """What servers offer, and what the workspace decided about it. Decisions outlive discovery."""

    serializer_class = ToolSerializer
    queryset = Feature.objects.none()
    kind = "feature"
    needs: ClassVar[Mapping[str, str]] = {
        "list": "tool.view",
        "retrieve": "tool.view",
        "partial_update": "server.manage",
    }

    @extend_schema(operation_id="list_tools", summary=str(_("Tools")), parameters=[KIND, SERVER, ENABLED, SEARCH, GONE])
    def list(self, request: Request, workspace: str) -> Response:
        asked = request.query_params
        kind = asked.get("kind", "tool")
        if kind not in Feature.Kind.values:
            raise ValidationError({"kind": [_("Choose tool, resource, template or prompt.")]})
        rows = features_of(self.workspace, kind=kind, gone=bool(_flag(asked.get("gone", ""), "gone")))
        if server := asked.get("server"):
            rows = rows.filter(server_id=_plain(server))
        if (enabled := _flag(asked.get("enabled", ""), "enabled")) is not None:
            rows = rows.filter(enabled=enabled)
        if search := _plain(asked.get("search", "")):
            rows = rows.filter(Q(name__icontains=search) | Q(title__icontains=search) | Q(alias__icontains=search))
        return self.page(rows)

    @extend_schema(operation_id="get_tool", summary=str(_("One tool")))
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return Response(ToolSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="update_tool",
        summary=str(_("Switch a tool on or off, rename or describe it")),
        request=ToolWrite,
        responses=ToolSerializer,
        examples=[RENAME],
    )
    def partial_update(self, request: Request, workspace: str, id: str) -> Response:
        feature = self.one(id)
        set_feature(actor=self.principal, feature=feature, **self.validated(ToolWrite, partial=True))
        return Response(ToolSerializer(self.one(id)).data)

    def one(self, id: str) -> Feature:
        rows = Feature.objects.select_related("server", "definition").filter(server__workspace=self.workspace)
        found = rows.filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such tool."))
        return found


def _flag(text: str, name: str) -> bool | None:
    if not text:
        return None
    if text.lower() not in BOOLEANS:
        raise ValidationError({name: [_("Write true or false.")]})
    return BOOLEANS[text.lower()]


def _plain(text: str) -> str:
    return text.replace("\0", "")
