"""What the feeds of the marketplace share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Rss201rev2Feed

from core.http import SiteRequest
from core.links import absolute


@dataclass(frozen=True)
class Item:
    title: str
    path: str
    text: str
    at: datetime | None
    id: str


def feed_response(
    request: SiteRequest, title: str, path: str, text: str, items: Sequence[Item], *, public: bool = True
) -> HttpResponse:
    """RSS 2.0. `path` is the page that it belongs to."""
    feed = Rss201rev2Feed(
        title=title, link=absolute(path), description=text, feed_url=absolute(request.get_full_path())
    )
    for item in items:
        feed.add_item(
            title=item.title, link=absolute(item.path), description=item.text, pubdate=item.at, unique_id=item.id,
            unique_id_is_permalink=False,
        )  # fmt: skip
    response = HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
    patch_cache_control(response, public=public, private=not public, max_age=300)
    return response
