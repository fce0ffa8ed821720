"""A tool's arguments from a message, without a model: numbers, quoted texts, dates, choices, zones, the rest."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?(?![\w])")
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|«([^»]+)»|„([^“”]+)[“”]|`([^`]+)`|(?<!\w)'([^']+)'(?!\w)")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?\b")
_TIME = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?\s*(am|pm)?\b", re.I)
_URL = re.compile(r"https?://[^\s<>\"']+")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_ZONE = re.compile(r"\b[A-Z][A-Za-z]+(?:/[A-Z][\w+-]+){1,2}\b|\bUTC\b|\bGMT\b")
_PAIR = re.compile(
    r"([-+]?\d+(?:[.,]\d+)?)?\s*([^\W\d][\w°/²³]*)\s+(?:to|in|into|nach|zu|en|à)\s+([^\W\d][\w°/²³]*)", re.I
)
_FORMULA = re.compile(r"[-+(]*\s*(?:\d|pi\b|e\b|sqrt|sin|cos|tan|log|ln|exp|abs|min|max|round)[\w\s+\-*/^%().,!]*")
_LEAD = re.compile(
    r"^\s*(?:please\s+|can you\s+|could you\s+)*(?:what(?:'s| is| are)|search(?: for)?|find(?: me)?|look up|look for|"
    r"show(?: me)?|tell me|give me|get(?: me)?|list|calculate|compute|evaluate|count|summari[sz]e|read|open|"
    r"suche(?: nach)?|zeige?(?: mir)?|was ist|berechne)\b[\s:]*",
    re.I,
)
_SAID = r"\s*(?:=|:|\bis\b)?\s*(?:\"([^\"]+)\"|“([^”]+)”|(?<=[=:]\s)(\S+)|(?<=[=:])(\S+)|([-+]?\d[\d.,]*))"
_DAYS = {"today": 0, "tomorrow": 1, "yesterday": -1, "heute": 0, "morgen": 1, "gestern": -1}
_FROM = ("from", "from_unit", "source", "source_unit", "from_zone", "from_timezone", "from_tz")
_TO = ("to", "to_unit", "target", "target_unit", "to_zone", "to_timezone", "to_tz")
_TEXTS = ("text", "content", "body", "message", "input", "query", "q", "question", "prompt", "term", "expression")


@dataclass
class Filled:
    """`missing`: required properties that the message does not tell."""

    arguments: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def fill(schema: Mapping[str, Any], text: str, *, today: date | None = None) -> Filled:
    """Arguments for an object schema. Only what is required is searched for, and what the message names."""
    return _Filler(schema, text, today or date.today()).fill()


class _Filler:
    """Takes pieces out of the message as it finds a place for them, so that none is used twice."""

    def __init__(self, schema: Mapping[str, Any], text: str, today: date) -> None:
        found = schema.get("properties")
        self.properties: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
        required = schema.get("required")
        self.required = [name for name in required if name in self.properties] if isinstance(required, list) else []
        self.text = text
        self.left = text
        self.today = today
        self.made: dict[str, Any] = {}

    def fill(self) -> Filled:
        self._named()
        self._from_to()
        order = sorted(self.required, key=lambda name: self._looseness(name))
        for name in order:
            if name not in self.made:
                self._take(name)
        self._zones_of_optional()
        missing = [name for name in self.required if name not in self.made]
        return Filled(self.made, missing)

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
        if schema.get("format") or _is_zone(name) or _is_day(name):
            return 1
        return 4 if name.lower() in _TEXTS else 3

    # -- ways to find a value

    def _named(self) -> None:
        """`limit 5`, `limit=5`, `title: "A day"`: what the message itself calls by name."""
        for name in self.properties:
            words = re.escape(name).replace("_", "[ _-]")
            found = re.search(rf"(?<!\w){words}{_SAID}", self.left, re.I)
            if found is None:
                continue
            raw = next(group for group in found.groups() if group is not None)
            value = self._cast(name, raw)
            if value is not None:
                self.made[name] = value
                self._cut(found.start(), found.end())

    def _from_to(self) -> None:
        """`10 km to miles`."""
        source = next((name for name in self.properties if name.lower() in _FROM), None)
        target = next((name for name in self.properties if name.lower() in _TO), None)
        if source is None or target is None or _is_zone(source):
            return
        found = _PAIR.search(self.left)
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
            self._take_match(name, _NUMBER)
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
            self._take_match(name, _URL)
        elif form == "email" or name.lower() in ("email", "mail"):
            self._take_match(name, _MAIL)
        elif _is_zone(name):
            self._take_zone(name)
        elif form in ("date", "date-time") or _is_day(name):
            self._take_day(name)
        elif form == "time" or name.lower() in ("time", "at_time"):
            self._take_match(name, _TIME)
        elif "expression" in name.lower() or "formula" in name.lower():
            self._take_formula(name)
        elif not self._take_match(name, _QUOTED):
            self._take_rest(name)

    def _take_match(self, name: str, pattern: re.Pattern[str]) -> bool:
        for found in pattern.finditer(self.left):
            groups = [group for group in found.groups() if group is not None] if pattern is _QUOTED else []
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
        zones = _zones()
        for found in _ZONE.finditer(self.left):
            if found[0].lower() in zones:
                self.made[name] = zones[found[0].lower()]
                self._cut(found.start(), found.end())
                return
        for found in re.finditer(r"[^\W\d_]+(?:[ _][^\W\d_]+)?", self.left):
            for piece in (found[0], found[0].split()[0], found[0].split()[-1]):
                zone = zones.get(piece.lower().replace(" ", "_"))
                if zone and len(piece) > 3:
                    start = found.start() + found[0].find(piece)
                    self.made[name] = zone
                    self._cut(start, start + len(piece))
                    return

    def _zones_of_optional(self) -> None:
        for name in self.properties:
            if name not in self.made and _is_zone(name):
                self._take_zone(name)

    def _take_day(self, name: str) -> None:
        if self._take_match(name, _DATE):
            return
        for word, days in _DAYS.items():
            found = re.search(rf"\b{word}\b", self.left, re.I)
            if found:
                self.made[name] = (self.today + timedelta(days=days)).isoformat()
                self._cut(found.start(), found.end())
                return

    def _take_formula(self, name: str) -> None:
        found = max(_FORMULA.finditer(self.left), key=lambda one: len(one[0].strip()), default=None)
        formula = found[0].strip().rstrip("?.!, ") if found else ""
        if found and any(character.isdigit() for character in formula):
            self.made[name] = formula
            self._cut(found.start(), found.end())

    def _take_list(self, name: str, schema: Mapping[str, Any]) -> None:
        items = schema.get("items")
        kind = items.get("type") if isinstance(items, Mapping) else "string"
        if kind in ("integer", "number"):
            numbers = [_number(found[0], whole=kind == "integer") for found in _NUMBER.finditer(self.left)]
            values: list[Any] = [number for number in numbers if number is not None]
            self.left = _NUMBER.sub(" ", self.left)
        else:
            values = [next(group for group in found.groups() if group) for found in _QUOTED.finditer(self.left)]
            self.left = _QUOTED.sub(" ", self.left)
        if values:
            self.made[name] = values

    def _take_rest(self, name: str) -> None:
        """What is left of the message goes to the one text that is still wanted; two would be a guess."""
        texts = [one for one in self.required if one not in self.made and self._kind(one) == "string"]
        if len(texts) != 1:
            return
        rest = self.left
        if ":" in rest and not _URL.search(rest):
            before, _, after = rest.partition(":")
            rest = after if after.strip() and len(before.split()) <= 8 else rest
        rest = _LEAD.sub("", rest, count=1).strip(" \t\n?!,;:")
        if rest:
            self.made[name] = rest
            self.left = ""

    # -- small change

    def _cast(self, name: str, raw: str) -> Any:
        """The text as the property wants it; None when it does not fit."""
        schema, kind = self._schema(name), self._kind(name)
        if isinstance(schema.get("enum"), list):
            return next((one for one in schema["enum"] if str(one).lower() == raw.strip(" .,?!").lower()), None)
        if kind in ("integer", "number"):
            number = _number(raw, whole=kind == "integer")
            low, high = schema.get("minimum"), schema.get("maximum")
            bad = number is None or (low is not None and number < low) or (high is not None and number > high)
            return None if bad else number
        if kind == "boolean":
            return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(raw.lower())
        return raw.strip() if kind == "string" else None

    def _cut(self, start: int, end: int) -> None:
        self.left = f"{self.left[:start]} {self.left[end:]}"


def _number(raw: str, *, whole: bool) -> int | float | None:
    text = raw.strip().rstrip(".,")
    text = text.replace(",", "") if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", text) else text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    return None if whole else value


def _is_zone(name: str) -> bool:
    parts = name.lower().split("_")
    return "zone" in parts or "tz" in parts or any(part.startswith("timezone") for part in parts)


def _is_day(name: str) -> bool:
    parts = name.lower().split("_")
    return any(part in ("date", "day", "since", "until", "deadline") for part in parts)


@lru_cache(maxsize=1)
def _zones() -> Mapping[str, str]:
    """Every zone by its name and by its city, in lower case."""
    names = sorted(zoneinfo.available_timezones())
    cities = {name.rpartition("/")[2].lower(): name for name in names if "/" in name and not name.startswith("Etc/")}
    return cities | {name.lower(): name for name in names}
