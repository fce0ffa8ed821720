"""Up to four listings beside each other; which ones stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.http import SiteRequest
from marketplace.search.question import LONGEST
from marketplace.selectors import comparing


@require_safe
def compare_page(request: SiteRequest) -> HttpResponse:
    """`?l=a&l=b`, and `q` to look for one more."""
    found = comparing.compare(request.GET.getlist("l"), request.user)
    slugs = [one.listing.slug for one in found.facts]
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    room = len(slugs) < comparing.MOST
    more = comparing.candidates(text, slugs) if text and room else []
    context = {
        "comparison": found,
        "heads": [(one, _address([slug for slug in slugs if slug != one.listing.slug])) for one in found.facts],
        "slugs": slugs,
        "room": room,
        "most": comparing.MOST,
        "q": text,
        "candidates": [(row, _address([*slugs, row.listing.slug])) for row in more],
        "differing": sum(line.differs for line in found.lines),
    }
    return render(request, "marketplace/compare.html", context)


def _address(slugs: Sequence[str]) -> str:
    return f"{reverse('marketplace:compare')}?{urlencode([('l', slug) for slug in slugs])}"
