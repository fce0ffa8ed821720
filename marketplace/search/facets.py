"""Facets: what of a listing can be ticked. A document's values make one key; equal keys are one combination."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from marketplace.catalogue.labels import CATEGORIES
from marketplace.models import Listing
from marketplace.search.stems import language_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

SURE = 4.0
"""The lower end from which a rating is told as `4 or more for sure`."""

LANGUAGES: Mapping[str, _StrPromise] = {
    "en": _("English"), "zh": _("Chinese"), "es": _("Spanish"), "de": _("German"), "fr": _("French"),
    "ja": _("Japanese"), "tr": _("Turkish"), "pt": _("Portuguese"), "it": _("Italian"), "nl": _("Dutch"),
    "ru": _("Russian"), "ko": _("Korean"), "pl": _("Polish"), "ar": _("Arabic"), "hi": _("Hindi"),
    "vi": _("Vietnamese"), "uk": _("Ukrainian"), "id": _("Indonesian"), "fa": _("Persian"), "sv": _("Swedish"),
    "bg": _("Bulgarian"),
}  # fmt: skip

FACETS: Mapping[str, tuple[_StrPromise, Mapping[str, _StrPromise]]] = {
    "kind": (
        _("Kind"),
        {"assistant": _("Assistants"), "server": _("Servers"), "workflow": _("Workflows"), "template": _("Templates")},
    ),
    "category": (_("Category"), CATEGORIES),
    "may": (
        _("What it may do"),
        {"reads": _("Only reads"), "asks": _("Asks before it writes"), "offline": _("Works offline")},
    ),
    "need": (
        _("What it needs"),
        {
            "none": _("Nothing"), "key": _("A key"), "oauth": _("A sign-in"), "model": _("A model"),
            "program": _("A program on the machine"),
        },
    ),
    "language": (_("Language"), LANGUAGES),
    "evidence": (
        _("Evidence"),
        {
            "rated": _("Rated 4 or more for sure"), "verified": _("Verified publisher"),
            "tested": _("Checks pass on this version"),
        },
    ),
}  # fmt: skip
"""By the name in the address: title and values with labels."""
ALL_OF = frozenset({"may", "evidence"})
"""Of these every ticked value must hold; of the others any."""


def combo_key(listing: Listing) -> str:
    """All facet values of a listing. `publisher` must be loaded."""
    values = [f"kind:{listing.kind}", f"category:{listing.category}"]
    values += [f"need:{need}" for need in listing.needs or ["none"]]
    values += [f"language:{tag}" for tag in {language_of(tag) for tag in listing.languages} if tag in LANGUAGES]
    may = {"reads": listing.reads_only, "asks": listing.asks_first, "offline": listing.offline}
    evidence = {
        "rated": listing.rating_low >= SURE,
        "verified": bool(listing.publisher.proof),
        "tested": listing.health == "good",
    }
    values += [f"may:{name}" for name, holds in may.items() if holds]
    values += [f"evidence:{name}" for name, holds in evidence.items() if holds]
    return "|".join(sorted(values))
