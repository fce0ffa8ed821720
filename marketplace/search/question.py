"""What somebody asks, understood: words with their stems, slips mended, beginnings completed, each with its weight."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise

import msgspec

from marketplace.search.stems import ASKED, stems_in
from marketplace.search.vocabulary import ABROAD, Counts, count_words, likely_meant, most_beside, words_from
from marketplace.search.words import is_cjk, words_of

LONGEST = 200
MOST_WORDS = 10
SHORT_WORD, LONG_WORD = 4, 8
SMALL = 1_000
"""In an index of so few documents every word may be what was meant."""
MOST_TELLING = 6
"""Words of a long question that decide what is found; the others only order it."""
MAJORITY = 0.4
"""Share of what its words say that a text must have to be found by words."""


class Term(msgspec.Struct, kw_only=True):
    """One word of the question."""

    word: str
    lexemes: tuple[str, ...]
    """What stands for it in English texts and in translations."""
    near: tuple[str, ...] = ()
    """Words that begin with it, or are written together."""
    meant: str = ""
    """The word that it was taken for."""
    documents: int = 0
    """That have it."""
    weight: float = 0.0
    foreign: bool = False
    """It stands in translations alone."""

    def all_lexemes(self) -> tuple[str, ...]:
        return (*self.lexemes, *self.near)


class Question(msgspec.Struct, kw_only=True):
    """`terms` are those that can be found; what nobody has is left out."""

    text: str
    terms: list[Term]
    documents: int
    """In the whole index."""

    @property
    def corrected(self) -> str:
        """The question as it was understood, or "" where nothing was mended."""
        if not any(term.meant for term in self.terms):
            return ""
        meant = {term.word: term.meant for term in self.terms if term.meant}
        return " ".join(meant.get(word, word) for word in self.text.casefold().split())

    @property
    def foreign(self) -> float:
        """Share of what it says that stands in translations alone, 0 to 1."""
        return sum(t.weight for t in self.terms if t.foreign) / (sum(t.weight for t in self.terms) or 1)

    def ways(self) -> list[tuple[Term, ...]]:
        """Smallest choices of words that say most of it: a text with all words of one of them is found."""
        telling = sorted(self.terms, key=lambda term: -term.weight)[:MOST_TELLING]
        whole = sum(term.weight for term in telling)
        found: list[tuple[Term, ...]] = []
        for size in range(1, len(telling) + 1):
            for choice in combinations(telling, size):
                if sum(term.weight for term in choice) < MAJORITY * whole:
                    continue
                if not any(all(term in choice for term in smaller) for smaller in found):
                    found.append(choice)
        return found

    def expected(self) -> float:
        """How many documents the words find, roughly: words of a question stand together more often than by chance."""
        total = max(self.documents, 1)
        return sum(_together([term.documents for term in way], total) for way in self.ways())


def understand(text: str, documents: int) -> Question:
    """`documents`: how many the index has."""
    text = " ".join(text.replace("\0", "").split())[:LONGEST]
    words = list(dict.fromkeys(words_of(text, humps=False)))[:MOST_WORDS]
    stems = stems_in(words, ASKED)
    kept = [word for word in words if all(stems[language][word] is not None for language in ASKED)] or words
    terms = [Term(word=word, lexemes=_lexemes(word, [stems[language][word] for language in ASKED])) for word in kept]
    last = kept[-1] if kept and len(kept[-1]) >= (1 if is_cjk(kept[-1]) else 2) else ""
    known = count_words({lexeme for term in terms for lexeme in term.lexemes} | set(_joined(kept)), last)
    for term in terms:
        _weigh(term, known, documents)
    _mend(terms, known, documents)
    _complete(terms, kept, known, documents)
    return Question(text=text, terms=[term for term in terms if term.documents], documents=documents)


def _lexemes(word: str, stems: Sequence[str | None]) -> tuple[str, ...]:
    """English surface and stem, then those of translations."""
    english = [word, stems[0] or word]
    return tuple(dict.fromkeys([*english, *(ABROAD + (stem or word) for stem in (word, *stems[1:]))]))


def _joined(words: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Neighbours written as one word: `fast api` is `fastapi`."""
    return {a + b: (a, b) for a, b in pairwise(words) if not is_cjk(a + b)}


def _weigh(term: Term, known: Counts, documents: int) -> None:
    """Inverse document frequency by its most common lexeme."""
    english = max((known.get(lexeme, 0) for lexeme in term.lexemes if not lexeme.startswith(ABROAD)), default=0)
    abroad = max((known.get(lexeme, 0) for lexeme in term.lexemes if lexeme.startswith(ABROAD)), default=0)
    term.documents = max(english, abroad)
    term.foreign = abroad > 0 and (english < abroad * 0.2 or is_cjk(term.word))
    term.lexemes = tuple(lexeme for lexeme in term.lexemes if known.get(lexeme))
    term.weight = _rarity(term.documents, documents)


def _mend(terms: Sequence[Term], known: Counts, documents: int) -> None:
    """Words that nobody has: the beginning of others, or a slip, or a form of its own that others begin like."""
    unknown = [term for term in terms if not term.documents and not _begun(term.word, known)]
    if not unknown:
        return
    _take_relatives({term.word: term for term in unknown if len(term.word) >= SHORT_WORD}, documents)
    unknown = [term for term in unknown if not term.documents]
    likely = likely_meant([term.word for term in unknown], least=2 if documents > SMALL else 1)
    for term in unknown:
        if meant := likely.get(term.word):
            others = [
                lexeme for other in terms if other is not term for lexeme in likely.get(other.word) or other.lexemes
            ]
            term.meant = meant[0] if len(meant) == 1 or not others else most_beside(meant, others)
            likely[term.word] = [term.meant]
    _replace([term for term in unknown if term.meant], documents)
    starts = {term.word[: max(5, len(term.word) * 2 // 5)]: term for term in unknown if not term.documents}
    _take_relatives({start: term for start, term in starts.items() if len(term.word) >= LONG_WORD}, documents)


def _replace(terms: Sequence[Term], documents: int) -> None:
    """Look for what was meant."""
    if not terms:
        return
    stems = stems_in([term.meant for term in terms], ASKED)
    for term in terms:
        term.lexemes = _lexemes(term.meant, [stems[language][term.meant] for language in ASKED])
    found = count_words(lexeme for term in terms for lexeme in term.lexemes)
    for term in terms:
        _weigh(term, found, documents)


def _begun(word: str, known: Counts) -> bool:
    """Is somebody still typing it?"""
    return any(other.removeprefix(ABROAD).startswith(word) for other in known)


def _take_relatives(terms: Mapping[str, Term], documents: int) -> None:
    """By the text that they begin with: inflections, and compounds as German makes them."""
    if not terms:
        return
    for start, found in words_from(list(terms)).items():
        if found:
            term = terms[start]
            term.near = tuple(found)
            term.documents = sum(found.values())
            term.weight = _rarity(term.documents, documents)
            term.foreign = all(word.startswith(ABROAD) for word in found)


def _rarity(found: int, documents: int) -> float:
    """Inverse document frequency."""
    return math.log(1 + (max(documents, found) - found + 0.5) / (found + 0.5))


def _complete(terms: Sequence[Term], kept: Sequence[str], known: Counts, documents: int) -> None:
    """Words written together count for both; words that begin with the last one count for it."""
    for joined, (a, b) in _joined(kept).items():
        if joined in known:
            for term in terms:
                if term.word in (a, b):
                    term.near = (*term.near, joined)
    if not terms:
        return
    last = terms[-1]
    longer = [word for word in known if word.removeprefix(ABROAD).startswith(last.word) and word not in last.lexemes]
    last.near = (*last.near, *longer)
    if not last.documents and longer:
        last.documents = sum(known[word] for word in last.near)
        last.weight = _rarity(last.documents, documents)
        last.foreign = all(word.startswith(ABROAD) for word in last.near)


def _together(counts: Sequence[int], total: int) -> float:
    least = min(counts)
    rest = sorted(counts)[1:]
    return float(least * math.prod(math.sqrt(count / total) for count in rest))
