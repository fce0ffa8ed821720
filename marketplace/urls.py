"""The catalogue, public and inside a workspace."""

from __future__ import annotations

from django.urls import path

from marketplace import views

app_name = "marketplace"

urlpatterns = [
    path("marketplace/", views.catalogue_page, name="catalogue"),
    path("marketplace/<slug:slug>/", views.entry_page, name="entry"),
    path("w/<slug:workspace>/connect/from/<slug:slug>/", views.connect_page, name="connect"),
]
