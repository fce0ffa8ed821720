"""How well search finds what it should: judged questions (search_queries.json) and their gain."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.embedding import embed_query
from marketplace.models import SearchDocument
from marketplace.search.fusion import relevance
from marketplace.search.kept import kept
from marketplace.search.matching import Candidate, Filters, candidates
from marketplace.search.question import understand
from marketplace.selectors.finding import Ask, find

QUERIES = Path(__file__).resolve().parent / "search_queries.json"
TOP = 10
Ranker = Callable[[str], Sequence[str]]


def questions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(QUERIES.read_text("utf-8"))["queries"]
    return found


def fused(text: str) -> Sequence[str]:
    """As the site answers."""
    return find(Ask(text=text, size=TOP, facets=False)).ids


def text_alone(text: str) -> Sequence[str]:
    """By words, with slips mended and languages stemmed."""
    found = candidates(understand(text, kept().documents), Filters(), None)
    return _best(found, lambda candidate: candidate.text)


def meaning_alone(text: str) -> Sequence[str]:
    """By the vector of what was typed, as it was typed."""
    found = candidates(understand(text, kept().documents), Filters(), embed_query(text), words=False)
    return _best(found, lambda candidate: candidate.meaning)


def gains(ranker: Ranker) -> dict[str, list[float]]:
    """nDCG at ten of every question, by its language."""
    documents = [
        (pk, kind, name.lower(), f"{name} {summary} {' '.join(tags)}".lower())
        for pk, kind, name, summary, tags in SearchDocument.objects.values_list(
            "pk", "listing__kind", "listing__name", "listing__summary", "listing__tags"
        )
    ]
    found: dict[str, list[float]] = defaultdict(list)
    for question in questions():
        grades = _grades(question["rules"], documents)
        if grades:
            found[question["language"]].append(ndcg(ranker(question["query"]), grades))
    return found


def ndcg(ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    best = sorted(grades.values(), reverse=True)[:TOP]
    return _gain([grades.get(pk, 0) for pk in ranked[:TOP]]) / _gain(best)


def _gain(grades: Sequence[int]) -> float:
    return float(sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades)))


def _grades(rules: Sequence[Mapping[str, Any]], documents: Sequence[tuple[str, str, str, str]]) -> dict[str, int]:
    tests = [(r["grade"], r["kind"], r["in"] == "name", re.compile(r["pattern"])) for r in rules]
    found = {}
    for pk, kind, name, everything in documents:
        for grade, of, in_name, pattern in tests:
            if (not of or of == kind) and pattern.search(name if in_name else everything):
                found[pk] = grade
                break
    return found


def _best(found: Sequence[Candidate], by: Callable[[Candidate], float]) -> list[str]:
    return [candidate.listing for candidate in sorted(found, key=lambda one: (-by(one), -relevance(one)))[:TOP]]
