"""The operator's decisions about collections over the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import NotFoundProblem
from marketplace.api.collection_serializers import CollectionDecision, CollectionReportSerializer, CollectionSerializer
from marketplace.api.moderation import OperatorViewSet
from marketplace.models import Collection, CollectionReport
from marketplace.selectors.collections import any_collections, open_collection_reports
from marketplace.services import collection_reports


class CollectionModerationApi(OperatorViewSet):
    """Reports on collections, and what the operator does about them."""

    serializer_class = CollectionReportSerializer
    queryset = CollectionReport.objects.none()
    cursor_ascending = True
    needs: ClassVar[Mapping[str, str]] = {
        "list": "operator.view",
        **dict.fromkeys(("hide", "show", "dismiss", "feature", "unfeature"), "operator.manage"),
    }

    def found(self, id: str) -> Collection:
        found = any_collections().filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such collection."))
        return found

    def decided(self, id: str, step: Callable[..., object], **values: Any) -> Response:
        step(actor=self.principal, collection=self.found(id), **values)
        return Response(CollectionSerializer(self.found(id)).data)

    @extend_schema(operation_id="list_collection_reports", summary=str(_("Open reports on collections")))
    def list(self, request: Request) -> Response:
        return self.page(open_collection_reports())

    @extend_schema(
        operation_id="hide_collection", summary=str(_("Hide a collection")), request=CollectionDecision,
        responses=CollectionSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def hide(self, request: Request, id: str) -> Response:
        note = self.validated(CollectionDecision).get("note", "")
        return self.decided(id, collection_reports.hide_collection, note=note)

    @extend_schema(
        operation_id="show_collection", summary=str(_("Show a hidden collection again")), request=None,
        responses=CollectionSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def show(self, request: Request, id: str) -> Response:
        return self.decided(id, collection_reports.show_collection)

    @extend_schema(
        operation_id="dismiss_collection_reports", summary=str(_("Leave a reported collection as it is")), request=None,
        responses=CollectionSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, id: str) -> Response:
        return self.decided(id, collection_reports.dismiss_collection_reports)

    @extend_schema(
        operation_id="feature_collection", summary=str(_("Put a collection on the home page")), request=None,
        responses=CollectionSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["put"], url_path="featured", url_name="featured")
    def feature(self, request: Request, id: str) -> Response:
        return self.decided(id, collection_reports.feature_collection, featured=True)

    @extend_schema(
        operation_id="unfeature_collection", summary=str(_("Take a collection from the home page")), request=None,
        responses=CollectionSerializer,
    )  # fmt: skip
    @feature.mapping.delete
    def unfeature(self, request: Request, id: str) -> Response:
        return self.decided(id, collection_reports.feature_collection, featured=False)
