"""A tool's arguments from a message, without a model: numbers, quoted texts, dates, choices, zones, the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from assistants.gateways.pieces import (
    DATE,
    DAY_NAMES,
    DAYS,
    ENDS,
    FILLERS,
    FORMULA,
    FROM,
    JSON,
    LEAD,
    MAIL,
    MARKS,
    NUMBER,
    PAIR,
    QUOTED,
    SAID,
    SHARE,
    TAILS,
    TEXTS,
    TIME,
    TO,
    TOLD,
    URL,
    WORD,
    ZONE,
    as_number,
    is_zone,
    known_zones,
    stem,
)

PLAIN = 3
"""A text without a shape of its own."""


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


class _Filler:
    """Takes pieces out of the message as it finds a place for them, so that none is used twice."""

    def __init__(self, schema: Mapping[str, Any], text: str, known: str, today: date) -> None:
        found = schema.get("properties")
        self.properties: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
        required = schema.get("required")
        self.required = [name for name in required if name in self.properties] if isinstance(required, list) else []
        self.text = text
        self.left = text
        self.rest = 0
        """Values that are only what was left over."""
        self.today = today
        self.known = FILLERS | {stem(word) for word in WORD.findall(known.lower())}
        self.made: dict[str, Any] = {}

    def fill(self) -> Filled:
        self._named()
        self._from_to()
        order = sorted(self.required, key=lambda name: self._looseness(name))
        for name in order:
            if name not in self.made:
                self._take(name)
        self._optional()
        sure = len(self.made) - self.rest
        self._only_text()
        missing = [name for name in self.required if name not in self.made]
        return Filled(self.made, missing, sure)

    def _schema(self, name: str) -> Mapping[str, Any]:
        found = self.properties.get(name)
        if not isinstance(found, Mapping):
            return {}
        for union in ("anyOf", "oneOf"):
            options = found.get(union)
            if isinstance(options, list):
                first = next((one for one in options if isinstance(one, Mapping) and one.get("type") != "null"), {})
                return {**first, **{key: value for key, value in found.items() if key != union}}
        return found

    def _kind(self, name: str) -> str:
        kind = self._schema(name).get("type", "string")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "string")
        return str(kind)

    def _looseness(self, name: str) -> int:
        """What is easily told apart goes first, the text that takes whatever is left last."""
        schema = self._schema(name)
        if "enum" in schema or "const" in schema:
            return 0
        if self._kind(name) in ("integer", "number", "boolean"):
            return 2
        if schema.get("format") or is_zone(name) or self._is_day(name):
            return 1
        if self._kind(name) != "string":
            return PLAIN - 1
        return PLAIN + 1 if name.lower() in TEXTS else PLAIN

    # -- ways to find a value

    def _named(self) -> None:
        """`limit 5`, `limit=5`, `title: "A day"`: what the message itself calls by name."""
        for name in self.properties:
            words = re.escape(name).replace("_", "[ _-]")
            found = re.search(rf"(?<!\w){words}{SAID}", self.left, re.I)
            if found is None or self._is_time(name):  # `time 15:00` is no number
                continue
            raw = next(group for group in found.groups() if group is not None)
            value = self._cast(name, raw)
            if value is not None:
                self.made[name] = value
                self._cut(found.start(), found.end())

    def _from_to(self) -> None:
        """`10 km to miles`."""
        source = next((name for name in self.properties if name.lower() in FROM), None)
        target = next((name for name in self.properties if name.lower() in TO), None)
        if source is None or target is None or is_zone(source):
            return
        found = PAIR.search(self.left)
        if found is None:
            return
        pair = [self._cast(name, found[group]) for name, group in ((source, 2), (target, 3))]
        if None not in pair:
            self.made.setdefault(source, pair[0])
            self.made.setdefault(target, pair[1])
            self._cut(found.start(2), found.end(3))

    def _take(self, name: str) -> None:
        schema, kind = self._schema(name), self._kind(name)
        if "const" in schema:
            self.made[name] = schema["const"]
        elif isinstance(schema.get("enum"), list):
            self._take_choice(name, schema["enum"])
        elif kind in ("integer", "number"):
            self._take_match(name, NUMBER)
        elif kind == "boolean":
            if "default" in schema:
                self.made[name] = schema["default"]
        elif kind == "string":
            self._take_string(name, schema)
        elif kind == "array":
            self._take_list(name, schema)

    def _take_string(self, name: str, schema: Mapping[str, Any]) -> None:
        form = schema.get("format", "")
        if form in ("uri", "url") or name.lower() in ("url", "uri", "link", "href"):
            self._take_match(name, URL)
        elif form == "email" or name.lower() in ("email", "mail"):
            self._take_match(name, MAIL)
        elif is_zone(name):
            self._take_zone(name)
        elif form in ("date", "date-time") or self._is_day(name):
            self._take_day(name)
        elif self._is_time(name):
            self._take_time(name)
        elif "expression" in name.lower() or "formula" in name.lower():
            self._take_formula(name)
        elif not self._take_json(name) and not self._take_match(name, QUOTED):
            self._take_rest(name)

    def _take_json(self, name: str) -> bool:
        """A piece of JSON is one text, whatever quotes stand in it."""
        found = JSON.search(self.left)
        if found is None:
            return False
        try:
            json.loads(found[0])
        except ValueError:
            return False
        self.made[name] = found[0]
        self._cut(found.start(), found.end())
        return True

    def _only_text(self) -> None:
        """A tool that requires nothing, but takes one text, gets what is left."""
        texts = [name for name in self.properties if self._kind(name) == "string" and name.lower() in TEXTS]
        wanted = not self.required and len(texts) == 1 and texts[0] not in self.made
        if wanted and not self._take_match(texts[0], QUOTED):
            self._rest_as(texts[0])

    def _take_match(self, name: str, pattern: re.Pattern[str]) -> bool:
        for found in pattern.finditer(self.left):
            groups = [group for group in found.groups() if group is not None] if pattern is QUOTED else []
            value = self._cast(name, groups[0] if groups else found[0])
            if value is not None:
                self.made[name] = value
                self._cut(found.start(), found.end())
                return True
        return False

    def _take_choice(self, name: str, choices: list[Any]) -> None:
        for choice in sorted(choices, key=lambda one: -len(str(one))):
            words = re.escape(str(choice)).replace("_", "[ _-]")
            found = re.search(rf"(?<!\w){words}(?!\w)", self.left, re.I)
            if found:
                self.made[name] = choice
                self._cut(found.start(), found.end())
                return
        if len(choices) == 1:
            self.made[name] = choices[0]

    def _take_zone(self, name: str) -> None:
        zones = known_zones()
        for found in ZONE.finditer(self.left):
            if found[0].lower() in zones:
                self.made[name] = zones[found[0].lower()]
                self._cut(found.start(), found.end())
                return
        words = [found for found in WORD.finditer(self.left) if not found[0].isdigit()]
        for length in (3, 2, 1):
            for at in range(len(words) - length + 1):
                piece = self.left[words[at].start() : words[at + length - 1].end()]
                zone = zones.get(piece.lower().replace(" ", "_"))
                if zone and len(piece) > 3:
                    self.made[name] = zone
                    self._cut(words[at].start(), words[at + length - 1].end())
                    return

    def _optional(self) -> None:
        """What nobody requires is taken where the message plainly has it: a zone, one of the choices."""
        for name in self.properties:
            choices = self._schema(name).get("enum")
            if name in self.made:
                continue
            if is_zone(name):
                self._take_zone(name)
            elif isinstance(choices, list) and len(choices) > 1:
                self._take_choice(name, [one for one in choices if len(str(one)) > 2])

    def _take_day(self, name: str) -> None:
        if self._take_match(name, DATE):
            return
        for word, days in DAYS.items():
            found = re.search(rf"\b{word}\b", self.left, re.I)
            if found:
                self.made[name] = (self.today + timedelta(days=days)).isoformat()
                self._cut(found.start(), found.end())
                return

    def _take_time(self, name: str) -> None:
        """A time of day, with its date where the message has both side by side."""
        moment = next((found for found in DATE.finditer(self.left) if ":" in found[0]), None)
        if moment is None or self._schema(name).get("format") == "time":
            self._take_match(name, TIME)
        else:
            self.made[name] = moment[0].replace(" ", "T")
            self._cut(moment.start(), moment.end())

    def _take_formula(self, name: str) -> None:
        self.left = SHARE.sub(r"\1 / 100 * ", self.left)
        found = max(FORMULA.finditer(self.left), key=lambda one: len(one[0].strip()), default=None)
        formula = found[0].strip().rstrip("?.!, ") if found else ""
        if found and any(character.isdigit() for character in formula):
            self.made[name] = formula
            self._cut(found.start(), found.end())

    def _take_list(self, name: str, schema: Mapping[str, Any]) -> None:
        items = schema.get("items")
        kind = items.get("type") if isinstance(items, Mapping) else "string"
        if kind in ("integer", "number"):
            numbers = [as_number(found[0], whole=kind == "integer") for found in NUMBER.finditer(self.left)]
            values: list[Any] = [one for one in numbers if one is not None]
            self.left = NUMBER.sub(" ", self.left)
        else:
            values = [next(group for group in found.groups() if group) for found in QUOTED.finditer(self.left)]
            self.left = QUOTED.sub(" ", self.left)
        if values:
            self.made[name] = values

    def _take_rest(self, name: str) -> None:
        """What is left of the message goes to the one text that is still wanted; two would be a guess."""
        texts = [one for one in self.required if one not in self.made and self._looseness(one) >= PLAIN]
        if len(texts) != 1:
            return
        self._rest_as(name)

    def _rest_as(self, name: str) -> None:
        rest = self.left
        found = TOLD.match(rest)
        rest = found[2].strip() if found else self._without_the_asking(rest)
        if rest:
            self.made[name] = rest
            self.left = ""
            self.rest += 1

    def _without_the_asking(self, rest: str) -> str:
        """Without the words at its beginning and end that only say what to do."""
        words = LEAD.sub("", rest, count=1).split()
        while words and self._only_asks(words[0]):
            words.pop(0)
        while words and words[-1].lower().strip(MARKS) in TAILS:
            words.pop()
        return " ".join(words).strip(MARKS)

    def _only_asks(self, word: str) -> bool:
        bare = word.lower().strip(MARKS)
        return not bare or bare in self.known or stem(bare) in self.known

    def _is_time(self, name: str) -> bool:
        return self._schema(name).get("format") == "time" or name.lower() in ("time", "at_time")

    def _is_day(self, name: str) -> bool:
        about = str(self._schema(name).get("description", "")).lower()
        parts = name.lower().split("_")
        return any(part in DAY_NAMES for part in parts) or (parts[0] in ENDS and "date" in about)

    # -- small change

    def _cast(self, name: str, raw: str) -> Any:
        """The text as the property wants it; None when it does not fit."""
        schema, kind = self._schema(name), self._kind(name)
        if isinstance(schema.get("enum"), list):
            return next((one for one in schema["enum"] if str(one).lower() == raw.strip(" .,?!").lower()), None)
        if kind in ("integer", "number"):
            number = as_number(raw, whole=kind == "integer")
            low, high = schema.get("minimum"), schema.get("maximum")
            bad = number is None or (low is not None and number < low) or (high is not None and number > high)
            return None if bad else number
        if kind == "boolean":
            return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(raw.lower())
        return raw.strip() if kind == "string" else None

    def _cut(self, start: int, end: int) -> None:
        self.left = f"{self.left[:start]} {self.left[end:]}"
