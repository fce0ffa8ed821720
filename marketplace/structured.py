"""What search engines and previews are told of a listing: schema.org as JSON-LD, and Open Graph."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString

from marketplace.catalogue.labels import CATEGORIES
from marketplace.models import Listing

LEAST_RATINGS = 10


def structured_data(listing: Listing) -> dict[str, str]:
    """`json_ld` (safe between script tags), `url` and `picture`, for marketplace/listing_structured.html.

    `publisher` and `current` must be loaded.
    """
    url = f"{settings.ENV.public_url}{reverse('marketplace:entry', args=[listing.slug])}"
    picture = f"{settings.ENV.public_url}{reverse('marketplace:card', args=[listing.slug])}"
    text = json.dumps(_application(listing, url, picture), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return {"json_ld": SafeString(text), "url": url, "picture": picture}


def _application(listing: Listing, url: str, picture: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "SoftwareApplication",
        "name": listing.name,
        "description": listing.summary,
        "url": url,
        "image": picture,
        "applicationCategory": str(CATEGORIES.get(listing.category, listing.category)),
        "operatingSystem": "Any",
        "inLanguage": listing.languages,
        "keywords": listing.tags,
        "author": {"@type": "Organization", "name": listing.publisher.name},
        "offers": {"@type": "Offer", "price": 0, "priceCurrency": "USD"},
    }
    if listing.published_at:
        found["datePublished"] = listing.published_at.date().isoformat()
    if listing.licence:
        found["license"] = listing.licence
    if listing.current:
        found["softwareVersion"] = listing.current.version
    if listing.rating_count >= LEAST_RATINGS:
        found["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": round(listing.rating_mean, 1),
            "ratingCount": listing.rating_count,
        }
    return found
