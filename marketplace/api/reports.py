"""The operator's decisions about reports and reviews over the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import NotFoundProblem
from marketplace.api.moderation import OperatorViewSet
from marketplace.api.publishing_serializers import NoteWrite
from marketplace.api.review_serializers import DecisionWrite, QueuedReportSerializer, ReviewSerializer
from marketplace.models import Report, Review
from marketplace.selectors.reviews import open_reports
from marketplace.services import reports


class ReportQueueApi(OperatorViewSet):
    """Reports that wait for the operator."""

    serializer_class = QueuedReportSerializer
    queryset = Report.objects.none()
    cursor_ascending = True
    needs: ClassVar[Mapping[str, str]] = {
        "list": "operator.view", "retrieve": "operator.view", "decide": "operator.manage"
    }  # fmt: skip

    def one(self, id: str) -> Report:
        found = Report.objects.select_related("listing").filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such report."))
        return found

    @extend_schema(operation_id="list_reports", summary=str(_("Open reports, the oldest first")))
    def list(self, request: Request) -> Response:
        return self.page(open_reports())

    @extend_schema(operation_id="get_report", summary=str(_("One report")))
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(QueuedReportSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="decide_report", summary=str(_("Uphold or dismiss a report")), request=DecisionWrite,
        responses=QueuedReportSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, id: str) -> Response:
        values = self.validated(DecisionWrite)
        made = reports.decide_report(actor=self.principal, report=self.one(id), **values)
        return Response(QueuedReportSerializer(made).data)


class ReviewModerationApi(OperatorViewSet):
    """Reviews that the operator holds, shows again or removes."""

    serializer_class = ReviewSerializer
    queryset = Review.objects.none()
    needs: ClassVar[Mapping[str, str]] = dict.fromkeys(("hold", "release", "remove"), "operator.manage")

    def decided(self, id: str, step: Callable[..., Review]) -> Response:
        found = Review.objects.filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such review."))
        note = self.validated(NoteWrite).get("note", "")
        return Response(ReviewSerializer(step(actor=self.principal, review=found, note=note)).data)

    @extend_schema(
        operation_id="hold_review", summary=str(_("Show a review to nobody for now")), request=NoteWrite,
        responses=ReviewSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, id: str) -> Response:
        return self.decided(id, reports.hold_review)

    @extend_schema(
        operation_id="release_review", summary=str(_("Show a held review again")), request=NoteWrite,
        responses=ReviewSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def release(self, request: Request, id: str) -> Response:
        return self.decided(id, reports.release_review)

    @extend_schema(
        operation_id="remove_review", summary=str(_("Remove a review for good")), request=NoteWrite,
        responses=ReviewSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, id: str) -> Response:
        return self.decided(id, reports.remove_review)
