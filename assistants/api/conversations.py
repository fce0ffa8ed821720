"""Conversations over the API: one's own, with what was said in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from asgiref.sync import async_to_sync
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from assistants.adapters.threads import release_connections
from assistants.adapters.waiting import wait_for_end
from assistants.api.conversation_serializers import (
    AskWrite,
    ConversationChange,
    ConversationSerializer,
    ConversationWrite,
    MessageSerializer,
    MessageWrite,
    WaitQuery,
    WholeConversationSerializer,
)
from assistants.api.run_serializers import AssistantRunSerializer
from assistants.api.streams import EVENTS, LAST, STREAM, StreamingMixin, stream_of
from assistants.models import Assistant, Conversation, Message, Run
from assistants.selectors.conversations import OWN_CHANNELS
from assistants.services import conversations
from assistants.services.exporting import FORMATS, export_conversation
from core.errors import NotFoundProblem

ASSISTANT = OpenApiParameter("assistant", str, description="Only those with this assistant: its id or short name.")
QUERY = OpenApiParameter("q", str, description="Only those whose title has these words.")
WAIT = OpenApiParameter("wait", int, description="Seconds to wait for the answer, 60 at most.")
KIND = OpenApiParameter("kind", str, enum=list(FORMATS), description="What kind of file.")
RUN = OpenApiParameter("run", str, OpenApiParameter.PATH, description="A run of the conversation.")
QUESTION = OpenApiExample("A question", value={"text": "What time is it in Tokyo?"}, request_only=True)
ALLOW = OpenApiExample("Allow a call", value={"ask": "ask_…", "decision": "confirm"}, request_only=True)
FILL = OpenApiExample(
    "Fill in", value={"ask": "ask_…", "decision": "fill", "arguments": {"zone": "Asia/Tokyo"}}, request_only=True
)
RUN_ANSWER: Any = {200: AssistantRunSerializer, 202: AssistantRunSerializer, (200, EVENTS): STREAM}


class ConversationApi(StreamingMixin, WorkspaceViewSet):
    """Conversations with assistants. Everybody has their own; a key has those that it began."""

    serializer_class = ConversationSerializer
    queryset = Conversation.objects.none()
    kind = "assistant"
    needs: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (
            "list", "create", "retrieve", "partial_update", "destroy", "export", "messages", "say", "run", "cancel",
            "answer", "events",
        ),
        "assistant.use",
    )  # fmt: skip

    def own(self) -> QuerySet[Conversation]:
        rows = Conversation.objects.filter(workspace=self.workspace, principal=self.principal.id)
        return rows.filter(channel__in=OWN_CHANNELS).select_related("assistant").prefetch_related("runs")

    def one(self, id: str) -> Conversation:
        found = self.own().filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such conversation of yours."))
        return found

    def one_run(self, id: str, run: str) -> Run:
        rows = Run.objects.filter(conversation=self.one(id), pk=run).select_related("version", "conversation")
        found = rows.first()
        if found is None:
            raise NotFoundProblem(_("There is no such run of yours."))
        return found

    @extend_schema(
        operation_id="list_conversations", summary=str(_("Your conversations")), parameters=[ASSISTANT, QUERY]
    )
    def list(self, request: Request, workspace: str) -> Response:
        rows = self.own()
        if named := request.query_params.get("assistant"):
            rows = rows.filter(assistant=self._assistant(named))
        for word in request.query_params.get("q", "").split():
            rows = rows.filter(title__icontains=word)
        return self.page(rows)

    @extend_schema(
        operation_id="start_conversation",
        summary=str(_("Begin a conversation")),
        request=ConversationWrite,
        responses={201: ConversationSerializer},
    )
    def create(self, request: Request, workspace: str) -> Response:
        values = self.validated(ConversationWrite)
        made = conversations.start_conversation(
            actor=self.principal,
            assistant=self._assistant(values["assistant"]),
            channel=Conversation.Channel.API,
            title=values.get("title", ""),
        )
        return Response(ConversationSerializer(self.one(made.id)).data, status=201)

    @extend_schema(
        operation_id="get_conversation",
        summary=str(_("One conversation with its messages")),
        responses=WholeConversationSerializer,
    )
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return Response(WholeConversationSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="rename_conversation",
        summary=str(_("Give it a title")),
        request=ConversationChange,
        responses=ConversationSerializer,
    )
    def partial_update(self, request: Request, workspace: str, id: str) -> Response:
        values = self.validated(ConversationChange)
        conversations.rename_conversation(actor=self.principal, conversation=self.one(id), title=values["title"])
        return Response(ConversationSerializer(self.one(id)).data)

    @extend_schema(operation_id="delete_conversation", summary=str(_("Delete it for good")), responses={204: None})
    def destroy(self, request: Request, workspace: str, id: str) -> Response:
        conversations.delete_conversation(actor=self.principal, conversation=self.one(id))
        return Response(status=204)

    @extend_schema(
        operation_id="export_conversation",
        summary=str(_("The conversation as a file")),
        parameters=[KIND],
        responses={(200, "application/json"): dict, (200, "text/markdown"): str},
    )
    @action(detail=True)
    def export(self, request: Request, workspace: str, id: str) -> HttpResponse:
        chosen = request.query_params.get("kind", "json")
        text = export_conversation(actor=self.principal, conversation=self.one(id), format=chosen)
        kind = "text/markdown" if chosen == "markdown" else "application/json"
        return HttpResponse(text, content_type=f"{kind}; charset=utf-8")

    @extend_schema(
        operation_id="list_messages",
        summary=str(_("What was said, the last first")),
        responses=MessageSerializer(many=True),
    )
    @action(detail=True)
    def messages(self, request: Request, workspace: str, id: str) -> Response:
        return self.page(Message.objects.filter(conversation=self.one(id)), MessageSerializer)

    @extend_schema(
        operation_id="say",
        summary=str(_("Say something")),
        description=str(
            _(
                "Answers with the run that makes the answer: 202 while it goes on. `?wait=` waits for it. With "
                "`Accept: text/event-stream` it answers with the events of the run. 409 `run_live` while the last "
                "message is being answered: nothing is stored then."
            )
        ),
        parameters=[WAIT],
        request=MessageWrite,
        responses=RUN_ANSWER,
        examples=[QUESTION],
    )
    @messages.mapping.post
    def say(self, request: Request, workspace: str, id: str) -> Response | StreamingHttpResponse:
        values = self.validated(MessageWrite)
        run = conversations.say(
            actor=self.principal,
            conversation=self.one(id),
            text=values["text"],
            tool=values["tool"],
            value=values.get("input"),
        )
        return self._answered(id, run)

    @extend_schema(
        operation_id="get_conversation_run",
        summary=str(_("One answer so far")),
        parameters=[RUN],
        responses=AssistantRunSerializer,
    )
    @action(detail=True, url_path="runs/<str:run>", url_name="run")
    def run(self, request: Request, workspace: str, id: str, run: str) -> Response:
        return Response(AssistantRunSerializer(self.one_run(id, run)).data)

    @extend_schema(
        operation_id="cancel_conversation_run",
        summary=str(_("Stop an answer")),
        description=str(_("What it said so far is kept. One that has ended stays as it is.")),
        parameters=[RUN],
        request=None,
        responses=AssistantRunSerializer,
    )
    @action(detail=True, methods=["post"], url_path="runs/<str:run>/cancel", url_name="run-cancel")
    def cancel(self, request: Request, workspace: str, id: str, run: str) -> Response:
        conversations.cancel_run(actor=self.principal, run=self.one_run(id, run))
        return Response(AssistantRunSerializer(self.one_run(id, run)).data)

    @extend_schema(
        operation_id="answer_ask",
        summary=str(_("Answer what it asks")),
        description=str(_("Confirm or deny a call, or fill in what is missing. It goes on once all is answered.")),
        parameters=[RUN, WAIT],
        request=AskWrite,
        responses=RUN_ANSWER,
        examples=[ALLOW, FILL],
    )
    @action(detail=True, methods=["post"], url_path="runs/<str:run>/answer", url_name="run-answer")
    def answer(self, request: Request, workspace: str, id: str, run: str) -> Response | StreamingHttpResponse:
        found, values = self.one_run(id, run), self.validated(AskWrite)
        conversations.answer_ask(actor=self.principal, run=found, **values)
        return self._answered(id, found)

    @extend_schema(
        operation_id="follow_conversation_run",
        summary=str(_("An answer as it is made")),
        description=str(_("Server-sent events from the beginning, or behind `Last-Event-ID`, to `done`.")),
        parameters=[RUN, LAST],
        responses={(200, EVENTS): STREAM},
    )
    @action(detail=True, url_path="runs/<str:run>/events", url_name="run-events")
    def events(self, request: Request, workspace: str, id: str, run: str) -> StreamingHttpResponse:
        return stream_of(self.one_run(id, run).id, request.headers.get("Last-Event-ID", ""))

    def _answered(self, id: str, run: Run) -> Response | StreamingHttpResponse:
        """The run as it is, after a while if that is wished, or its events."""
        query = WaitQuery(data={"wait": self.request.query_params.get("wait", 0)})
        query.is_valid(raise_exception=True)
        if self.streams():
            self.begun = dict(AssistantRunSerializer(self.one_run(id, run.id)).data)
            return stream_of(run.id)
        if query.validated_data["wait"]:
            release_connections()
            async_to_sync(wait_for_end)(run.id, query.validated_data["wait"])
        found = self.one_run(id, run.id)
        return Response(AssistantRunSerializer(found).data, status=202 if found.state in Run.LIVE else 200)

    def _assistant(self, named: str) -> Assistant:
        rows = Assistant.objects.select_related("workspace", "deployed").filter(workspace=self.workspace)
        found = rows.filter(pk=named).first() or rows.filter(slug=named[:40]).first()
        if found is None:
            raise NotFoundProblem(_("There is no such assistant."))
        return found
