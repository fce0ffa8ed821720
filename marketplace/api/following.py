"""Publishers as everybody sees them, and following them, over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import principal_of
from core.api.base import ApiViewSet
from core.errors import NotFoundProblem, PermissionProblem
from marketplace.api.collection_serializers import (
    FollowSerializer,
    FollowWrite,
    PublicPublisherSerializer,
    PublishedSerializer,
)
from marketplace.api.collections import reader
from marketplace.api.listed_serializers import ListedSerializer
from marketplace.api.throttling import PublicThrottle
from marketplace.models import Publisher, PublisherFollow
from marketplace.selectors import publisher_page as selectors
from marketplace.services import following

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH, description=str(_("Short name of a publisher.")))


def shown_publisher(slug: str) -> Publisher:
    found = selectors.find_publisher(slug)
    if found is None:
        raise NotFoundProblem(_("There is no such publisher."))
    return found


@extend_schema(parameters=[SLUG])
class PublicPublisherApi(ApiViewSet):
    """Publishers as everybody sees them. No key is needed."""

    serializer_class = PublicPublisherSerializer
    queryset = Publisher.objects.none()
    permission_classes = [AllowAny]
    throttle_classes = [PublicThrottle]
    http_method_names = ["get", "head"]
    lookup_field = "slug"
    lookup_value_converter = "slug"

    @extend_schema(operation_id="get_public_publisher", summary=str(_("A publisher as everybody sees it")))
    def retrieve(self, request: Request, slug: str) -> Response:
        return Response(PublicPublisherSerializer(shown_publisher(slug)).data)

    @extend_schema(
        operation_id="list_publisher_listings", summary=str(_("What a publisher lists")), responses=ListedSerializer
    )
    @action(detail=True, methods=["get"])
    def listings(self, request: Request, slug: str) -> Response:
        rows = selectors.listings_by(shown_publisher(slug)).select_related("current")
        return self.page(rows, ListedSerializer)


class FollowingApi(ApiViewSet):
    """The publishers that the person behind the key follows, and what these published."""

    serializer_class = FollowSerializer
    queryset = PublisherFollow.objects.none()
    http_method_names = ["get", "put", "delete", "head"]
    lookup_field = "slug"
    lookup_value_converter = "slug"
    needs: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("list", "news"), "workspace.view"),
        **dict.fromkeys(("update", "destroy"), "publisher.follow"),
    }

    def person(self) -> str:
        principal = reader(self.request)
        if not principal.user_id:
            raise PermissionProblem(_("The key needs the scope read."), code="scope")
        return principal.user_id

    @extend_schema(operation_id="list_following", summary=str(_("Whom one follows")))
    def list(self, request: Request) -> Response:
        return self.page(selectors.follows_of(self.person()))

    @extend_schema(
        operation_id="follow_publisher", summary=str(_("Follow a publisher")), request=FollowWrite, parameters=[SLUG],
        description=str(_("Again, it changes `mails` where that is given. At most 500 a person. Codes: too_many.")),
        responses=FollowSerializer,
    )  # fmt: skip
    def update(self, request: Request, slug: str) -> Response:
        publisher, values = shown_publisher(slug), self.validated(FollowWrite)
        made = following.follow_publisher(
            actor=principal_of(request), publisher=publisher, mails=values.get("mails")
        )  # fmt: skip
        return Response(FollowSerializer(made).data)

    @extend_schema(
        operation_id="unfollow_publisher", summary=str(_("Follow a publisher no longer")), parameters=[SLUG],
        responses={204: None},
    )  # fmt: skip
    def destroy(self, request: Request, slug: str) -> Response:
        following.unfollow_publisher(actor=principal_of(request), publisher=shown_publisher(slug))
        return Response(status=204)

    @extend_schema(
        operation_id="list_following_news", summary=str(_("What those whom one follows published")),
        description=str(_("The newest fifty: new listings and versions.")), responses=PublishedSerializer(many=True),
    )  # fmt: skip
    @action(detail=False, methods=["get"], pagination_class=None)
    def news(self, request: Request) -> Response:
        rows = selectors.published_for(self.person())[: selectors.FEED]
        return Response(PublishedSerializer(selectors.read_published(rows), many=True).data)
