"""Routes of installs, joined in marketplace.urls."""

from __future__ import annotations

from django.urls import path

from marketplace.views import installed, installs
from marketplace.views.listing import try_page

ROOT = "w/<slug:workspace>/installs/"

install_urls = [
    path("marketplace/<slug:slug>/try/", try_page, name="try"),
    path("w/<slug:workspace>/connect/from/<slug:slug>/", installs.connect_page, name="connect"),
    path("w/<slug:workspace>/install/<slug:slug>/", installs.install_page, name="install"),
    path(ROOT, installs.list_installs, name="installs"),
    path(f"{ROOT}<str:id>/", installed.show_install, name="installed"),
    path(f"{ROOT}<str:id>/update/", installed.update_page, name="install-update"),
    path(f"{ROOT}<str:id>/uninstall/", installed.uninstall_page, name="uninstall"),
]
