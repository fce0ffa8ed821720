"""Where everything is. Each app names its own pages; this file only joins them."""

from __future__ import annotations

from allauth.account.views import password_reset_from_key
from django.urls import include, path, re_path

from core.api.views import reference_group, reference_index, schema
from core.find import find
from marketplace.home import home_page

urlpatterns = [
    path("", home_page, name="home"),
    path("", include("core.urls")),
    path("", include("marketplace.urls")),
    path("", include("proxy.urls")),
    path("", include("assistants.urls")),
    path("docs/", include("core.docs")),
    path("styleguide/", include("core.styleguide")),
    path("", include("accounts.urls")),
    # allauth's own pattern takes only letters and digits for the person; our ids have a prefix.
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9a-z_]+)-(?P<key>.+)/$",
        password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("accounts/", include("allauth.account.urls")),
    path("find/", find, name="find"),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("proxy.api.urls")),
    path("api/v1/", include("assistants.api.urls")),
    path("api/v1/", include("marketplace.api.urls")),
    path("api/schema/", schema, name="api-schema"),
    path("api/docs/", reference_index, name="api-docs"),
    path("api/docs/<slug:slug>/", reference_group, name="api-docs-group"),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
