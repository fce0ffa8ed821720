"""The built-in model: it picks a tool by meaning, fills its arguments from the message or asks for them.

It writes no prose. What it cannot decide it leaves to the person: three suggestions to click, a form for what is
missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assistants.gateways.filling import Filled, fill
from assistants.gateways.languages import in_english
from assistants.gateways.pieces import wish_of
from assistants.gateways.ranking import rank

NAME = "offline"
SURE = 0.42
"""A score from here on is worth a call, if it leads the next one by LEAD."""
LEAD = 0.05
WORTH = 0.12
"""Below this a tool is not even suggested, unless nothing else is there."""
MOST_SUGGESTED = 3
MOST_WISH = 1_000
"""Characters of a message that say what is wanted."""
SHAPE = 0.2
"""What it adds when the message has just the values that a tool wants: a number and two units, a formula, a city."""


@dataclass(frozen=True)
class Candidate:
    """A tool as the ranking sees it. `key` is the caller's own."""

    key: str
    name: str
    title: str
    description: str
    schema: Mapping[str, Any]

    @property
    def text(self) -> str:
        words = self.name.replace("__", " ").replace("_", " ").replace("-", " ")
        return f"{self.title}. {words}. {self.description[:600]}"


@dataclass(frozen=True)
class Plan:
    """What to do: call `key` with `arguments`, after asking for `missing`; or suggest; or nothing at all."""

    key: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()


def plan(candidates: Sequence[Candidate], text: str, *, chosen: str = "", today: date | None = None) -> Plan:
    """`chosen`: the key of a tool that the person picked. Blocks for some milliseconds: not for an event loop."""
    if not candidates:
        return Plan()
    picked = next((one for one in candidates if one.key == chosen), None)
    if picked is None:
        scores = scores_of(candidates, text, today)
        order = sorted(zip(scores, candidates, strict=True), key=lambda pair: -pair[0])
        best, second = order[0][0], order[1][0] if len(order) > 1 else 0.0
        if best < SURE or best - second < LEAD:
            worth = [one.key for score, one in order if score >= WORTH]
            return Plan(suggestions=tuple((worth or [one.key for _, one in order])[:MOST_SUGGESTED]))
        picked = order[0][1]
    filled = _fill(picked, text, today)
    return Plan(key=picked.key, arguments=filled.arguments, missing=tuple(filled.missing))


def scores_of(candidates: Sequence[Candidate], text: str, today: date | None = None) -> list[float]:
    """How well each tool fits: by what it says of itself, and by the values that the message brings."""
    wish = in_english(wish_of(text)[:MOST_WISH], text[:MOST_WISH])
    near = rank([one.text for one in candidates], wish)
    titles = rank([one.title for one in candidates], wish)
    pairs = zip(candidates, near, titles, strict=True)
    return [max(score, title) + SHAPE * _shape(one, text, today) for one, score, title in pairs]


def _shape(one: Candidate, text: str, today: date | None) -> float:
    """The share of what a tool wants that the message has by its shape."""
    filled = _fill(one, text, today)
    wanted = filled.sure + len(filled.missing)
    return filled.sure / wanted if wanted else 0.0


def _fill(one: Candidate, text: str, today: date | None) -> Filled:
    about = one.description.partition(". ")[0][:200]
    return fill(one.schema, text, known=f"{one.title} {one.name.replace('_', ' ')} {about}", today=today)
