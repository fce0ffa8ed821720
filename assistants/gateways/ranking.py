"""How well texts fit a query: by meaning where the local embeddings are there, by shared pieces of words else."""

from __future__ import annotations

import importlib
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(
    _WORD.findall(
        "a an and are as at be by can could do does for from give how i in is it me my of on or please show tell that "
        "the this to was what when where which who will with you your "
        "der die das ein eine und ist wie le la les un une et"
    )
)


def rank(texts: Sequence[str], query: str) -> list[float]:
    """A score from 0 to 1 for each text, in the order given. Blocks for some milliseconds: not for an event loop."""
    spelt = [spelling(text, query) for text in texts]
    embed = _embed()
    if embed is None or not texts:
        return spelt
    vectors = embed([query, *texts])
    meant = (vectors[1:] @ vectors[0]).tolist()
    return [min(1.0, 0.7 * max(0.0, near) + 0.45 * alike) for near, alike in zip(meant, spelt, strict=True)]


def spelling(text: str, query: str) -> float:
    """The share of the query's words that the text has, forgiving of endings and typing errors."""
    asked = [word for word in _words(query) if word not in _STOP]
    if not asked:
        return 0.0
    there = _words(text)
    grams = [_grams(word) for word in dict.fromkeys(there)]
    return sum(max((_alike(_grams(word), other) for other in grams), default=0.0) for word in asked) / len(asked)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text[:4000])]


def _grams(word: str) -> Counter[str]:
    padded = f" {word} "
    return Counter(padded[at : at + 3] for at in range(max(1, len(padded) - 2)))


def _alike(one: Counter[str], other: Counter[str]) -> float:
    shared = sum((one & other).values())
    near = shared / math.sqrt(one.total() * other.total())
    return near if near >= 0.4 else 0.0


def _embed() -> Any:
    try:
        return importlib.import_module("core.embedding").embed
    except (ImportError, OSError):
        return None
