"""A tool's arguments from a message, without a model: numbers, quoted texts, dates, choices, zones, the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assistants.gateways import dates
from assistants.gateways.measures import NUMBER, find_pair
from assistants.gateways.pieces import (
    COUNTS,
    MOST_HIDDEN,
    QUOTED,
    SAID,
    TEXTS,
    TOLD,
    has_odd,
    masked,
    placeholder,
    unmasked,
)
from assistants.gateways.properties import PLAIN
from assistants.gateways.taking import Taker
from assistants.gateways.zones import find_zone, zone_query

MOST_TITLE = 60
MOST_SEARCHED = 2_000
"""Characters in which numbers, dates and the like are looked for."""


@dataclass
class Filled:
    """`missing`: required properties that the message does not tell. `sure`: how many were found by their shape."""

    arguments: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    sure: int = 0


def fill(schema: Mapping[str, Any], text: str, *, known: str = "", today: date | None = None) -> Filled:
    """Arguments for an object schema. Only what is required is searched for, and what the message names.

    `known`: what the tool says of itself; a message that only says the same tells no text to work on.
    """
    return _Filler(schema, text, known, today or date.today()).fill()


def _shortened(text: str) -> tuple[str, list[str]]:
    """A long message as `masked` has it, without its end: what is looked for by its shape stands at the beginning."""
    if len(text) <= MOST_SEARCHED or has_odd(text):
        return text, []
    text, hidden = masked(text)
    if len(text) > MOST_SEARCHED and len(hidden) < MOST_HIDDEN:
        hidden.append(text[MOST_SEARCHED:])
        text = text[:MOST_SEARCHED] + placeholder(len(hidden) - 1)
    return text[: MOST_SEARCHED + 1], hidden


class _Filler(Taker):
    """Takes pieces out of the message as it finds a place for them, so that none is used twice."""

    def fill(self) -> Filled:
        self.left, hidden = _shortened(self.left)
        self._named()
        self._converted()
        self._span()
        order = sorted(self.wanted.required, key=self.wanted.looseness)
        loose = [name for name in order if self.wanted.looseness(name) >= PLAIN]
        for name in order:
            if name not in self.made and name not in loose:
                self._take(name)
        self._optional()
        self.left = unmasked(self.left, hidden)
        for name in loose:
            if name not in self.made:
                self._take(name)
        self._titled()
        sure = len(self.made) - self.rest
        self._only_text()
        missing = [name for name in self.wanted.required if name not in self.made]
        return Filled(self.made, missing, sure)

    # -- what belongs together

    def _named(self) -> None:
        """`limit 5`, `limit=5`, `title: "A day"`: what the message itself calls by name."""
        for name in self.wanted.all:
            words = re.escape(name).replace("_", "[ _-]")
            found = re.search(rf"(?<!\w){words}{SAID}", self.left, re.I)
            if found is None or self.wanted.is_time(name):  # `time 15:00` is no number
                continue
            self._put(name, next(group for group in found.groups() if group is not None), found.span())

    def _converted(self) -> None:
        """`10 km to miles`, `15:00 from Berlin to Tokyo`."""
        pair = self.wanted.pair()
        if pair is None:
            return
        if any(self.wanted.wants_zone(name) for name in pair):
            self._converted_zones(*pair)
            return
        found = find_pair(self.left)
        if found is not None:
            source, target, first, second = found
            self.made.setdefault(pair[0], source)
            self.made.setdefault(pair[1], target)
            for span in sorted((first, second), reverse=True):
                self._cut(*span)

    def _converted_zones(self, source: str, target: str) -> None:
        """The place behind `from` is the first of both, wherever it stands."""
        found: list[tuple[str, int, int]] = []
        rest = self.left
        while len(found) < 2 and (one := find_zone(rest)) is not None:
            found.append(one)
            rest = f"{rest[: one[1]]}{' ' * (one[2] - one[1])}{rest[one[2] :]}"
        if not found or (len(found) == 1 and self.made.get(target)):
            return
        found.sort(key=lambda one: one[1])
        if len(found) == 1 or re.search(r"(?:\bto|\bnach|\bà|\ba|\bvers)\s*$", self.left[: found[0][1]], re.I):
            found.reverse()
        names = (source, target) if len(found) == 2 else (target,)
        for name, one in zip(names, found, strict=True):
            self.made.setdefault(name, one[0])
        self.left = rest

    def _span(self) -> None:
        """`until 24 December`, `since March 3`, `this quarter`: one of both days is today."""
        span = self.wanted.span()
        if span is None or any(name in self.made for name in span):
            return
        days = dates.find_days(self.left, self.today)
        today = self.today.isoformat()
        period = dates.end_of_period(self.left, self.today) if not days else None
        if len(days) == 1 and dates.UNTIL.search(self.left):
            pair, where = (today, days[0].value), (days[0].start, days[0].end)
        elif len(days) == 1 and dates.SINCE.search(self.left):
            pair, where = (days[0].value, today), (days[0].start, days[0].end)
        elif period is not None:
            pair, where = (today, period[0].isoformat()), period[1:]
        else:
            return
        self.made |= dict(zip(span, pair, strict=True))
        self._cut(*where)

    # -- what nobody requires

    def _optional(self) -> None:
        """Taken where the message plainly has it: a zone, one of the choices, a time, a day of the month, a count. What
        is quoted or told behind a colon is what something is done to, not how."""
        self.left, hidden = masked(self.left)
        names = sorted(self.wanted.all, key=lambda name: self.wanted.kind(name) == "array")
        for name in names:
            if name not in self.made and name not in self.wanted.required:
                self._take_optional(name)
        self.left = unmasked(self.left, hidden)

    def _take_optional(self, name: str) -> None:
        kind, low = self.wanted.kind(name), name.lower()
        choices = self.wanted.choices(name)
        if len(choices) > 1:
            self._take_choice(name, [one for one in choices if len(str(one)) > 2])
        elif kind == "array" and isinstance((items := self.wanted.schema(name).get("items")), Mapping):
            if isinstance(items.get("enum"), list):
                self._take_list(name, self.wanted.schema(name))
        elif kind == "string" and self.wanted.wants_zone(name) and low not in TEXTS:
            self._take_zone(name)
        elif kind == "string" and self.wanted.is_time(name):
            self._take_time(name)
        elif kind == "integer":
            self._take_whole(name, low)

    def _take_whole(self, name: str, low: str) -> None:
        if low in ("day_of_month", "monthday"):
            found = dates.find_day_of_month(self.left)
            if found is not None:
                self._put(name, str(found[0]), found[1:])
        elif low == "month":
            if month := dates.find_month(self.left):
                self.made[name] = month
        elif low in COUNTS and len(numbers := list(NUMBER.finditer(QUOTED.sub(" ", self.left)))) == 1:
            self._take_match(name, re.compile(re.escape(numbers[0][0])))

    # -- what is left over

    def _only_text(self) -> None:
        """A tool that requires nothing, but takes one text, gets what is left."""
        texts = [name for name in self.wanted.all if self.wanted.kind(name) == "string" and name.lower() in TEXTS]
        if self.wanted.required or len(texts) != 1 or texts[0] in self.made:
            return
        if not self._take_match(texts[0], QUOTED):
            self._rest_as(texts[0])
        if self.wanted.wants_zone(texts[0]) or "city" in self.wanted.about(texts[0]):
            self.made[texts[0]] = zone_query(self.made.get(texts[0], "")) or ""
            if not self.made[texts[0]]:
                del self.made[texts[0]]

    def _titled(self) -> None:
        """`keep a note: …`: the text is what stands behind the colon, and begins with its title."""
        loose = set(self._loose())
        texts = [name for name in loose if name.lower() in TEXTS]
        if len(texts) == 1 and loose == {texts[0], "title"} and (found := TOLD.match(self.left)):
            text = found[2].strip()
            line = text.splitlines()[0]
            title = line if len(line) <= MOST_TITLE else line[:MOST_TITLE].rsplit(" ", 1)[0] + "…"
            self.made |= {texts[0]: text, "title": title}
            self.left, self.rest = "", self.rest + 2
