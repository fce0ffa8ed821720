"""The catalogue, public and inside a workspace."""

from __future__ import annotations

from django.urls import path

from marketplace import views
from marketplace.api import registry
from marketplace.collection_urls import collection_urls
from marketplace.install_urls import install_urls
from marketplace.publishing_urls import publishing_urls
from marketplace.review_urls import review_urls
from marketplace.views import evidence, imports
from marketplace.views.listing import entry_page

app_name = "marketplace"

urlpatterns = [
    path("v0.1/servers", registry.server_list, name="registry-servers"),
    path("v0.1/servers/<path:name>/versions", registry.server_versions, name="registry-versions"),
    path("v0.1/servers/<path:name>/versions/<str:version>", registry.server_version, name="registry-version"),
    path("sitemap.xml", views.sitemap_index, name="sitemaps"),
    path("sitemap-<int:page>.xml", views.sitemap, name="sitemap"),
    path("marketplace/", views.market_page, name="catalogue"),
    path("marketplace/new.rss", views.new_feed, name="new-feed"),
    path("marketplace/<slug:slug>/card.png", views.card_picture, name="card"),
    path("marketplace/<slug:slug>/probe/", evidence.probe_again, name="probe"),
    path("operator/evidence/", evidence.queue, name="evidence"),
    path("operator/imports/", imports.imports_page, name="imports"),
    path("operator/imports/<str:id>/", imports.report_page, name="import-report"),
    *collection_urls,
    *publishing_urls,
    *install_urls,
    *review_urls,
    path("marketplace/<slug:slug>/", entry_page, name="entry"),
]
