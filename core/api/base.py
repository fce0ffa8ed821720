"""The base of every API resource, and how the API is laid out.

    /api/v1/workspaces/<slug>/servers          the resources of a workspace
    /api/v1/workspaces/<slug>/servers/<id>

- Views of a workspace's resources derive from `accounts.api.base.WorkspaceViewSet`, all others from `ApiViewSet`.
  Both call services; they hold no rules of their own.
- Lists page by cursor (`core.api.pagination`), the newest first: {"data": [...], "next": "…" or null}.
- Errors are problem details (`core.api.problems`): raise ServiceProblem or REST framework's own exceptions.
- Writes take an `Idempotency-Key` (`core.api.idempotency`); name one-time secrets in `secret_fields`.
- Routes end without a slash: `ApiRouter().register("workspaces/<slug:workspace>/servers", ServerApi, "api-server")`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from core.api.idempotency import IdempotencyMixin
from core.api.schema import ApiSchema


class ApiViewSet(IdempotencyMixin, GenericViewSet[Any]):
    """Resources by prefixed id."""

    schema = ApiSchema()
    needs: ClassVar[Mapping[str, str]] = {}
    """The action that each handler asks for: {"list": "server.view"}. The API's description tells it."""
    lookup_field = "id"
    lookup_value_converter = "str"

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    def validated(
        self, serializer: type[BaseSerializer[Any]] | None = None, *, partial: bool = False
    ) -> dict[str, Any]:
        """The checked body of the request. Raises ValidationError."""
        chosen = serializer or self.get_serializer_class()
        made = chosen(data=self.request.data, partial=partial, context=self.get_serializer_context())
        made.is_valid(raise_exception=True)
        values: dict[str, Any] = made.validated_data
        return values

    def page(self, queryset: Any, serializer: type[BaseSerializer[Any]] | None = None) -> Response:
        """One page of rows as {"data": …, "next": …}."""
        rows = self.paginate_queryset(queryset)
        chosen = serializer or self.get_serializer_class()
        return self.get_paginated_response(chosen(rows, many=True, context=self.get_serializer_context()).data)


class ApiRouter(SimpleRouter):
    """Plain paths (`<slug:workspace>`), no slash at the end."""

    def __init__(self) -> None:
        super().__init__(trailing_slash=False, use_regex_path=False)
