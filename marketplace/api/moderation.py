"""The operator's decisions over the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import principal_of
from core.api.base import ApiViewSet
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem
from core.permissions import INSTALLATION, require
from marketplace.api.publishing_serializers import (
    NoteWrite,
    OwnListingSerializer,
    PicksWrite,
    QueuedVersionSerializer,
)
from marketplace.models import Listing, ListingVersion
from marketplace.selectors.publishing import picks, queue
from marketplace.services import moderation

STATE = OpenApiParameter("state", str, enum=["review", "quarantine"], default="review")


class OperatorViewSet(ApiViewSet):
    """For the operator alone, signed in: no key opens it."""

    principal: Principal

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        self.principal = principal_of(request)
        if self.action not in (None, "metadata"):
            require(self.principal, self.needs[self.action], INSTALLATION)


class VersionQueueApi(OperatorViewSet):
    """Versions that wait for the operator. Only the operator may open it, in a browser's session: no key does."""

    serializer_class = QueuedVersionSerializer
    queryset = ListingVersion.objects.none()
    needs: ClassVar[Mapping[str, str]] = {
        "list": "operator.view",
        "retrieve": "operator.view",
        **dict.fromkeys(("approve", "reject", "quarantine"), "operator.manage"),
    }

    def one(self, id: str) -> ListingVersion:
        rows = ListingVersion.objects.select_related("listing__publisher__workspace", "listing__current")
        found = rows.filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such version."))
        return found

    def decided(self, id: str, step: Callable[..., ListingVersion]) -> Response:
        note = self.validated(NoteWrite).get("note", "")
        step(actor=self.principal, version=self.one(id), note=note)
        return Response(QueuedVersionSerializer(self.one(id)).data)

    @extend_schema(operation_id="list_queue", summary=str(_("Versions that wait")), parameters=[STATE])
    def list(self, request: Request) -> Response:
        state = request.query_params.get("state", "review")
        if state not in ("review", "quarantine"):
            raise InvalidProblem(_("Choose review or quarantine."), field="state")
        return self.page(queue(state))

    @extend_schema(operation_id="get_queued_version", summary=str(_("One version, whole")))
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(QueuedVersionSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="approve_version", summary=str(_("Let a version go live")), request=NoteWrite,
        responses=QueuedVersionSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, id: str) -> Response:
        return self.decided(id, moderation.approve_version)

    @extend_schema(
        operation_id="reject_version", summary=str(_("Refuse a version; the note says why")), request=NoteWrite,
        responses=QueuedVersionSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, id: str) -> Response:
        return self.decided(id, moderation.reject_version)

    @extend_schema(
        operation_id="quarantine_version", summary=str(_("Hold a version back")), request=NoteWrite,
        responses=QueuedVersionSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def quarantine(self, request: Request, id: str) -> Response:
        return self.decided(id, moderation.quarantine_version)


class ListingModerationApi(OperatorViewSet):
    """Listings as a whole: held back, let out, removed, and chosen as picks."""

    serializer_class = OwnListingSerializer
    queryset = Listing.objects.none()
    needs: ClassVar[Mapping[str, str]] = {
        "picks": "operator.view",
        **dict.fromkeys(("set_picks", "quarantine", "release", "remove"), "operator.manage"),
    }

    def decided(self, id: str, step: Callable[..., Listing]) -> Response:
        found = Listing.objects.filter(pk=id).select_related("publisher__workspace", "current").first()
        if found is None:
            raise NotFoundProblem(_("There is no such listing."))
        note = self.validated(NoteWrite).get("note", "")
        return Response(OwnListingSerializer(step(actor=self.principal, listing=found, note=note)).data)

    @extend_schema(
        operation_id="quarantine_listing", summary=str(_("Show a live listing to nobody for now")), request=NoteWrite,
        responses=OwnListingSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def quarantine(self, request: Request, id: str) -> Response:
        return self.decided(id, moderation.quarantine_listing)

    @extend_schema(
        operation_id="release_listing", summary=str(_("Let a listing out of quarantine")), request=NoteWrite,
        responses=OwnListingSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def release(self, request: Request, id: str) -> Response:
        return self.decided(id, moderation.release_listing)

    @extend_schema(
        operation_id="take_down_listing", summary=str(_("Remove a listing for good")), request=NoteWrite,
        responses=OwnListingSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, id: str) -> Response:
        return self.decided(id, moderation.take_down_listing)

    @extend_schema(
        operation_id="list_picks", summary=str(_("The operator's picks in order")),
        responses=OwnListingSerializer(many=True),
    )  # fmt: skip
    @action(detail=False, methods=["get"], pagination_class=None)
    def picks(self, request: Request) -> Response:
        return Response(OwnListingSerializer(picks().select_related("current"), many=True).data)

    @extend_schema(
        operation_id="set_picks", summary=str(_("Choose the picks and their order")), request=PicksWrite,
        responses=OwnListingSerializer(many=True),
    )  # fmt: skip
    @picks.mapping.put
    def set_picks(self, request: Request) -> Response:
        moderation.set_picks(actor=self.principal, listing_ids=self.validated(PicksWrite)["listings"])
        return Response(OwnListingSerializer(picks().select_related("current"), many=True).data)
