"""The marketplace over the API: everybody may read it, with a key or without."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.api.base import ApiViewSet
from core.errors import NotFoundProblem
from marketplace.api.listed_serializers import (
    FoundSerializer,
    ListedFullSerializer,
    ListedSerializer,
    ListedVersionSerializer,
)
from marketplace.api.throttling import PublicThrottle
from marketplace.models import Listing
from marketplace.packages import read_package
from marketplace.search.facets import FACETS
from marketplace.search.question import LONGEST
from marketplace.selectors.finding import MOST_PAGES, ORDERS, Ask, Found, find, hydrate, is_value
from marketplace.selectors.listed import find_listing, needed_names, versions_of

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d(?::\d\d)?")
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,20})?(?:e-?\d{1,2})?")
FILTERS = [
    OpenApiParameter(name, str, many=True, enum=list(labels), description=str(title), explode=True)
    for name, (title, labels) in FACETS.items()
]
PARAMETERS = [
    OpenApiParameter("q", str, description=str(_("What to look for: words, or what is to get done, in any language."))),
    *FILTERS,
    OpenApiParameter("order", str, enum=list(ORDERS), default="fits"),
    OpenApiParameter("cursor", str, description=str(_("`next` of an answer."))),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}),
]


class ListedApi(ApiViewSet):
    """The marketplace: assistants and MCP servers that anybody may install. No key is needed to read it."""

    serializer_class = ListedSerializer
    queryset = Listing.objects.none()
    permission_classes = [AllowAny]
    throttle_classes = [PublicThrottle]
    pagination_class = None
    http_method_names = ["get", "head"]
    lookup_field = "slug"
    lookup_value_converter = "slug"

    @extend_schema(
        operation_id="search_listings",
        summary=str(_("Search the marketplace")),
        description=str(
            _(
                "By words and by meaning together, slips of typing forgiven. Values of a filter are alternatives, "
                "but all of `may` and `evidence` must hold. With `q` the best few hundred are listed."
            )
        ),
        parameters=PARAMETERS,
        responses=FoundSerializer,
    )
    def list(self, request: Request) -> Response:
        ask = read_ask(request)
        found = find(ask)
        following = next_cursor(ask, found)
        headers = {}
        if following:
            url = replace_query_param(request.build_absolute_uri(), "cursor", following)
            headers["Link"] = f'<{url}>; rel="next"'
        body = {
            "data": ListedSerializer(hydrate(found.ids, version=True), many=True).data,
            "next": following,
            "total": {"count": found.total.number, "more": found.total.more},
            "corrected": found.corrected,
            "facets": found.facets,
        }
        return Response(body, headers=headers)

    @extend_schema(operation_id="get_listing", summary=str(_("One listing")), responses=ListedFullSerializer)
    def retrieve(self, request: Request, slug: str) -> Response:
        return Response(ListedFullSerializer(_shown(slug)).data)

    @extend_schema(
        operation_id="list_listing_versions",
        summary=str(_("Versions of a listing")),
        description=str(_("The newest twenty, each with what it may do more than the one before.")),
        responses=ListedVersionSerializer(many=True),
    )
    @action(detail=True)
    def versions(self, request: Request, slug: str) -> Response:
        listing = _shown(slug)
        names = needed_names(read_package(listing.current.package)) if listing.current else {}
        return Response(ListedVersionSerializer(versions_of(listing, names), many=True).data)


def _shown(slug: str) -> Listing:
    listing = find_listing(slug)
    if listing is None or listing.state not in Listing.SHOWN:
        raise NotFoundProblem(_("There is no such listing."))
    return listing


def read_ask(request: Request) -> Ask:
    """Raises ValidationError for values that are not known."""
    query = request.query_params
    chosen = {facet: tuple(dict.fromkeys(query.getlist(facet))) for facet in FACETS if facet in query}
    for facet, values in chosen.items():
        if unknown := [value for value in values if not is_value(facet, value)]:
            raise ValidationError({facet: [_("%s is not one of its values.") % unknown[0][:40]]})
    order = query.get("order") or "fits"
    if order not in ORDERS:
        raise ValidationError({"order": [_("It is one of %s.") % ", ".join(ORDERS)]})
    text = " ".join(query.get("q", "").replace("\0", "").split())[:LONGEST]
    page, after = _read_cursor(query.get("cursor", ""), "" if text else order)
    return Ask(text=text, chosen=chosen, order=order, page=page, size=_limit(query.get("limit", "")), after=after)


def next_cursor(ask: Ask, found: Found) -> str | None:
    """By text the number of the next page, else the last row: what appears or vanishes meanwhile shifts nothing."""
    if ask.text:
        return _cursor([ask.page + 1]) if ask.page < found.pages else None
    return _cursor(found.last) if found.last else None


def _cursor(value: Sequence[str | int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _read_cursor(cursor: str, order: str) -> tuple[int, tuple[str, str] | None]:
    """`order`: of a list without text, else empty."""
    if not cursor:
        return 1, None
    try:
        value = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        value = None
    match value:
        case [int(page)] if not order and 1 <= page <= MOST_PAGES:
            return page, None
        case [str(row), str(listing)] if (
            order and (_MOMENT if order == "new" else _NUMBER).fullmatch(row) and "\0" not in listing
        ):
            return 1, (row, listing)
    raise ValidationError({"cursor": [_("This is no cursor of this list; take `next` of the last answer.")]})


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MAX_LIMIT):
        raise ValidationError({"limit": [_("Write a whole number from 1 to %d.") % MAX_LIMIT]})
    return int(text)
