"""Reviews over the API: everybody reads them, whoever ran a listing writes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import principal_of, workspace_principal
from accounts.models import User, Workspace
from accounts.permissions import principal_for
from core.api.base import ApiViewSet
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem
from marketplace.api.review_serializers import (
    NewReviewWrite,
    RatingMadeSerializer,
    ReplyWrite,
    ReportSerializer,
    ReportWrite,
    ReviewSerializer,
    ReviewWrite,
    rating_json,
)
from marketplace.api.throttling import PublicThrottle
from marketplace.models import Listing, Review
from marketplace.selectors.listed import find_listing
from marketplace.selectors.reviews import shown_reviews
from marketplace.services import reviews as services
from marketplace.services.reports import send_report
from marketplace.services.review_answers import reply_review, vote_helpful

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH, description=str(_("Short name of the listing.")))
STARS = OpenApiParameter("stars", int, enum=[1, 2, 3, 4, 5], description=str(_("Only those with so many stars.")))
COUNTS = OpenApiParameter("counts", bool, description=str(_("Only those that count, or only those left out.")))


class _ReviewViewSet(ApiViewSet):
    """Reading needs no key."""

    public: ClassVar[frozenset[str]] = frozenset()
    throttle_classes = [PublicThrottle]

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.action in self.public else IsAuthenticated()]

    def member_of(self, workspace: Workspace | None) -> Principal:
        """Who calls, with their role in a workspace."""
        principal = principal_of(self.request)
        if principal.kind == "person" and workspace is not None and isinstance(self.request.user, User):
            return principal_for(self.request.user, workspace)
        return principal


def shown_listing(slug: str) -> Listing:
    found = find_listing(slug)
    if found is None or found.state not in Listing.SHOWN:
        raise NotFoundProblem(_("There is no such listing."))
    return found


@extend_schema(parameters=[SLUG])
class ListingReviewApi(_ReviewViewSet):
    """Reviews of a listing, by workspaces that ran it at least five times on two days."""

    serializer_class = ReviewSerializer
    queryset = Review.objects.none()
    public = frozenset({"list", "rating"})
    needs: ClassVar[Mapping[str, str]] = {"create": "review.write"}

    @extend_schema(
        operation_id="list_reviews", summary=str(_("Reviews of a listing, the newest first")),
        parameters=[STARS, COUNTS],
    )  # fmt: skip
    def list(self, request: Request, slug: str) -> Response:
        rows = shown_reviews(shown_listing(slug))
        stars, counts = request.query_params.get("stars", ""), request.query_params.get("counts", "")
        if stars:
            if stars not in set("12345"):
                raise InvalidProblem(_("Give one to five stars."), field="stars")
            rows = rows.filter(stars=int(stars))
        if counts:
            if counts not in ("true", "false"):
                raise InvalidProblem(_("Say true or false."), field="counts")
            rows = rows.filter(weight__gt=0) if counts == "true" else rows.exclude(left_out="")
        return self.page(rows.select_related("listing", "user"))

    @extend_schema(
        operation_id="create_review", summary=str(_("Review a listing")), request=NewReviewWrite,
        description=str(_("One a workspace, after five runs on two days. Codes: too_little, reviewed, publisher.")),
        responses={201: ReviewSerializer},
    )  # fmt: skip
    def create(self, request: Request, slug: str) -> Response:
        values = self.validated(NewReviewWrite)
        workspace, principal = self._writer(request, values.pop("workspace", ""))
        made = services.write_review(actor=principal, workspace=workspace, listing=shown_listing(slug), **values)
        return Response(ReviewSerializer(made).data, status=201)

    @extend_schema(operation_id="get_rating", summary=str(_("How the rating is made")), responses=RatingMadeSerializer)
    @action(detail=False, methods=["get"], pagination_class=None)
    def rating(self, request: Request, slug: str) -> Response:
        return Response(RatingMadeSerializer(rating_json(shown_listing(slug))).data)

    def _writer(self, request: Request, wished: str) -> tuple[Workspace, Principal]:
        principal = principal_of(request)
        if principal.kind == "key" and not wished:
            wished = Workspace.objects.values_list("slug", flat=True).get(pk=principal.workspace_id)
        if not wished:
            raise InvalidProblem(_("Say for which workspace you write."), field="workspace")
        return workspace_principal(request, wished)


@extend_schema(parameters=[SLUG])
class ListingReportApi(_ReviewViewSet):
    """Reports on listings."""

    serializer_class = ReportSerializer
    queryset = Review.objects.none()
    needs: ClassVar[Mapping[str, str]] = {"create": "review.write"}

    @extend_schema(
        operation_id="report_listing", summary=str(_("Report a listing")), request=ReportWrite,
        responses={201: ReportSerializer},
    )  # fmt: skip
    def create(self, request: Request, slug: str) -> Response:
        values = self.validated(ReportWrite)
        made = send_report(actor=principal_of(request), listing=shown_listing(slug), **values)
        return Response(ReportSerializer(made).data, status=201)


class ReviewApi(_ReviewViewSet):
    """One review: changed once, withdrawn, answered by the publisher, found helpful, reported."""

    serializer_class = ReviewSerializer
    queryset = Review.objects.none()
    public = frozenset({"retrieve"})
    needs: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("partial_update", "destroy", "vote", "unvote", "report"), "review.write"),
        "reply": "listing.manage",
    }

    def one(self, id: str) -> Review:
        """Also a held one, which its writer may withdraw; nobody reads it."""
        rows = Review.objects.select_related("listing__publisher__workspace", "workspace", "user")
        states = [Review.State.SHOWN] if self.action == "retrieve" else [Review.State.SHOWN, Review.State.HELD]
        found = rows.filter(pk=id, state__in=states, listing__state__in=Listing.SHOWN).first()
        if found is None:
            raise NotFoundProblem(_("There is no such review."))
        return found

    def said(self, review: Review, status: int = 200) -> Response:
        return Response(ReviewSerializer(review).data, status=status)

    @extend_schema(operation_id="get_review", summary=str(_("One review")))
    def retrieve(self, request: Request, id: str) -> Response:
        return self.said(self.one(id))

    @extend_schema(
        operation_id="edit_review", summary=str(_("Change a review, once")), request=ReviewWrite,
        responses=ReviewSerializer,
    )  # fmt: skip
    def partial_update(self, request: Request, id: str) -> Response:
        review = self.one(id)
        values = self.validated(ReviewWrite, partial=True)
        stars, text = values.get("stars", review.stars), values.get("text", review.text)
        actor = self.member_of(review.workspace)
        return self.said(services.edit_review(actor=actor, review=review, stars=stars, text=text))

    @extend_schema(operation_id="withdraw_review", summary=str(_("Withdraw a review")), responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        review = self.one(id)
        services.withdraw_review(actor=self.member_of(review.workspace), review=review)
        return Response(status=204)

    @extend_schema(
        operation_id="reply_review", summary=str(_("Answer a review, as its publisher")), request=ReplyWrite,
        responses=ReviewSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["put"])
    def reply(self, request: Request, id: str) -> Response:
        review = self.one(id)
        actor = self.member_of(review.listing.publisher.workspace)
        return self.said(reply_review(actor=actor, review=review, **self.validated(ReplyWrite)))

    @extend_schema(
        operation_id="vote_review", summary=str(_("Say that a review helps")), request=None, responses=ReviewSerializer
    )
    @action(detail=True, methods=["put"], url_path="helpful", url_name="helpful")
    def vote(self, request: Request, id: str) -> Response:
        return self.said(vote_helpful(actor=principal_of(request), review=self.one(id)))

    @extend_schema(
        operation_id="unvote_review", summary=str(_("Take that back")), request=None, responses=ReviewSerializer
    )
    @vote.mapping.delete
    def unvote(self, request: Request, id: str) -> Response:
        return self.said(vote_helpful(actor=principal_of(request), review=self.one(id), helpful=False))

    @extend_schema(
        operation_id="report_review", summary=str(_("Report a review")), request=ReportWrite,
        responses={201: ReportSerializer},
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="reports", url_name="reports")
    def report(self, request: Request, id: str) -> Response:
        review, values = self.one(id), self.validated(ReportWrite)
        made = send_report(actor=principal_of(request), listing=review.listing, review=review, **values)
        return Response(ReportSerializer(made).data, status=201)
