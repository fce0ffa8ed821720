"""A listing as a source tells of it, before it is one: what every reader makes and `upsert_listings` takes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from marketplace.packages import Package


class Refused(Exception):
    """An entry that is not taken; the sentence says why."""


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who made it. `key` is stable across sources (`github.com/someone`), `website` is where the proof of a claim
    may be looked for."""

    key: str
    name: str
    website: str = ""


class ListingDraft(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes are those of marketplace.models.Listing; readers cut texts to them."""

    key: str
    """Its name at the source: what makes it the same entry next time."""
    kind: Literal["assistant", "server"]
    name: str
    summary: str
    category: str
    package: Package
    author: Author
    readme: str = ""
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    translations: Mapping[str, Mapping[str, object]] = {}
    licence: str = ""
    homepage: str = ""
    repository: str = ""
    version: str = ""
    """Empty where the source has none."""
    made_at: datetime | None = None
    """When its source first had it."""
    deprecated: bool = False
    """Its source advises against it."""
    offline: bool = False
    """Known to work without the internet, whatever its package tells."""
    reads_only: bool = False
    """Known to change nothing."""
    slug: str = ""
    """A wish; empty: made from the name."""
    letters: str = ""
    line: int = 0
    """Where it stands in the file, from 1; no part of its hash."""


def draft_hash(draft: ListingDraft) -> str:
    """SHA-256 (hex) of everything that the source said, dates left out; equal for an unchanged entry."""
    plain = msgspec.structs.replace(draft, line=0, made_at=None)
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()
