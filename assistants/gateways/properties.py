"""What a tool's schema says of its properties, as `filling` asks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistants.gateways.measures import as_number
from assistants.gateways.pieces import DAY_NAMES, ENDS, FROM, TEXTS, TO
from assistants.gateways.zones import is_zone

PLAIN = 3
"""A text without a shape of its own."""
_YES = {
    **dict.fromkeys(("true", "yes", "on", "ja", "oui", "sí", "si", "是"), True),
    **dict.fromkeys(("false", "no", "off", "nein", "non", "否"), False),
}


class Properties:
    """Of an object schema. One that is no such thing has none."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        found = schema.get("properties")
        self.all: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
        required = schema.get("required")
        self.required = [name for name in required if name in self.all] if isinstance(required, list) else []

    def schema(self, name: str) -> Mapping[str, Any]:
        found = self.all.get(name)
        if not isinstance(found, Mapping):
            return {}
        for union in ("anyOf", "oneOf"):
            options = found.get(union)
            if isinstance(options, list):
                first = next((one for one in options if isinstance(one, Mapping) and one.get("type") != "null"), {})
                return {**first, **{key: value for key, value in found.items() if key != union}}
        return found

    def kind(self, name: str) -> str:
        kind = self.schema(name).get("type", "string")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "string")
        return str(kind)

    def choices(self, name: str) -> list[Any]:
        found = self.schema(name).get("enum")
        return found if isinstance(found, list) else []

    def about(self, name: str) -> str:
        return str(self.schema(name).get("description", "")).lower()

    def looseness(self, name: str) -> int:
        """What is easily told apart goes first, the text that takes whatever is left last."""
        schema = self.schema(name)
        if "enum" in schema or "const" in schema:
            return 0
        if self.kind(name) in ("integer", "number", "boolean"):
            return 2
        if schema.get("format") or is_zone(name) or self.is_day(name):
            return 1
        if self.kind(name) != "string":
            return PLAIN - 1
        return PLAIN + 1 if name.lower() in TEXTS else PLAIN

    def is_time(self, name: str) -> bool:
        return self.schema(name).get("format") == "time" or name.lower() in ("time", "at_time")

    def is_day(self, name: str) -> bool:
        if self.kind(name) != "string":
            return False
        parts = name.lower().split("_")
        return any(part in DAY_NAMES for part in parts) or (parts[0] in ENDS and "date" in self.about(name))

    def span(self) -> tuple[str, str] | None:
        """The first and the last day of something, where it wants both."""
        days = [name for name in self.required if self.is_day(name)]
        firsts = [name for name in days if name.lower().split("_")[0] in ("start", "from", "begin", "since")]
        lasts = [name for name in days if name.lower().split("_")[0] in ("end", "to", "until")]
        return (firsts[0], lasts[0]) if len(days) == 2 and firsts and lasts else None

    def pair(self) -> tuple[str, str] | None:
        """What something is converted from, and to."""
        source = next((name for name in self.all if name.lower() in FROM), None)
        target = next((name for name in self.all if name.lower() in TO), None)
        return (source, target) if source is not None and target is not None else None

    def wants_zone(self, name: str) -> bool:
        return is_zone(name) or "zone" in self.about(name)

    def cast(self, name: str, raw: str) -> Any:
        """The text as the property wants it; None when it does not fit."""
        schema, kind = self.schema(name), self.kind(name)
        if isinstance(schema.get("enum"), list):
            return next((one for one in schema["enum"] if str(one).lower() == raw.strip(" .,?!").lower()), None)
        if kind in ("integer", "number"):
            number = as_number(raw, whole=kind == "integer")
            low, high = schema.get("minimum"), schema.get("maximum")
            bad = number is None or (low is not None and number < low) or (high is not None and number > high)
            return None if bad else number
        if kind == "boolean":
            return _YES.get(raw.lower())
        return raw.strip() if kind == "string" else None
