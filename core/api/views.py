"""The API's description (OpenAPI 3.1) and its live page."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.context import places


class SchemaView(SpectacularJSONAPIView):
    """`/api/schema/`: the same for everybody, also before signing in."""

    permission_classes = [AllowAny]
    authentication_classes = []


class DocsView(SpectacularSwaggerSplitView):
    """`/api/docs/`: Swagger UI from our own files. Its script is a request of its own, as the content policy wants."""

    permission_classes = [AllowAny]
    authentication_classes = []
    template_name = "core/api_docs.html"
    url_name = "api-schema"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]  # not typed there
        if isinstance(response.data, dict):
            # What the layout needs of Django's own request; and Swagger UI is drawn for a light page.
            # The framework has put nobody in its place: the session knows better.
            request._request.user = get_user(request._request)
            response.data["user"] = request._request.user
            response.data["here"] = places(request._request)["here"] | {"theme": "light"}
        return response
