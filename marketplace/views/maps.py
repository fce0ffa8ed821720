"""The parts of the site's map that are not listings: public collections, and publishers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.http import SiteRequest
from marketplace.models import Listing, Publisher
from marketplace.selectors.collections import public_collections
from marketplace.views.feeds import SPACE, place, xml_response

MOST = 50_000


@require_safe
def collection_map(request: SiteRequest) -> HttpResponse:
    rows = public_collections().order_by("-pk").values_list("slug", "updated_at")[:MOST]
    return _map("marketplace:collection", rows)


@require_safe
def publisher_map(request: SiteRequest) -> HttpResponse:
    live = Listing.objects.filter(publisher=OuterRef("pk"), state=Listing.State.LIVE)
    rows = Publisher.objects.filter(Exists(live), suspended_at=None).order_by("pk").values_list("slug", "updated_at")
    return _map("marketplace:publisher", rows[:MOST])


def _map(name: str, rows: Iterable[tuple[str, datetime]]) -> HttpResponse:
    entries = (
        f"<url><loc>{place(reverse(name, args=[slug]))}</loc><lastmod>{at:%Y-%m-%d}</lastmod></url>"
        for slug, at in rows
    )
    return xml_response(f'<urlset xmlns="{SPACE}">{"".join(entries)}</urlset>')
