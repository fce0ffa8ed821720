"""Two measures made one order. The numbers hold for every question alike."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.search.matching import Candidate

MEANING = 0.9
"""What a cosine of 1 adds beside all the words."""
NEAR = 0.32
"""A text that is found by meaning alone must be at least so near."""
PRIOR = 0.15
"""The most that score moves a text against one that fits as well."""
FAR = 0.65
"""And at least this share of the nearest one's cosine."""


def relevance(candidate: Candidate) -> float:
    """How well it fits what was asked, 0 to 1."""
    return (candidate.text + MEANING * max(0.0, candidate.meaning)) / (1 + MEANING)


def standing(candidate: Candidate) -> float:
    """What results are ordered by."""
    return relevance(candidate) * (1 - PRIOR + PRIOR * candidate.prior)


def results(found: Sequence[Candidate]) -> list[Candidate]:
    """Those that are results at all, in no order."""
    nearest = max((candidate.meaning for candidate in found), default=0.0)
    least = max(NEAR, FAR * nearest)
    return [candidate for candidate in found if candidate.text > 0 or candidate.meaning >= least]
