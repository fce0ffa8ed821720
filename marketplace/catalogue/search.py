"""Finds entries by words, category and needs: pure Python that forgives case, accents and slips."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import get_args

import msgspec

from marketplace.catalogue.labels import Need
from marketplace.catalogue.loader import entries
from marketplace.catalogue.schema import Category, Entry

_WORD = re.compile(r"[a-z0-9]+")
_UNDIVIDED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th"})
"""Letters that Unicode does not take apart into a base and a mark."""
_EXACT, _START, _INSIDE, _SLIP = 1.0, 0.7, 0.4, 0.3

_FITS: Mapping[str, Callable[[Entry], bool]] = {
    "at_once": lambda entry: entry.works_at_once,
    "key": lambda entry: entry.sign_in == "key",
    "oauth": lambda entry: entry.sign_in == "oauth",
    "offline": lambda entry: entry.offline,
    "read_only": lambda entry: not entry.writes,
    "hosted": lambda entry: entry.hosted,
    "local": lambda entry: bool(entry.runtimes),
}


class Facet(msgspec.Struct, frozen=True):
    """One choice and how many entries would be left if it were taken."""

    value: str
    count: int


class Facets(msgspec.Struct, frozen=True):
    categories: tuple[Facet, ...]
    needs: tuple[Facet, ...]
    total: int


def search(text: str = "", category: str = "", needs: Collection[str] = ()) -> list[Entry]:
    """Entries that fit everything asked, the best first; without text in the order of names.

    Every word of `text` must be found: as a word, its start, a part of one, or a word with one slip. An unknown
    category or need fits nothing.
    """
    return [entry for entry in _matching(text) if _in(entry, category) and _has(entry, needs)]


def facets(text: str = "", category: str = "", needs: Collection[str] = ()) -> Facets:
    """What else could be chosen. A category's count leaves the chosen category aside; a need's count adds that need."""
    matching = _matching(text)
    by_category = Counter(entry.category for entry in matching if _has(entry, needs))
    here = [entry for entry in matching if _in(entry, category) and _has(entry, needs)]
    return Facets(
        categories=tuple(Facet(name, by_category[name]) for name in get_args(Category)),
        needs=tuple(Facet(name, sum(_FITS[name](entry) for entry in here)) for name in get_args(Need)),
        total=len(here),
    )


def fold(text: str) -> str:
    """Lower case, without accents: `Café` and `cafe` are the same."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_UNDIVIDED)
    return "".join(character for character in plain if not unicodedata.combining(character))


def _in(entry: Entry, category: str) -> bool:
    return not category or entry.category == category


def _has(entry: Entry, needs: Iterable[str]) -> bool:
    return all(need in _FITS and _FITS[need](entry) for need in needs)


def _matching(text: str) -> list[Entry]:
    by_name = sorted(entries(), key=lambda entry: fold(entry.name))
    wanted = _WORD.findall(fold(text))[:12]
    if not wanted:
        return [] if text.strip() else by_name
    scores = {entry.slug: _score(entry, wanted) for entry in by_name}
    return sorted((e for e in by_name if scores[e.slug] > 0), key=lambda entry: -scores[entry.slug])


def _score(entry: Entry, wanted: list[str]) -> float:
    """The sum over the wanted words, or 0 when one is missing."""
    words = _words(entry.slug)
    scores = [max((weight * _alike(want, word) for word, weight in words.items()), default=0.0) for want in wanted]
    return sum(scores) if all(scores) else 0.0


@cache
def _words(slug: str) -> Mapping[str, float]:
    """The words of an entry and how much each says about it."""
    entry = next(entry for entry in entries() if entry.slug == slug)
    parts = (
        (entry.description, 1.0),
        (entry.summary, 2.0),
        (entry.publisher, 3.0),
        (" ".join((entry.category, *entry.tags, *entry.runtimes, *entry.kinds)), 4.0),
        (f"{entry.name} {entry.slug} {entry.name.replace(' ', '')} {entry.letters}", 8.0),
    )
    return {word: weight for text, weight in parts for word in _WORD.findall(fold(text))}


def _alike(want: str, word: str) -> float:
    if want == word:
        return _EXACT
    if word.startswith(want):
        return _START
    if len(want) >= 3 and want in word:
        return _INSIDE
    return _SLIP if len(want) >= 4 and _one_slip(want, word) else 0.0


def _one_slip(a: str, b: str) -> bool:
    """One letter added, left out, changed, or two neighbours swapped."""
    if abs(len(a) - len(b)) > 1 or a[0] != b[0]:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[start:], b[start:]
    return (
        rest_a[1:] == rest_b[1:]
        or rest_a[1:] == rest_b
        or rest_a == rest_b[1:]
        or (rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:])
    )
