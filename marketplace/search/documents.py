"""A listing as the index takes it: its words by weight, its text for the vector, its facets."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from marketplace.models import Listing
from marketplace.search.stems import language_of, stems_of
from marketplace.search.vocabulary import ABROAD
from marketplace.search.words import words_of

MOST_README = 4_000
MOST_TOOLS = 60
FORMAT = "2"
"""Part of every text's hash: raise it when documents are to be made anew."""


class Texts(msgspec.Struct, frozen=True):
    """Name, tags, summary and the rest of one language."""

    language: str
    name: str
    tags: str
    summary: str
    rest: str = ""

    def parts(self) -> tuple[tuple[str, str], ...]:
        return (("A", self.name), ("B", self.tags), ("C", self.summary), ("D", self.rest))


def texts_of(listing: Listing) -> list[Texts]:
    """The English texts first, then the translations. `current` must be loaded."""
    english = Texts("en", listing.name, " ".join(listing.tags), listing.summary, _rest(listing))
    return [english, *(_translation(tag, listing.translations[tag]) for tag in sorted(listing.translations))]


def text_hash(texts: Sequence[Texts]) -> str:
    return hashlib.md5(FORMAT.encode() + msgspec.json.encode(texts), usedforsecurity=False).hexdigest()


def meaning_text(listing: Listing) -> str:
    """What its vector is made of."""
    tags = ", ".join(tag.replace("-", " ") for tag in listing.tags[:8])
    return f"{listing.name}. {listing.summary} {tags}"


def vector_literals(documents: Sequence[Sequence[Texts]]) -> list[str]:
    """A tsvector of each document as text. Stems of all are looked up together."""
    taken = [
        [(texts, weight, _words(text)) for texts in every for weight, text in texts.parts()] for every in documents
    ]
    words: dict[str, set[str]] = defaultdict(set)
    for every in taken:
        for texts, _, found in every:
            words[texts.language].update(found)
    stems = {language: stems_of(sorted(found), language) for language, found in words.items()}
    return [
        _literal((texts.language, stems[texts.language], weight, found) for texts, weight, found in every)
        for every in taken
    ]


@lru_cache(maxsize=8_192)
def _words(text: str) -> tuple[str, ...]:
    """Translations and tags are often the same from one listing to the next."""
    return tuple(words_of(text))


def _literal(parts: Iterable[tuple[str, dict[str, str | None], str, tuple[str, ...]]]) -> str:
    places: dict[str, list[str]] = defaultdict(list)
    position = 0
    for language, stems, weight, found in parts:
        mark = "" if language == "en" else ABROAD
        for word in found:
            stem = stems[word]
            if stem is None:
                continue
            position = min(position + 1, 16_000)
            for lexeme in {word, stem}:
                if len(at := places[mark + lexeme]) < 4:
                    at.append(f"{position}{weight}")
    return " ".join(f"'{lexeme}':{','.join(at)}" for lexeme, at in places.items())


def _rest(listing: Listing) -> str:
    version = listing.current
    if version is None:
        return ""
    tools = version.package.get("tools", ())[:MOST_TOOLS]
    names = [f"{tool.get('name') or tool.get('tool', '')} {tool.get('description', '')[:200]}" for tool in tools]
    return f"{listing.publisher.name} {' '.join(names)} {version.readme[:MOST_README]}"


def _translation(tag: str, texts: dict[str, object]) -> Texts:
    tags = texts.get("tags")
    joined = " ".join(str(tag) for tag in tags) if isinstance(tags, list) else ""
    return Texts(language_of(tag), str(texts.get("name", "")), joined, str(texts.get("summary", "")))
