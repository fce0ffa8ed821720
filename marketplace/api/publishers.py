"""Publishers over the API: who stands behind listings, and the proof of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from core.errors import NotFoundProblem
from marketplace.api.publishing_serializers import ClaimSerializer, ClaimWrite, PublisherSerializer, PublisherWrite
from marketplace.models import Claim, Publisher
from marketplace.selectors.publishing import claims_of, publishers_of
from marketplace.services.claims import check_claim, start_claim
from marketplace.services.publishers import create_publisher, update_publisher

_CLAIM = OpenApiParameter("claim", str, OpenApiParameter.PATH, description=str(_("Id of a claim.")))


class PublisherApi(WorkspaceViewSet):
    """Who stands behind listings: the workspace's own publisher, and imported ones that it claimed."""

    serializer_class = PublisherSerializer
    queryset = Publisher.objects.none()
    kind = "publisher"
    needs: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("list", "retrieve", "create", "partial_update", "claims", "start", "check"), "listing.manage"
    )

    def one(self, id: str) -> Publisher:
        found = publishers_of(self.workspace).filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such publisher."))
        return found

    def claimable(self, id: str) -> Publisher:
        """Also one that an import made and nobody has claimed."""
        found = Publisher.objects.filter(pk=id, workspace=None).exclude(source="").first()
        return found or self.one(id)

    @extend_schema(operation_id="list_publishers", summary=str(_("Publishers of the workspace")))
    def list(self, request: Request, workspace: str) -> Response:
        return self.page(publishers_of(self.workspace))

    @extend_schema(
        operation_id="create_publisher", summary=str(_("Become a publisher")), request=PublisherWrite,
        responses={201: PublisherSerializer},
    )  # fmt: skip
    def create(self, request: Request, workspace: str) -> Response:
        made = create_publisher(actor=self.principal, workspace=self.workspace, **self.validated(PublisherWrite))
        return Response(PublisherSerializer(made).data, status=201)

    @extend_schema(operation_id="get_publisher", summary=str(_("One publisher")))
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return Response(PublisherSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="update_publisher", summary=str(_("Change a publisher")), request=PublisherWrite,
        responses=PublisherSerializer,
    )  # fmt: skip
    def partial_update(self, request: Request, workspace: str, id: str) -> Response:
        values = self.validated(PublisherWrite, partial=True)
        made = update_publisher(actor=self.principal, publisher=self.one(id), **values)
        return Response(PublisherSerializer(made).data)

    @extend_schema(
        operation_id="list_claims", summary=str(_("Claims of a publisher")), responses=ClaimSerializer(many=True)
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def claims(self, request: Request, workspace: str, id: str) -> Response:
        return Response(ClaimSerializer(claims_of(self.workspace, self.claimable(id)), many=True).data)

    @extend_schema(
        operation_id="start_claim",
        summary=str(_("Begin to prove who a publisher is")),
        description=str(_("Put the token where `address` says, then have it checked. Again, it gives the same claim.")),
        request=ClaimWrite,
        responses={201: ClaimSerializer},
    )
    @claims.mapping.post
    def start(self, request: Request, workspace: str, id: str) -> Response:
        values = self.validated(ClaimWrite)
        claim = start_claim(actor=self.principal, workspace=self.workspace, publisher=self.claimable(id), **values)
        return Response(ClaimSerializer(claim).data, status=201)

    @extend_schema(
        operation_id="check_claim", summary=str(_("Look for the token now")), parameters=[_CLAIM], request=None,
        responses=ClaimSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="claims/<str:claim>/check", url_name="claim-check")
    def check(self, request: Request, workspace: str, id: str, claim: str) -> Response:
        rows = Claim.objects.filter(pk=claim, publisher=id, workspace=self.workspace)
        found = rows.select_related("publisher", "workspace").first()
        if found is None:
            raise NotFoundProblem(_("There is no such claim."))
        return Response(ClaimSerializer(check_claim(actor=self.principal, claim=found)).data)
