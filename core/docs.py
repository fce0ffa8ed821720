"""Serves the manual at /docs/: pages and views in one place, since they belong to no workspace and write nothing."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from core import manual
from core.components.places import register_place

app_name = "docs"
PICTURES = {".svg": "image/svg+xml", ".png": "image/png"}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return _page(request, "index")


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    if slug == "index":
        raise Http404
    return _page(request, slug)


def _page(request: HttpRequest, slug: str) -> HttpResponse:
    found = manual.page(slug)
    if found is None:
        raise Http404
    return render(request, "docs/page.html", {"page": found, "contents": _contents(slug)})


def _contents(current: str) -> list[dict[str, object]]:
    """The side: groups of links, the current one marked."""
    groups = []
    for label, pages in manual.CONTENTS:
        titles = ((slug, manual.page(slug)) for slug in pages)
        links = [
            {"title": found.title, "url": manual.page_url(slug), "current": slug == current}
            for slug, found in titles
            if found is not None
        ]
        groups.append({"label": label, "links": links})
    return groups


@require_safe
def picture(request: HttpRequest, name: str) -> FileResponse:
    """A picture of the manual. Only names that lie in its folder: the URL pattern takes no slash."""
    file = manual.ROOT / manual.IMAGES / name
    if file.suffix not in PICTURES or not file.is_file():
        raise Http404
    response = FileResponse(file.open("rb"), content_type=PICTURES[file.suffix])
    patch_cache_control(response, public=True, max_age=3600)
    return response


def register() -> None:
    register_place("public", _("Docs"), "docs:index", "book-open", 30)
    register_place("foot", _("Docs"), "docs:index", "", 10)
    register_place("foot", _("Security"), "docs:security", "", 30)


urlpatterns = [
    path("", index, name="index"),
    path("images/<str:name>", picture, name="picture"),
    path("security/", page, {"slug": "security"}, name="security"),
    path("<slug:slug>/", page, name="page"),
]
