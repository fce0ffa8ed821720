"""Recorded calls, and calls that a worker runs, over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet, principal_of, workspace_principal
from accounts.models import Workspace
from accounts.permissions import in_workspace, require
from core.api.base import ApiViewSet
from core.decision import Principal, Resource
from core.errors import InvalidProblem, NotFoundProblem
from proxy.api.call_serializers import CallQuery, CallSerializer, PayloadSerializer, RunSerializer, RunWrite
from proxy.models import Call, CallJob, Hub
from proxy.selectors.calls import CallFilter, calls_of, find_call, opened_payload
from proxy.services.calls import request_call

RUN = OpenApiExample(
    "A call",
    value={"hub": "main", "tool": "time__convert_time", "arguments": {"time": "12:00", "to": "Asia/Tokyo"}},
    request_only=True,
)


class CallApi(WorkspaceViewSet):
    """Every request through a hub, as it was recorded. A key that is bound to a hub sees that hub's."""

    serializer_class = CallSerializer
    queryset = Call.objects.none()
    kind = "call"
    needs: ClassVar[Mapping[str, str]] = {
        "list": "call.view",
        "retrieve": "call.view",
        "payload": "call.view_payload",
    }

    def resource(self) -> Resource:
        return in_workspace(self.workspace, "call", self.kwargs.get("id", ""), hub_id=self.principal.hub_id)

    @extend_schema(operation_id="list_calls", summary=str(_("Recorded calls")), parameters=[CallQuery])
    def list(self, request: Request, workspace: str) -> Response:
        query = CallQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked: dict[str, Any] = {name: value for name, value in query.validated_data.items() if value}
        if self.principal.hub_id:
            asked["hub"] = self.principal.hub_id
        return self.page(calls_of(self.workspace, CallFilter(**asked)))

    @extend_schema(operation_id="get_call", summary=str(_("One recorded call")))
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return Response(CallSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="get_call_payload",
        summary=str(_("Arguments and result of a call, where the hub keeps them")),
        responses=PayloadSerializer,
    )
    @action(detail=True, methods=["get"])
    def payload(self, request: Request, workspace: str, id: str) -> Response:
        return Response(PayloadSerializer(opened_payload(self.principal, self.one(id))).data)

    def one(self, id: str) -> Call:
        found = find_call(self.workspace, id)
        if found is None or (self.principal.hub_id and found.hub != self.principal.hub_id):
            raise NotFoundProblem(_("There is no such call."))
        return found


class WorkspaceRunApi(WorkspaceViewSet):
    """Calls that a worker runs: asked for, then polled for."""

    serializer_class = RunSerializer
    queryset = CallJob.objects.none()
    kind = "run"
    needs: ClassVar[Mapping[str, str]] = dict.fromkeys(("list", "retrieve", "create"), "call.run")

    def resource(self) -> Resource:
        return in_workspace(self.workspace, "run", self.kwargs.get("id", ""), hub_id=self.principal.hub_id)

    @extend_schema(operation_id="list_runs", summary=str(_("Your runs of the last seven days")))
    def list(self, request: Request, workspace: str) -> Response:
        return self.page(runs_of(self.principal, self.workspace).defer("arguments"))

    @extend_schema(
        operation_id="create_run",
        summary=str(_("Have a tool called by a worker")),
        request=RunWrite,
        responses={202: RunSerializer},
        examples=[RUN],
    )
    def create(self, request: Request, workspace: str) -> Response:
        return start_run(self.principal, self.workspace, self.validated(RunWrite))

    @extend_schema(operation_id="get_run", summary=str(_("One run, with its result once it is done")))
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return Response(RunSerializer(one_run(self.principal, self.workspace, id)).data)


class RunApi(ApiViewSet):
    """The same without naming the workspace: that of the key, or of the hub."""

    serializer_class = RunSerializer
    queryset = CallJob.objects.none()
    needs: ClassVar[Mapping[str, str]] = dict.fromkeys(("create", "retrieve"), "call.run")

    @extend_schema(
        operation_id="call_tool",
        summary=str(_("Have a tool called by a worker")),
        description=str(
            _(
                "Answers at once with an id to poll. The hub's short name is enough where it is clear whose it is: a "
                "key knows its workspace, and in a browser it is that of your workspaces which has such a hub. "
                "A key bound to a hub needs no hub."
            )
        ),
        request=RunWrite,
        responses={202: RunSerializer},
        examples=[RUN],
    )
    def create(self, request: Request) -> Response:
        values = self.validated(RunWrite)
        workspace, principal = self._place(request, values.get("hub", ""))
        return start_run(principal, workspace, values)

    @extend_schema(operation_id="get_called_tool", summary=str(_("What became of it")))
    def retrieve(self, request: Request, id: str) -> Response:
        job = CallJob.objects.filter(pk=id).first()
        workspace = Workspace.objects.filter(pk=job.workspace).first() if job else None
        if workspace is None:
            raise NotFoundProblem(_("There is no such run."))
        try:
            _workspace, principal = workspace_principal(request, workspace.slug)
        except NotFoundProblem:
            raise NotFoundProblem(_("There is no such run.")) from None
        require(principal, "call.run", in_workspace(workspace, "run", id, hub_id=principal.hub_id))
        return Response(RunSerializer(one_run(principal, workspace, id)).data)

    def _place(self, request: Request, hub: str) -> tuple[Workspace, Principal]:
        principal = principal_of(request)
        if principal.workspace_id:
            slug = Workspace.objects.values_list("slug", flat=True).get(pk=principal.workspace_id)
        else:
            slug = self._workspace_of(principal, hub)
        try:
            return workspace_principal(request, slug)
        except NotFoundProblem:
            raise InvalidProblem(_("Give the id of a hub."), field="hub") from None

    def _workspace_of(self, person: Principal, hub: str) -> str:
        """The workspace, of all that a person is in, that has a hub of this id or short name."""
        own = Hub.objects.filter(workspace__memberships__user=person.user_id or None)
        found = set(own.filter(Q(pk=hub) | Q(slug=hub)).values_list("workspace__slug", flat=True)[:2])
        if len(found) > 1:
            raise InvalidProblem(
                _("Several of your workspaces have a hub of this name: give its id."), field="hub", code="ambiguous"
            )
        if not found:
            raise InvalidProblem(_("Give the id of a hub, or its short name."), field="hub")
        return found.pop()


def start_run(principal: Principal, workspace: Workspace, values: Mapping[str, Any]) -> Response:
    """202 with the run and where it can be polled."""
    hub = _hub(principal, workspace, values.get("hub", ""))
    job = request_call(
        actor=principal,
        hub=hub,
        tool=values["tool"],
        arguments=values.get("arguments"),
        webhook_url=values.get("webhook_url", ""),
    )
    where = reverse("api-run-detail", args=[job.id])
    return Response(RunSerializer(job).data, status=202, headers={"Location": where})


def runs_of(principal: Principal, workspace: Workspace) -> Any:
    """The runs that somebody asked for; their results are nobody else's."""
    rows = CallJob.objects.filter(workspace=workspace.id)
    if principal.key_id:
        return rows.filter(principal__key_id=principal.key_id)
    return rows.filter(principal__user_id=principal.user_id)


def one_run(principal: Principal, workspace: Workspace, id: str) -> CallJob:
    found: CallJob | None = runs_of(principal, workspace).filter(pk=id).first()
    if found is None:
        raise NotFoundProblem(_("There is no such run."))
    return found


def _hub(principal: Principal, workspace: Workspace, wanted: str) -> Hub:
    wanted = wanted or principal.hub_id
    rows = Hub.objects.select_related("workspace").filter(workspace=workspace)
    found = rows.filter(pk=wanted).first() or rows.filter(slug=wanted).first()
    if found is None:
        raise InvalidProblem(_("There is no such hub."), field="hub", code="not_found")
    return found
