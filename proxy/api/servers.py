"""Servers and what they offer, over the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, cast

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from core.errors import InvalidProblem, NotFoundProblem
from proxy.api.serializers import (
    ImportSerializer,
    ImportWrite,
    ServerSerializer,
    ServerWrite,
    TestSerializer,
)
from proxy.importers.client_config import read_client_config, read_client_value
from proxy.importers.drafts import Scope, ServerDraft, Transport
from proxy.models import Hub, Server
from proxy.selectors.servers import draft_of, servers_of
from proxy.services.imports import ImportResult, import_servers, items_of
from proxy.services.servers import (
    connect_server,
    delete_server,
    pause_server,
    rediscover_server,
    resume_server,
    update_server,
)
from proxy.services.testing import test_connection

REMOTE = OpenApiExample(
    "An address",
    value={
        "title": "GitHub",
        "transport": "http",
        "url": "https://api.githubcopilot.com/mcp/",
        "headers": {"Authorization": "Bearer ghp_…"},
    },
    request_only=True,
)
COMMAND = OpenApiExample(
    "A command",
    value={"title": "Time", "transport": "stdio", "command": "uvx", "args": ["mcp-server-time"], "env": {"TZ": "UTC"}},
    request_only=True,
)
CONFIG = OpenApiExample(
    "Claude Desktop",
    value={"config": {"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"]}}}},
    request_only=True,
)
STATE = OpenApiParameter("state", str, enum=list(Server.State.values), description="Only servers in this state.")


class ServerApi(WorkspaceViewSet):
    """Upstream MCP servers of a workspace."""

    serializer_class = ServerSerializer
    queryset = Server.objects.none()
    kind = "server"
    needs: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("list", "retrieve"), "server.view"),
        **dict.fromkeys(
            (
                "create", "partial_update", "destroy", "try_draft", "try_change", "import_config", "discover", "pause",
                "resume",
            ),
            "server.manage",
        ),
    }  # fmt: skip

    def one(self, id: str) -> Server:
        found = Server.objects.select_related("workspace").filter(workspace=self.workspace, pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such server."))
        return found

    @extend_schema(operation_id="list_servers", summary=str(_("Servers")), parameters=[STATE])
    def list(self, request: Request, workspace: str) -> Response:
        rows = servers_of(self.workspace)
        if state := request.query_params.get("state"):
            rows = rows.filter(state=state) if state in Server.State.values else rows.none()
        return self.page(rows)

    @extend_schema(
        operation_id="connect_server",
        summary=str(_("Connect a server")),
        description=str(_("It is asked for its tools at once; its `state` tells when it has answered.")),
        request=ServerWrite,
        responses={201: ServerSerializer},
        examples=[REMOTE, COMMAND],
    )
    def create(self, request: Request, workspace: str) -> Response:
        draft = draft_from(self.validated(ServerWrite))
        made = connect_server(actor=self.principal, workspace=self.workspace, draft=draft)
        return Response(ServerSerializer(made).data, status=201)

    @extend_schema(operation_id="get_server", summary=str(_("One server")))
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return Response(ServerSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="update_server",
        summary=str(_("Change a server")),
        description=str(_("What is left out stays. Secrets must be given again when the address is another.")),
        request=ServerWrite,
        responses=ServerSerializer,
    )
    def partial_update(self, request: Request, workspace: str, id: str) -> Response:
        server = self.one(id)
        draft = changed_draft(server, self.validated(ServerWrite, partial=True))
        return Response(ServerSerializer(update_server(actor=self.principal, server=server, draft=draft)).data)

    @extend_schema(operation_id="delete_server", summary=str(_("Remove a server")), responses={204: None})
    def destroy(self, request: Request, workspace: str, id: str) -> Response:
        delete_server(actor=self.principal, server=self.one(id))
        return Response(status=204)

    @extend_schema(
        operation_id="test_server",
        summary=str(_("Test a connection before it is saved")),
        request=ServerWrite,
        responses=TestSerializer,
        examples=[REMOTE, COMMAND],
    )
    @action(detail=False, methods=["post"], url_path="test", url_name="test")
    def try_draft(self, request: Request, workspace: str) -> Response:
        draft = draft_from(self.validated(ServerWrite))
        return Response(
            TestSerializer(test_connection(actor=self.principal, workspace=self.workspace, draft=draft)).data
        )

    @extend_schema(
        operation_id="test_server_change",
        summary=str(_("Test a server, with changes that are not saved")),
        request=ServerWrite,
        responses=TestSerializer,
    )
    @action(detail=True, methods=["post"], url_path="test", url_name="test-change")
    def try_change(self, request: Request, workspace: str, id: str) -> Response:
        server = self.one(id)
        draft = changed_draft(server, self.validated(ServerWrite, partial=True))
        tried = test_connection(actor=self.principal, workspace=self.workspace, draft=draft, server=server)
        return Response(TestSerializer(tried).data)

    @extend_schema(
        operation_id="import_servers",
        summary=str(_("Import a client's configuration")),
        description=str(_("Each server succeeds or fails by itself; `results` tells which.")),
        request=ImportWrite,
        responses=ImportSerializer,
        examples=[CONFIG],
    )
    @action(detail=False, methods=["post"], url_path="import", url_name="import")
    def import_config(self, request: Request, workspace: str) -> Response:
        values = self.validated(ImportWrite)
        config = values["config"]
        reading = read_client_config(config) if isinstance(config, str) else read_client_value(config)
        if reading.problem:
            raise InvalidProblem(reading.problem, field="config")
        items, failed = items_of(reading, keys=values.get("servers"), values=values.get("values"))
        hub = self._hub(values["hub"]) if values.get("hub") else None
        results = import_servers(actor=self.principal, workspace=self.workspace, items=items, hub=hub)
        order = {entry.key: position for position, entry in enumerate(reading.entries)}
        found = sorted([*results, *failed], key=lambda result: order.get(result.key, len(order)))
        return Response({"results": [_imported(result) for result in found]})

    @extend_schema(
        operation_id="discover_server",
        summary=str(_("Ask a server again what it offers")),
        request=None,
        responses={202: ServerSerializer},
    )
    @action(detail=True, methods=["post"])
    def discover(self, request: Request, workspace: str, id: str) -> Response:
        server = self.one(id)
        rediscover_server(actor=self.principal, server=server)
        return Response(ServerSerializer(server).data, status=202)

    @extend_schema(
        operation_id="pause_server", summary=str(_("Pause a server")), request=None, responses=ServerSerializer
    )
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, workspace: str, id: str) -> Response:
        return Response(ServerSerializer(pause_server(actor=self.principal, server=self.one(id))).data)

    @extend_schema(
        operation_id="resume_server", summary=str(_("Resume a server")), request=None, responses=ServerSerializer
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, workspace: str, id: str) -> Response:
        return Response(ServerSerializer(resume_server(actor=self.principal, server=self.one(id))).data)

    def _hub(self, id: str) -> Hub:
        found = Hub.objects.select_related("workspace").filter(workspace=self.workspace, pk=id).first()
        if found is None:
            raise InvalidProblem(_("There is no such hub."), field="hub")
        return found


def draft_from(values: Mapping[str, Any]) -> ServerDraft:
    """A draft of a whole request."""
    return ServerDraft(
        title=values["title"],
        slug=values.get("slug", ""),
        transport=cast(Transport, values["transport"]),
        command=values.get("command", ""),
        args=tuple(values.get("args", ())),
        cwd=values.get("cwd", ""),
        url=values.get("url", ""),
        env=_given(values.get("env")),
        headers=_given(values.get("headers")),
        hidden=_given(values.get("hidden")),
        session_scope=cast("Scope | None", values.get("session_scope")),
        timeout_ms=values.get("timeout_ms", 60_000),
    )


def changed_draft(server: Server, values: Mapping[str, Any]) -> ServerDraft:
    """A stored server's draft with what a request gives; a slug, which never changes, must be the same."""
    if values.get("slug", server.slug) != server.slug:
        raise InvalidProblem(_("The short name of a server never changes."), field="slug")
    given = {name: values[name] for name in values if name not in ("slug", "args", "env", "headers", "hidden")}
    given |= {name: _given(values[name]) for name in ("env", "headers", "hidden") if name in values}
    if "args" in values:
        given["args"] = tuple(values["args"])
    return replace(draft_of(server), **given)


def _given(values: Mapping[str, str | None] | None) -> dict[str, str]:
    return {name: value or "" for name, value in (values or {}).items()}


def _imported(result: ImportResult) -> dict[str, Any]:
    return {
        "name": result.key,
        "server": ServerSerializer(result.server).data if result.server else None,
        "problem": str(result.problem),
    }
