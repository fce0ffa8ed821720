"""The operator's imports over the API."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import principal_of
from core.api.base import ApiViewSet
from core.errors import NotFoundProblem
from core.permissions import INSTALLATION, require
from marketplace.models import ImportRun
from marketplace.services.imports import start_registry


class CatalogueImportSerializer(serializers.ModelSerializer[ImportRun]):
    report = serializers.DictField(
        help_text=_("Counts, and every entry that was refused, held back or left alone, with its line and the reason.")
    )

    class Meta:
        model = ImportRun
        fields = ("id", "source", "origin", "state", "problem", "report", "created_at", "finished_at")
        read_only_fields = fields


class CatalogueImportWrite(serializers.Serializer[Any]):
    address = serializers.CharField(max_length=400, help_text=_("Of a registry that speaks the registry API of MCP."))
    whole = serializers.BooleanField(default=False, help_text=_("Everything, not only what changed since the last."))


class ImportApi(ApiViewSet):
    """Imports of other catalogues; for the operator."""

    serializer_class = CatalogueImportSerializer
    queryset = ImportRun.objects.none()
    needs: ClassVar[dict[str, str]] = {
        "list": "operator.view",
        "retrieve": "operator.view",
        "create": "operator.manage",
    }

    @extend_schema(operation_id="list_imports", summary="Imports", tags=["Operator"])
    def list(self, request: Request) -> Response:
        """The newest first, with their reports."""
        require(principal_of(request), "operator.view", INSTALLATION)
        return self.page(ImportRun.objects.defer("body"))

    @extend_schema(operation_id="get_import", summary="One import", tags=["Operator"])
    def retrieve(self, request: Request, id: str) -> Response:
        """An import that runs has the report of what was done so far."""
        require(principal_of(request), "operator.view", INSTALLATION)
        run = ImportRun.objects.defer("body").filter(pk=id).first()
        if run is None:
            raise NotFoundProblem(_("There is no such import."))
        return Response(CatalogueImportSerializer(run).data)

    @extend_schema(
        operation_id="start_import", summary="Import from a registry", tags=["Operator"], request=CatalogueImportWrite,
        responses={202: CatalogueImportSerializer},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """It runs in the background: read it again to see how far it is."""
        principal = principal_of(request)
        require(principal, "operator.manage", INSTALLATION)
        values = self.validated(CatalogueImportWrite)
        run = start_registry(actor=principal, address=values["address"], whole=values["whole"])
        return Response(CatalogueImportSerializer(run).data, status=202)
