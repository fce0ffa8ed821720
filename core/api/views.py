"""The API's description (OpenAPI 3.1) and its live page."""

from __future__ import annotations

from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny


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
