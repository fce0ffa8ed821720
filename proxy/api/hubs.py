"""Hubs over the API: settings, servers, choices, and what comes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from accounts.permissions import in_workspace
from core.decision import Resource
from core.errors import InvalidProblem, NotFoundProblem
from proxy.api.serializers import (
    ChoiceWrite,
    HubSerializer,
    HubServerSerializer,
    HubServerWrite,
    HubWrite,
    OfferedList,
    OfferedSerializer,
    OrderWrite,
)
from proxy.models import Feature, Hub, Server
from proxy.selectors.hubs import hubs_of, places_of
from proxy.selectors.offers import offered
from proxy.services.choices import add_server, arrange_servers, choose_features, remove_server
from proxy.services.hubs import create_hub, delete_hub, pause_hub, resume_hub, update_hub

HUB = OpenApiExample("A hub", value={"title": "Production", "servers": ["srv_…"]}, request_only=True)
ONLY = OpenApiExample("Only these", value={"offers_all": False, "tools": ["ftr_…"]}, request_only=True)
OFFERED = OpenApiParameter("offered", bool, default=False, description="Leave out what is not offered.")
KIND = OpenApiParameter("kind", str, enum=list(Feature.Kind.values), default="tool")
_SERVER = OpenApiParameter("server", str, OpenApiParameter.PATH, description="Id of a server of the hub.")


class HubApi(WorkspaceViewSet):
    """Endpoints of a workspace, each offering chosen servers' tools. A key that is bound to a hub sees that hub."""

    serializer_class = HubSerializer
    queryset = Hub.objects.none()
    kind = "hub"
    needs: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("list", "retrieve", "tools", "servers"), "hub.view"),
        **dict.fromkeys(
            (
                "create", "partial_update", "destroy", "pause", "resume", "add_server", "arrange", "choose",
                "remove_server",
            ),
            "hub.manage",
        ),
    }  # fmt: skip

    def resource(self) -> Resource:
        hub_id = self.kwargs.get("id", "") or (self.principal.hub_id if self.action == "list" else "")
        return in_workspace(self.workspace, "hub", hub_id, hub_id=hub_id)

    def one(self, id: str) -> Hub:
        found = Hub.objects.select_related("workspace").filter(workspace=self.workspace, pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such hub."))
        return found

    @extend_schema(operation_id="list_hubs", summary=str(_("Hubs")))
    def list(self, request: Request, workspace: str) -> Response:
        rows = hubs_of(self.workspace)
        return self.page(rows.filter(pk=self.principal.hub_id) if self.principal.hub_id else rows)

    @extend_schema(
        operation_id="create_hub",
        summary=str(_("Make a hub")),
        request=HubWrite,
        responses={201: HubSerializer},
        examples=[HUB],
    )
    def create(self, request: Request, workspace: str) -> Response:
        values = self.validated(HubWrite)
        values["servers"] = self._servers(values.get("servers", []))
        made = create_hub(actor=self.principal, workspace=self.workspace, **values)
        return Response(HubSerializer(made).data, status=201)

    @extend_schema(operation_id="get_hub", summary=str(_("One hub")))
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return Response(HubSerializer(self.one(id)).data)

    @extend_schema(operation_id="update_hub", summary=str(_("Change a hub")), request=HubWrite, responses=HubSerializer)
    def partial_update(self, request: Request, workspace: str, id: str) -> Response:
        hub, values = self.one(id), self.validated(HubWrite, partial=True)
        if values.pop("slug", hub.slug) != hub.slug:
            raise InvalidProblem(_("The short name of a hub never changes."), field="slug")
        if "servers" in values:
            raise InvalidProblem(_("Add and remove servers below /servers."), field="servers")
        return Response(HubSerializer(update_hub(actor=self.principal, hub=hub, **values)).data)

    @extend_schema(operation_id="delete_hub", summary=str(_("Remove a hub")), responses={204: None})
    def destroy(self, request: Request, workspace: str, id: str) -> Response:
        delete_hub(actor=self.principal, hub=self.one(id))
        return Response(status=204)

    @extend_schema(operation_id="pause_hub", summary=str(_("Pause a hub")), request=None, responses=HubSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, workspace: str, id: str) -> Response:
        return Response(HubSerializer(pause_hub(actor=self.principal, hub=self.one(id))).data)

    @extend_schema(operation_id="resume_hub", summary=str(_("Resume a hub")), request=None, responses=HubSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, workspace: str, id: str) -> Response:
        return Response(HubSerializer(resume_hub(actor=self.principal, hub=self.one(id))).data)

    @extend_schema(
        operation_id="list_hub_tools",
        summary=str(_("What a hub offers, and why it does not offer the rest")),
        parameters=[KIND, OFFERED],
        responses=OfferedList,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def tools(self, request: Request, workspace: str, id: str) -> Response:
        kind = request.query_params.get("kind", "tool")
        if kind not in Feature.Kind.values:
            raise ValidationError({"kind": [_("Choose tool, resource, template or prompt.")]})
        only = request.query_params.get("offered", "").lower() in ("true", "1")
        rows = [row for row in offered(self.one(id), kind=kind) if row.offered or not only]
        return Response({"data": OfferedSerializer(rows, many=True).data})

    @extend_schema(
        operation_id="list_hub_servers",
        summary=str(_("Servers of a hub, in order")),
        responses=HubServerSerializer(many=True),
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def servers(self, request: Request, workspace: str, id: str) -> Response:
        return Response(HubServerSerializer(places_of(self.one(id)), many=True).data)

    @extend_schema(
        operation_id="add_hub_server",
        summary=str(_("Put a server on a hub")),
        request=HubServerWrite,
        responses={201: HubServerSerializer},
    )
    @servers.mapping.post
    def add_server(self, request: Request, workspace: str, id: str) -> Response:
        hub, values = self.one(id), self.validated(HubServerWrite)
        server = self._servers([values["server"]], field="server")[0]
        place = add_server(actor=self.principal, hub=hub, server=server, offers_all=values["offers_all"])
        return Response(HubServerSerializer(place).data, status=201)

    @extend_schema(
        operation_id="arrange_hub_servers",
        summary=str(_("Set the order of a hub's servers")),
        request=OrderWrite,
        responses=HubServerSerializer(many=True),
    )
    @servers.mapping.put
    def arrange(self, request: Request, workspace: str, id: str) -> Response:
        hub = self.one(id)
        arrange_servers(actor=self.principal, hub=hub, server_ids=self.validated(OrderWrite)["servers"])
        return Response(HubServerSerializer(places_of(hub), many=True).data)

    @extend_schema(
        operation_id="choose_hub_tools",
        summary=str(_("Say what a hub takes of a server")),
        parameters=[_SERVER],
        request=ChoiceWrite,
        responses=HubServerSerializer,
        examples=[ONLY],
    )
    @action(detail=True, methods=["put"], url_path="servers/<str:server>", url_name="server")
    def choose(self, request: Request, workspace: str, id: str, server: str) -> Response:
        values: dict[str, Any] = self.validated(ChoiceWrite)
        place = choose_features(
            actor=self.principal,
            hub=self.one(id),
            server=self._server(server),
            offers_all=values["offers_all"],
            feature_ids=values["tools"],
        )
        return Response(HubServerSerializer(place).data)

    @extend_schema(
        operation_id="remove_hub_server",
        summary=str(_("Take a server off a hub")),
        parameters=[_SERVER],
        responses={204: None},
    )
    @choose.mapping.delete
    def remove_server(self, request: Request, workspace: str, id: str, server: str) -> Response:
        remove_server(actor=self.principal, hub=self.one(id), server=self._server(server))
        return Response(status=204)

    def _server(self, id: str) -> Server:
        found = Server.objects.filter(workspace=self.workspace, pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such server."))
        return found

    def _servers(self, ids: Sequence[str], *, field: str = "servers") -> Sequence[Server]:
        found = Server.objects.filter(workspace=self.workspace).in_bulk(ids)
        if len(found) != len(ids):
            raise InvalidProblem(_("Name servers of this workspace, each once."), field=field)
        return [found[id] for id in ids]
