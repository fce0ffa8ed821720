"""What imported entries are called here: free slugs, and the publishers of their authors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from core.bulk import copy_rows
from marketplace.catalogue.loader import catalogue
from marketplace.importers.drafts import Author, ListingDraft
from marketplace.importers.texts import letters_of, line, slug_of
from marketplace.models import Listing, ListingAlias, Publisher

RESERVED = frozenset(
    {
        "api", "assistants", "browse", "categories", "claim", "claims", "collections", "compare", "feed", "import",
        "imports", "installs", "listings", "new", "popular", "publisher", "publishers", "reviews", "rss", "search",
        "servers", "sitemap", "tags", "templates", "trending", "try", "updates", "workflows",
    }
)  # fmt: skip
"""Words that addresses below /marketplace/ use or may use for themselves."""


def listing_slugs(drafts: Sequence[ListingDraft], source: str) -> list[str]:
    """A free slug for each new draft: of its name, then with its author, then with its source, then counted up."""
    kept = frozenset() if source == "stock" else RESERVED | catalogue().keys()
    return _free([_wishes(draft, source) for draft in drafts], _Taken(kept))


def publishers_of(drafts: Sequence[ListingDraft], source: str) -> dict[str, Publisher]:
    """By author's key: those that an earlier import made, and new ones for the rest. Two sources share an author."""
    authors: dict[str, Author] = {}
    for draft in drafts:
        authors.setdefault(draft.author.key, draft.author)
    known = {row.source_key: row for row in Publisher.objects.filter(source_key__in=authors)}
    fresh = [author for key, author in authors.items() if key not in known]
    slugs = _free([_numbered([slug_of(author.name, 50) or slug_of(author.key, 50) or "publisher"]) for author in fresh],
                  _TakenPublishers())  # fmt: skip
    made = [_publisher(author, slug, source) for author, slug in zip(fresh, slugs, strict=True)]
    copy_rows(Publisher, made)
    return known | {row.source_key: row for row in made}


def _publisher(author: Author, slug: str, source: str) -> Publisher:
    name = line(author.name, 80)
    return Publisher(
        slug=slug,
        name=name,
        letters=letters_of(name),
        website=author.website[:300],
        source=source,
        source_key=author.key,
        proof=Publisher.Proof.BUILT_IN if author.key == "stock:crossroads" else Publisher.Proof.NONE,
    )


def _wishes(draft: ListingDraft, source: str) -> Iterator[str]:
    base = draft.slug or slug_of(draft.name) or slug_of(draft.key) or draft.kind
    author = slug_of(draft.author.name, 30)
    long = f"{base[:60]}-{author}"[:75].strip("-")
    return _numbered([base, long, f"{base[:55]}-{slug_of(source.partition(':')[2], 20) or draft.kind}"])


def _numbered(wishes: list[str]) -> Iterator[str]:
    yield from dict.fromkeys(wishes)
    yield from (f"{wishes[0]}-{number}" for number in count(2))


class _Taken:
    """Which of these slugs do listings have, or had?"""

    def __init__(self, kept: frozenset[str] = frozenset()) -> None:
        self.kept = kept

    def of(self, wanted: set[str]) -> set[str]:
        now = Listing.objects.filter(slug__in=wanted).values_list("slug", flat=True)
        once = ListingAlias.objects.filter(slug__in=wanted).values_list("slug", flat=True)
        return {*now, *once, *(wanted & self.kept)}


class _TakenPublishers(_Taken):
    def of(self, wanted: set[str]) -> set[str]:
        return set(Publisher.objects.filter(slug__in=wanted).values_list("slug", flat=True))


def _free(wishes: Sequence[Iterator[str]], taken: _Taken) -> list[str]:
    """The first free one of each, in order; one query for each round."""
    found = [""] * len(wishes)
    given: set[str] = set()
    left = list(range(len(wishes)))
    while left:
        tries = {number: next(wishes[number]) for number in left}
        gone = taken.of(set(tries.values()))
        for number, slug in tries.items():
            if slug not in gone and slug not in given:
                found[number] = slug
                given.add(slug)
        left = [number for number in left if not found[number]]
    return found
