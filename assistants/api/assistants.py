"""Assistants over the API: made, edited, kept, deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from assistants.api.serializers import (
    AssistantChange,
    AssistantSerializer,
    AssistantWrite,
    DeployWrite,
    ExportSerializer,
    ImportAssistantWrite,
    ImportedAssistantSerializer,
    ValuesWrite,
    VersionSerializer,
    VersionWrite,
)
from assistants.models import Assistant, AssistantVersion
from assistants.selectors.exporting import export_assistant
from assistants.services import assistant_versions, assistants
from assistants.services.copies import import_assistant
from assistants.services.values import fill_values
from core.errors import InvalidProblem, NotFoundProblem

MADE = OpenApiExample(
    "A guide",
    value={
        "name": "Travel guide",
        "configuration": {"instructions": "Guide through {{city}}.", "variables": [{"name": "city", "label": "City"}]},
    },
    request_only=True,
)
CHANGED = OpenApiExample(
    "Another draft", value={"configuration": {"instructions": "Be brief."}, "revision": 1}, request_only=True
)
STATE = OpenApiParameter("state", str, enum=list(Assistant.State.values), description="Only those in this state.")
NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH, description="A version's number.")


class AssistantApi(WorkspaceViewSet):
    """Assistants of a workspace. Programs talk to a deployed version; this is where it is made."""

    serializer_class = AssistantSerializer
    queryset = Assistant.objects.none()
    kind = "assistant"
    needs: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("list", "retrieve", "versions", "version"), "assistant.view"),
        **dict.fromkeys(
            (
                "create", "partial_update", "destroy", "keep", "deploy", "pause", "resume", "fill", "export",
                "import_file",
            ),
            "assistant.manage",
        ),
    }  # fmt: skip

    def one(self, id: str) -> Assistant:
        rows = Assistant.objects.select_related("workspace", "deployed")
        found = rows.filter(workspace=self.workspace, pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such assistant."))
        return found

    def answer(self, assistant: Assistant, status: int = 200) -> Response:
        return Response(AssistantSerializer(self.one(assistant.id)).data, status=status)

    @extend_schema(operation_id="list_assistants", summary=str(_("Assistants")), parameters=[STATE])
    def list(self, request: Request, workspace: str) -> Response:
        rows = Assistant.objects.filter(workspace=self.workspace).select_related("deployed")
        if state := request.query_params.get("state"):
            rows = rows.filter(state=state) if state in Assistant.State.values else rows.none()
        return self.page(rows)

    @extend_schema(
        operation_id="create_assistant",
        summary=str(_("Make an assistant")),
        description=str(_("It is a draft: deploy it before anybody can talk to it.")),
        request=AssistantWrite,
        responses={201: AssistantSerializer},
        examples=[MADE],
    )
    def create(self, request: Request, workspace: str) -> Response:
        values = self.validated(AssistantWrite)
        made = assistants.create_assistant(actor=self.principal, workspace=self.workspace, **values)
        return self.answer(made, 201)

    @extend_schema(operation_id="get_assistant", summary=str(_("One assistant")))
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return self.answer(self.one(id))

    @extend_schema(
        operation_id="update_assistant",
        summary=str(_("Change an assistant")),
        description=str(
            _("A draft that somebody else saved meanwhile is not written over: 409 `draft_changed`. Read it, then try.")
        ),
        request=AssistantChange,
        responses=AssistantSerializer,
        examples=[CHANGED],
    )
    def partial_update(self, request: Request, workspace: str, id: str) -> Response:
        assistant, values = self.one(id), self.validated(AssistantChange, partial=True)
        if "configuration" in values and "revision" not in values:
            raise InvalidProblem(_("Say of which revision this is a change."), field="revision")
        with transaction.atomic():  # all of the request, or nothing
            self._change(assistant, values)
        return self.answer(assistant)

    def _change(self, assistant: Assistant, values: Mapping[str, Any]) -> None:
        if "configuration" in values:
            draft = {"configuration": values["configuration"], "revision": values["revision"]}
            assistants.save_draft(actor=self.principal, assistant=assistant, **draft)
        names = {name: values[name] for name in ("name", "summary", "letters") if name in values}
        if names:
            assistants.rename_assistant(actor=self.principal, assistant=assistant, **names)
        offers = {name: values[name] for name in ("offer_tool", "offer_agent_card") if name in values}
        if offers:
            assistants.set_offers(actor=self.principal, assistant=assistant, **offers)

    @extend_schema(operation_id="delete_assistant", summary=str(_("Remove an assistant")), responses={204: None})
    def destroy(self, request: Request, workspace: str, id: str) -> Response:
        assistants.delete_assistant(actor=self.principal, assistant=self.one(id))
        return Response(status=204)

    @extend_schema(
        operation_id="list_assistant_versions",
        summary=str(_("Versions of an assistant")),
        responses=VersionSerializer(many=True),
    )
    @action(detail=True)
    def versions(self, request: Request, workspace: str, id: str) -> Response:
        rows = AssistantVersion.objects.filter(assistant=self.one(id)).select_related("assistant")
        return self.page(rows, VersionSerializer)

    @extend_schema(
        operation_id="keep_assistant_version",
        summary=str(_("Keep the draft as a version")),
        description=str(_("A version never changes. 409 `nothing_new` when the last one is the same.")),
        request=VersionWrite,
        responses={201: VersionSerializer},
    )
    @versions.mapping.post
    def keep(self, request: Request, workspace: str, id: str) -> Response:
        values = self.validated(VersionWrite)
        made = assistant_versions.keep_version(actor=self.principal, assistant=self.one(id), **values)
        return Response(VersionSerializer(made).data, status=201)

    @extend_schema(
        operation_id="get_assistant_version",
        summary=str(_("One version")),
        parameters=[NUMBER],
        responses=VersionSerializer,
    )
    @action(detail=True, url_path="versions/<int:number>", url_name="version")
    def version(self, request: Request, workspace: str, id: str, number: int) -> Response:
        return Response(VersionSerializer(_numbered(self.one(id), number)).data)

    @extend_schema(
        operation_id="deploy_assistant",
        summary=str(_("Deploy a version, or the draft")),
        request=DeployWrite,
        responses=AssistantSerializer,
    )
    @action(detail=True, methods=["post"])
    def deploy(self, request: Request, workspace: str, id: str) -> Response:
        assistant, values = self.one(id), self.validated(DeployWrite)
        if "version" not in values:
            assistant_versions.keep_and_deploy(actor=self.principal, assistant=assistant, note=values.get("note", ""))
        else:
            chosen = _numbered(assistant, values["version"])
            assistant_versions.deploy_version(actor=self.principal, assistant=assistant, version=chosen)
        return self.answer(assistant)

    @extend_schema(
        operation_id="pause_assistant", summary=str(_("Pause it")), request=None, responses=AssistantSerializer
    )
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, workspace: str, id: str) -> Response:
        return self.answer(assistants.pause_assistant(actor=self.principal, assistant=self.one(id)))

    @extend_schema(
        operation_id="resume_assistant", summary=str(_("Resume it")), request=None, responses=AssistantSerializer
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, workspace: str, id: str) -> Response:
        return self.answer(assistants.resume_assistant(actor=self.principal, assistant=self.one(id)))

    @extend_schema(
        operation_id="fill_assistant_values",
        summary=str(_("Fill in its variables")),
        description=str(_("For everybody who uses it. Kept sealed; `filled` tells which are there.")),
        request=ValuesWrite,
        responses=AssistantSerializer,
    )
    @action(detail=True, methods=["post"], url_path="values", url_name="values")
    def fill(self, request: Request, workspace: str, id: str) -> Response:
        values: dict[str, Any] = self.validated(ValuesWrite)["values"]
        return self.answer(fill_values(actor=self.principal, assistant=self.one(id), values=values))

    @extend_schema(
        operation_id="export_assistant",
        summary=str(_("The assistant as a file")),
        description=str(_("Its draft, without values, keys, and the names of models.")),
        responses=ExportSerializer,
    )
    @action(detail=True)
    def export(self, request: Request, workspace: str, id: str) -> Response:
        return Response(export_assistant(self.one(id)))

    @extend_schema(
        operation_id="import_assistant",
        summary=str(_("Make an assistant from a file")),
        description=str(_("Our export, a LobeChat agent, a character card, or fields such as name and instructions.")),
        request=ImportAssistantWrite,
        responses={201: ImportedAssistantSerializer},
    )
    @action(detail=False, methods=["post"], url_path="import", url_name="import")
    def import_file(self, request: Request, workspace: str) -> Response:
        values = self.validated(ImportAssistantWrite)
        content = values["content"].encode("utf-8", "surrogatepass")
        made, notes = import_assistant(
            actor=self.principal, workspace=self.workspace, content=content, name=values.get("filename", "")
        )
        return Response({"assistant": AssistantSerializer(self.one(made.id)).data, "notes": notes}, status=201)


def _numbered(assistant: Assistant, number: int) -> AssistantVersion:
    rows = AssistantVersion.objects.filter(assistant=assistant).select_related("assistant")
    found = rows.filter(number=number).first() if number < 2**31 else None
    if found is None:
        raise NotFoundProblem(_("There is no such version."))
    return found
