"""Slips of typing: words that look alike by their trigrams, and how far apart they are."""

from __future__ import annotations

from collections.abc import Iterable

from marketplace.search.words import is_cjk

SHORTEST = 4
"""Shorter words have too many neighbours to guess."""


def grams_of(word: str) -> list[str]:
    """Trigrams with an edge at both ends, each once: `^vi`, `vim`, `im$`; none for short words, digits, CJK."""
    if len(word) < SHORTEST or len(word) > 24 or is_cjk(word) or not word.isalpha():
        return []
    edged = f"^{word}$"
    return list(dict.fromkeys(edged[at : at + 3] for at in range(len(edged) - 2)))


def slips_allowed(word: str) -> int:
    return 1 if len(word) <= 5 else 2 if len(word) <= 8 else 3


def distance(a: str, b: str, most: int) -> int:
    """Letters added, left out, changed or swapped with their neighbour; `most` + 1 for anything beyond."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before, row = [0] * (len(b) + 1), list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i] + [0] * len(b)
        for j, y in enumerate(b, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], older[j - 2] + 1)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def best_matches(word: str, known: Iterable[tuple[str, int]]) -> list[str]:
    """Of (word, documents) those most likely meant, all with equally few slips, the most common first.

    The first letter is rarely wrong, so a neighbour that begins otherwise counts as one slip more. A word goes before
    its stem, which as many documents have.
    """
    grams, most = set(grams_of(word)), slips_allowed(word)
    found: list[tuple[int, int, int, str]] = []
    for other, documents in known:
        shared = len(grams.intersection(grams_of(other)))
        if other == word or shared * 4 < len(grams) - 2:
            continue
        slips = distance(word, other, most)
        if slips <= most:
            found.append((slips + (other[0] != word[0]), -documents, -len(other), other))
    found.sort()
    return list(dict.fromkeys(row[-1] for row in found if row[0] == found[0][0]))
