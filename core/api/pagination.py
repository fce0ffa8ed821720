"""Paging by cursor: `?limit=50&cursor=…` answers {"data": [...], "next": "…" or null} and a Link header.

Ids sort by the time they were made, so the id of the last row is all that a cursor holds. Rows that appear or vanish
between two pages are neither repeated nor skipped.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
_VERSION = "1:"


class CursorPagination(BasePagination):
    """The newest first. A view may set `cursor_field` (unique, sortable; default `id`) and `cursor_ascending`."""

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        assert isinstance(queryset, QuerySet)
        field = getattr(view, "cursor_field", "id")
        ascending = getattr(view, "cursor_ascending", False)
        limit = _limit(request)
        after = _decode(request.query_params.get("cursor", ""))
        if after is not None:
            queryset = queryset.filter(**{f"{field}__{'gt' if ascending else 'lt'}": after})
        rows: list[Model] = list(queryset.order_by(field if ascending else f"-{field}")[: limit + 1])
        more, rows = len(rows) > limit, rows[:limit]
        self._next = _encode(str(getattr(rows[-1], field))) if more else None
        self._url = request.build_absolute_uri()
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        headers = {}
        if self._next:
            headers["Link"] = f'<{replace_query_param(self._url, "cursor", self._next)}>; rel="next"'
        return Response({"data": data, "next": self._next}, headers=headers)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["data", "next"],
            "properties": {
                "data": schema,
                "next": {
                    "type": ["string", "null"],
                    "description": "Cursor of the next page; null on the last one. The Link header holds its address.",
                },
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        return [
            {"name": "cursor", "in": "query", "schema": {"type": "string"}, "description": "`next` of an answer."},
            {"name": "limit", "in": "query", "schema": limit, "description": "Rows on a page."},
        ]


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "")
    if not text:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MAX_LIMIT):
        raise ValidationError({"limit": [_("Write a whole number from 1 to %d.") % MAX_LIMIT]})
    return int(text)


def _encode(value: str) -> str:
    return base64.urlsafe_b64encode(f"{_VERSION}{value}".encode()).rstrip(b"=").decode()


def _decode(cursor: str) -> str | None:
    if not cursor:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith(_VERSION) or "\0" in text:
        raise ValidationError({"cursor": [_("This is no cursor of this list; take `next` of the last answer.")]})
    return text.removeprefix(_VERSION)
