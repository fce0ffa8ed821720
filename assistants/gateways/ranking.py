"""How well texts fit a query: by meaning where the local embeddings are there, by shared pieces of words else."""

from __future__ import annotations

import importlib
import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(
    _WORD.findall(
        "a an and are as at be by can could do does for from give how i in is it me much my of on or please show tell "
        "that the this these those to was what when where which who will with you your "
        "der die das ein eine und ist wie le la les un une et"
    )
)
MEANING, SPELLING = 0.75, 0.4


def rank(texts: Sequence[str], query: str) -> list[float]:
    """A score from 0 to 1 for each text, in the order given. Blocks for some milliseconds: not for an event loop."""
    spelt = spellings(texts, query)
    try:
        # One text to its vector; those of tools are asked for again and again, so they are kept.
        embed: Any = importlib.import_module("core.embedding").embed_query
        asked = embed(query)
        meant = [max(0.0, float(embed(text) @ asked)) for text in texts]
    except (ImportError, OSError, RuntimeError):  # an installation without the model ranks by spelling alone
        return spelt
    return [min(1.0, MEANING * near + SPELLING * alike) for near, alike in zip(meant, spelt, strict=True)]


def spellings(texts: Sequence[str], query: str) -> list[float]:
    """The share of the query's words that each text has, forgiving of endings and typing errors. A word that many of
    the texts have counts less."""
    asked = [_grams(word) for word in _words(query) if word not in _STOP]
    there = [[_grams(word) for word in dict.fromkeys(_words(text))] for text in texts]
    near = [[max((_alike(word, other) for other in grams), default=0.0) for grams in there] for word in asked]
    weights = [math.log(1 + len(texts) / (1 + sum(score > 0.6 for score in row))) + 0.1 for row in near]
    total = sum(weights)
    if not total:
        return [0.0] * len(texts)
    return [
        sum(weight * row[at] for weight, row in zip(weights, near, strict=True)) / total for at in range(len(texts))
    ]


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text[:4000])]


@lru_cache(maxsize=8192)
def _grams(word: str) -> Counter[str]:
    padded = f" {word} "
    return Counter(padded[at : at + 3] for at in range(max(1, len(padded) - 2)))


def _alike(one: Counter[str], other: Counter[str]) -> float:
    shared = sum((one & other).values())
    near = shared / math.sqrt(one.total() * other.total())
    return near if near >= 0.4 else 0.0
