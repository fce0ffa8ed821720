"""How a listing is shown where somebody shares a link to it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from core.http import SiteRequest
from marketplace.cards import card_png
from marketplace.models import Listing


@require_safe
def card_picture(request: SiteRequest, slug: str) -> HttpResponse:
    """`/marketplace/<slug>/card.png`."""
    listing = Listing.objects.filter(slug=slug, state__in=Listing.SHOWN).select_related("publisher").first()
    if listing is None:
        raise Http404
    response = HttpResponse(card_png(listing), content_type="image/png")
    patch_cache_control(response, public=True, max_age=24 * 3600)
    return response
