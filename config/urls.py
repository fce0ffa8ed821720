"""Where everything is. Each app names its own pages; this file only joins them."""

from __future__ import annotations

from django.urls import include, path

from core.api.views import DocsView, SchemaView
from core.find import find

urlpatterns = [
    path("", include("core.urls")),
    path("docs/", include("core.docs")),
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("find/", find, name="find"),
    path("api/v1/", include("accounts.api.urls")),
    path("api/schema/", SchemaView.as_view(), name="api-schema"),
    path("api/docs/", DocsView.as_view(), name="api-docs"),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
