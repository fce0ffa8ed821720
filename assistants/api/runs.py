"""Asking a deployed assistant over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from asgiref.sync import async_to_sync
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from accounts.permissions import in_workspace
from assistants.adapters.threads import release_connections
from assistants.adapters.waiting import wait_for_end
from assistants.api.run_serializers import AssistantRunSerializer, AssistantRunWrite
from assistants.api.streams import EVENTS, LAST, STREAM, StreamingMixin, stream_of
from assistants.models import Assistant, Conversation, Run
from assistants.services.conversations import cancel_run
from assistants.services.doors import begin_answer
from core.decision import Resource
from core.errors import NotFoundProblem

SAID = OpenApiExample("A question", value={"input": "What time is it in Tokyo?", "wait": 20}, request_only=True)
PLACE = OpenApiParameter("assistant", str, OpenApiParameter.PATH, description="The assistant's id.")


@extend_schema(tags=["assistant-runs"], parameters=[PLACE])
class AssistantRunApi(StreamingMixin, WorkspaceViewSet):
    """Answers of a deployed assistant, made for programs. Each sees those that it asked for itself."""

    serializer_class = AssistantRunSerializer
    queryset = Run.objects.none()
    kind = "assistant"
    needs: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("list", "create", "retrieve", "cancel", "events"), "assistant.use"
    )

    def resource(self) -> Resource:
        return in_workspace(self.workspace, "assistant", self.kwargs["assistant"])

    def assistant(self) -> Assistant:
        rows = Assistant.objects.select_related("workspace", "deployed").filter(workspace=self.workspace)
        found = rows.filter(pk=self.kwargs["assistant"]).first()
        if found is None:
            raise NotFoundProblem(_("There is no such assistant."))
        return found

    def own(self) -> QuerySet[Run]:
        rows = Run.objects.filter(assistant=self.assistant(), conversation__principal=self.principal.id)
        return rows.select_related("version", "conversation")

    def one(self, id: str) -> Run:
        found = self.own().filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such run of yours."))
        return found

    @extend_schema(operation_id="list_assistant_runs", summary=str(_("Your runs of an assistant")))
    def list(self, request: Request, workspace: str, assistant: str) -> Response:
        return self.page(self.own())

    @extend_schema(
        operation_id="ask_assistant",
        summary=str(_("Ask an assistant")),
        description=str(
            _(
                "Answers with 200 once it has ended, within `wait` seconds; else with 202 and an id to poll. With "
                "`Accept: text/event-stream` it answers with the events of the run as they happen. Of a key it needs "
                "the scope `assistants` alone: the tools chosen for the assistant are called for it."
            )
        ),
        request=AssistantRunWrite,
        responses={
            200: AssistantRunSerializer,
            202: AssistantRunSerializer,
            (200, EVENTS): STREAM,
        },
        examples=[SAID],
    )
    def create(self, request: Request, workspace: str, assistant: str) -> Response | StreamingHttpResponse:
        values = self.validated(AssistantRunWrite)
        said = values["input"]
        run = begin_answer(
            actor=self.principal,
            assistant=self.assistant(),
            channel=Conversation.Channel.API,
            text=said if isinstance(said, str) else "",
            value=said if isinstance(said, dict) else None,
            variables=values.get("variables"),
            conversation=values.get("conversation", ""),
        )
        if self.streams():
            self.begun = AssistantRunSerializer(run).data
            return stream_of(run.id)
        if values["wait"]:
            release_connections()
            async_to_sync(wait_for_end)(run.id, values["wait"])
        found = self.one(run.id)
        return Response(AssistantRunSerializer(found).data, status=202 if found.state in Run.LIVE else 200)

    @extend_schema(
        operation_id="get_assistant_run",
        summary=str(_("One run, with its answer so far")),
        responses=AssistantRunSerializer,
    )
    def retrieve(self, request: Request, workspace: str, assistant: str, id: str) -> Response:
        return Response(AssistantRunSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="cancel_assistant_run",
        summary=str(_("Stop it")),
        description=str(_("What it said so far is kept. One that has ended stays as it is.")),
        request=None,
        responses=AssistantRunSerializer,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, workspace: str, assistant: str, id: str) -> Response:
        cancel_run(actor=self.principal, run=self.one(id))
        return Response(AssistantRunSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="follow_assistant_run",
        summary=str(_("Its events as they happen")),
        description=str(_("Server-sent events from the beginning, or behind `Last-Event-ID`, to `done`.")),
        parameters=[LAST],
        responses={(200, EVENTS): STREAM},
    )
    @action(detail=True)
    def events(self, request: Request, workspace: str, assistant: str, id: str) -> StreamingHttpResponse:
        return stream_of(self.one(id).id, request.headers.get("Last-Event-ID", ""))
