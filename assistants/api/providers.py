"""Model providers over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from assistants.api.serializers import (
    CheckedSerializer,
    ProviderChange,
    ProviderSerializer,
    ProviderTry,
    ProviderWrite,
)
from assistants.models import ModelProvider
from assistants.services import providers
from core.errors import NotFoundProblem

OPENROUTER = OpenApiExample(
    "OpenRouter",
    value={"kind": "openai", "name": "OpenRouter", "base_url": "https://openrouter.ai/api/v1", "key": "sk-or-…"},
    request_only=True,
)
CLASSES = OpenApiExample("Classes", value={"classes": {"fast": "gpt-5-mini", "best": "gpt-5"}}, request_only=True)


class ModelProviderApi(WorkspaceViewSet):
    """Where the assistants of a workspace get their models. Keys go in and never come out."""

    serializer_class = ProviderSerializer
    queryset = ModelProvider.objects.none()
    kind = "provider"
    needs: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("list", "retrieve", "create", "partial_update", "destroy", "try_draft", "try_it"), "model.manage"
    )

    def one(self, id: str) -> ModelProvider:
        found = ModelProvider.objects.select_related("workspace").filter(workspace=self.workspace, pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such model provider."))
        return found

    @extend_schema(operation_id="list_model_providers", summary=str(_("Model providers")))
    def list(self, request: Request, workspace: str) -> Response:
        return self.page(ModelProvider.objects.filter(workspace=self.workspace))

    @extend_schema(
        operation_id="connect_model_provider",
        summary=str(_("Connect a model provider")),
        description=str(_("It is not asked yet: test it, so that its models are listed and serve the classes.")),
        request=ProviderWrite,
        responses={201: ProviderSerializer},
        examples=[OPENROUTER],
    )
    def create(self, request: Request, workspace: str) -> Response:
        values = self.validated(ProviderWrite)
        made = providers.connect_provider(actor=self.principal, workspace=self.workspace, **values)
        return Response(ProviderSerializer(made).data, status=201)

    @extend_schema(operation_id="get_model_provider", summary=str(_("One model provider")))
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return Response(ProviderSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="update_model_provider",
        summary=str(_("Change a model provider")),
        description=str(_("What is left out stays. With another address the key must be given again.")),
        request=ProviderChange,
        responses=ProviderSerializer,
        examples=[CLASSES],
    )
    def partial_update(self, request: Request, workspace: str, id: str) -> Response:
        values = self.validated(ProviderChange, partial=True)
        row = providers.update_provider(actor=self.principal, provider=self.one(id), **values)
        return Response(ProviderSerializer(row).data)

    @extend_schema(operation_id="remove_model_provider", summary=str(_("Remove it")), responses={204: None})
    def destroy(self, request: Request, workspace: str, id: str) -> Response:
        providers.remove_provider(actor=self.principal, provider=self.one(id))
        return Response(status=204)

    @extend_schema(
        operation_id="try_model_provider",
        summary=str(_("Test a provider before it is saved")),
        request=ProviderTry,
        responses=CheckedSerializer,
        examples=[OPENROUTER],
    )
    @action(detail=False, methods=["post"], url_path="test", url_name="try")
    def try_draft(self, request: Request, workspace: str) -> Response:
        values = self.validated(ProviderTry)
        found = providers.try_provider(actor=self.principal, workspace=self.workspace, **values)
        return Response(CheckedSerializer(found).data)

    @extend_schema(
        operation_id="test_model_provider",
        summary=str(_("Ask a provider what it offers")),
        description=str(_("`state`, `problem` and `offered` tell how it went.")),
        request=None,
        responses=ProviderSerializer,
    )
    @action(detail=True, methods=["post"], url_path="test", url_name="test")
    def try_it(self, request: Request, workspace: str, id: str) -> Response:
        row = providers.test_provider(actor=self.principal, provider=self.one(id))
        return Response(ProviderSerializer(row).data)
