"""Parts of a listing's page that other modules fill: evidence, reviews, a trial, structured data.

    register_part("reviews", reviews_part)            # in AppConfig.ready

`provide(request, listing)` gives what the template `marketplace/listing_<name>.html` reads as `{{ <name> }}`; None
leaves the part out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.http import SiteRequest
from marketplace.models import Listing

Provide = Callable[[SiteRequest, Listing], Any]
NAMES = ("trial", "evidence", "reviews", "structured", "side", "report")
_parts: dict[str, Provide] = {}


def register_part(name: str, provide: Provide) -> None:
    """Fill a part of NAMES; the last one to do so does."""
    if name not in NAMES:
        raise ValueError(f"a listing's page has no part {name!r}")
    _parts[name] = provide


def parts_of(request: SiteRequest, listing: Listing) -> dict[str, Any]:
    """{name: what it gives}, without those that give nothing."""
    found = {name: provide(request, listing) for name, provide in _parts.items()}
    return {name: given for name, given in found.items() if given is not None}
