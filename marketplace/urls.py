"""The catalogue, public and inside a workspace."""

from __future__ import annotations

from django.urls import path

from marketplace import views
from marketplace.api import registry
from marketplace.publishing_urls import publishing_urls

app_name = "marketplace"

urlpatterns = [
    path("v0.1/servers", registry.server_list, name="registry-servers"),
    path("v0.1/servers/<path:name>/versions", registry.server_versions, name="registry-versions"),
    path("v0.1/servers/<path:name>/versions/<str:version>", registry.server_version, name="registry-version"),
    path("marketplace/", views.market_page, name="catalogue"),
    *publishing_urls,
    path("marketplace/<slug:slug>/", views.entry_page, name="entry"),
    path("w/<slug:workspace>/connect/from/<slug:slug>/", views.connect_page, name="connect"),
]
