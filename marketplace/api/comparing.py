"""Listings beside each other over the API."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.schema import ApiSchema
from core.errors import InvalidProblem
from marketplace.api.collection_serializers import ComparisonSerializer
from marketplace.api.throttling import PublicThrottle
from marketplace.selectors.comparing import MOST, compare

LISTINGS = OpenApiParameter(
    "l", str, many=True, explode=True, required=True, description=str(_("Short names of up to four listings."))
)


class CompareApi(APIView):
    """Up to four listings beside each other: the same facts of each, and which of them differ."""

    schema = ApiSchema()
    permission_classes = [AllowAny]
    throttle_classes = [PublicThrottle]

    @extend_schema(
        operation_id="compare_listings", summary=str(_("Compare listings")), parameters=[LISTINGS],
        responses=ComparisonSerializer,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        slugs = request.query_params.getlist("l")
        if not slugs or len(slugs) > MOST:
            raise InvalidProblem(_("Name one to %d listings.") % MOST, field="l")
        return Response(ComparisonSerializer(compare(slugs)).data)
