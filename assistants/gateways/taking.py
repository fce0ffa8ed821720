"""One value after another, taken out of a message: each kind of property has its way to be found."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from assistants.gateways import dates
from assistants.gateways.leftover import Leftover
from assistants.gateways.measures import NUMBER, as_number
from assistants.gateways.pieces import MAIL, QUOTED, URL, formula_in, json_span, plain_formula
from assistants.gateways.properties import PLAIN, Properties
from assistants.gateways.synonyms import names_of
from assistants.gateways.zones import find_zone


class Taker:
    """Takes pieces out of the message as it finds a place for them, so that none is used twice."""

    def __init__(self, schema: Mapping[str, Any], text: str, known: str, today: date) -> None:
        self.wanted = Properties(schema)
        self.left = text
        self.rest = 0
        """Values that are only what was left over."""
        self.today = today
        self.leftover = Leftover(known)
        self.json = "json" in known.lower()
        self.made: dict[str, Any] = {}

    # -- one value

    def _take(self, name: str) -> None:
        schema, kind = self.wanted.schema(name), self.wanted.kind(name)
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
        form, low = schema.get("format", ""), name.lower()
        if form in ("uri", "url") or low in ("url", "uri", "link", "href"):
            self._take_match(name, URL)
        elif form == "email" or low in ("email", "mail"):
            self._take_match(name, MAIL)
        elif self.wanted.wants_zone(name):
            self._take_zone(name)
        elif form in ("date", "date-time") or self.wanted.is_day(name):
            self._take_day(name)
        elif self.wanted.is_time(name):
            self._take_time(name)
        elif "expression" in low or "formula" in low:
            self._take_formula(name)
        elif low == "value" and (found := NUMBER.search(self.left)):
            self._put(name, str(as_number(found[0], whole=False)), found.span())
        elif not self._take_json(name) and not self._take_match(name, QUOTED):
            self._take_rest(name)

    def _take_json(self, name: str) -> bool:
        """A piece of JSON is one text, whatever quotes stand in it; a tool for JSON is given it with its faults."""
        span = json_span(self.left)
        if span is None:
            return False
        text = self.left[span[0] : span[1]]
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            if not self.json:
                return False
        return self._put(name, text, span)

    def _take_match(self, name: str, pattern: re.Pattern[str]) -> bool:
        for found in pattern.finditer(self.left):
            groups = [group for group in found.groups() if group is not None] if pattern is QUOTED else []
            if self._put(name, groups[0] if groups else found[0], found.span()):
                return True
        return False

    def _take_choice(self, name: str, choices: list[Any]) -> None:
        for choice in sorted(choices, key=lambda one: -len(str(one))):
            found = names_of(choice).search(self.left)
            if found:
                self.made[name] = choice
                self._cut(found.start(), found.end())
                return
        if len(choices) == 1:
            self.made[name] = choices[0]

    def _take_zone(self, name: str) -> None:
        found = find_zone(self.left)
        if found is not None:
            self.made[name] = found[0]
            self._cut(found[1], found[2])

    def _take_day(self, name: str) -> None:
        days = dates.find_days(self.left, self.today)
        if days:
            self.made[name] = days[0].value
            self._cut(days[0].start, days[0].end)

    def _take_time(self, name: str) -> None:
        """A time of day, with its date where the message has both."""
        alone = self.wanted.schema(name).get("format") == "time" or "pattern" in self.wanted.schema(name)
        days = [] if alone else dates.find_days(self.left, self.today)
        moment = next((one for one in days if "T" in one.value), None)
        if moment is not None:
            self.made[name] = moment.value
            self._cut(moment.start, moment.end)
            return
        found = dates.find_time(self.left)
        if found is None:
            return
        self._cut(found[1], found[2])
        days = [] if alone else dates.find_days(self.left, self.today)
        self.made[name] = f"{days[0].value}T{found[0]}" if days else found[0]
        if days:
            self._cut(days[0].start, days[0].end)

    def _take_formula(self, name: str) -> None:
        formula, self.left = formula_in(self.left)
        if formula:
            self.made[name] = plain_formula(formula)
            self.left = self.left.replace(formula, " ", 1)

    def _take_list(self, name: str, schema: Mapping[str, Any]) -> None:
        items = schema.get("items")
        items = items if isinstance(items, Mapping) else {}
        values: list[Any]
        if isinstance(items.get("enum"), list):
            values = self._chosen(items["enum"])
        elif items.get("type") in ("integer", "number"):
            found = [as_number(one[0], whole=items["type"] == "integer") for one in NUMBER.finditer(self.left)]
            values = [one for one in found if one is not None]
            self.left = NUMBER.sub(" ", self.left)
        else:
            values = [next(group for group in one.groups() if group) for one in QUOTED.finditer(self.left)]
            self.left = QUOTED.sub(" ", self.left)
        if values:
            self.made[name] = values

    def _chosen(self, choices: list[Any]) -> list[Any]:
        """All of them that the message names, days of the week in any language."""
        if set(choices) == set(dates.WEEKDAYS):
            found, self.left = dates.find_weekdays(self.left)
            return list(found)
        return [one for one in choices if len(str(one)) > 2 and names_of(one).search(self.left)]

    # -- what is left over

    def _loose(self) -> list[str]:
        return [one for one in self.wanted.required if one not in self.made and self.wanted.looseness(one) >= PLAIN]

    def _take_rest(self, name: str) -> None:
        """What is left of the message goes to the one text that is still wanted; two would be a guess."""
        if len(self._loose()) == 1:
            self._rest_as(name)

    def _rest_as(self, name: str) -> None:
        rest = self.leftover.of(self.left)
        if rest:
            self.made[name] = rest
            self.left = ""
            self.rest += 1

    # -- small change

    def _put(self, name: str, raw: str, span: tuple[int, int]) -> bool:
        value = self.wanted.cast(name, raw)
        if value is None:
            return False
        self.made[name] = value
        self._cut(*span)
        return True

    def _cut(self, start: int, end: int) -> None:
        self.left = f"{self.left[:start]} {self.left[end:]}"
