"""Reads a filled-in schema form back into JSON. What cannot be used is named by its path."""

from __future__ import annotations

import math
from typing import Any

from django.utils.translation import gettext as _

from core.components.schema_read import MISSING, Spec, key_of, numbered
from core.json_values import checked_json

MOST_ROWS = 500
LONGEST_NUMBER = 400


class Parser:
    """One pass over what was sent. `errors` fills as it goes."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.errors: dict[str, list[str]] = {}

    def read(self, spec: Spec) -> Any:
        """The JSON value of a field, or MISSING when it was left out."""
        if spec.kind == "object":
            return self._object(spec)
        if spec.kind == "list":
            return self._list(spec)
        if spec.kind == "many":
            return self._many(spec)
        if spec.kind == "const":
            return spec.choices[0]
        if spec.kind == "switch":
            return spec.name in self.data
        text = str(self.data.get(spec.name, ""))
        if text.strip() == "" or (spec.kind in {"text", "long", "secret"} and text == ""):
            return self._nothing(spec)
        return self._scalar(spec, text)

    def _fail(self, spec: Spec, message: str) -> Any:
        self.errors.setdefault(spec.path, []).append(message)
        return MISSING

    def _nothing(self, spec: Spec) -> Any:
        if not spec.required:
            return MISSING
        return None if spec.nullable else self._fail(spec, _("This is required."))

    def _scalar(self, spec: Spec, text: str) -> Any:
        if spec.kind == "enum":
            index = int(text) if text.isdecimal() and len(text) < 6 else -1
            return (
                spec.choices[index]
                if 0 <= index < len(spec.choices)
                else self._fail(spec, _("Choose one of the list."))
            )
        if spec.kind == "yesno":
            return text == "true"
        if spec.kind in {"integer", "number"}:
            return self._number(spec, text.strip())
        if spec.kind == "json":
            return self._json(spec, text)
        return self._text(spec, text.replace("\r\n", "\n"))

    def _text(self, spec: Spec, text: str) -> Any:
        least, most = spec.schema.get("minLength"), spec.schema.get("maxLength")
        if isinstance(least, int) and len(text) < least:
            return self._fail(spec, _("At least %(n)s characters.") % {"n": least})
        if isinstance(most, int) and len(text) > most:
            return self._fail(spec, _("At most %(n)s characters.") % {"n": most})
        return text

    def _number(self, spec: Spec, text: str) -> Any:
        value: int | float
        try:
            if len(text) > LONGEST_NUMBER:
                raise ValueError
            value = int(text) if text.lstrip("+-").isdecimal() else float(text)
        except ValueError:
            return self._fail(spec, _("This is not a number."))
        if not math.isfinite(value):
            return self._fail(spec, _("This is not a number."))
        if spec.kind == "integer" and isinstance(value, float):
            if not value.is_integer():
                return self._fail(spec, _("This must be a whole number."))
            value = int(value)
        return self._in_range(spec, value)

    def _in_range(self, spec: Spec, value: float) -> Any:
        def bound(key: str) -> float | None:
            found = spec.schema.get(key)
            return found if isinstance(found, int | float) and not isinstance(found, bool) else None

        least, most = bound("minimum"), bound("maximum")
        above, below = bound("exclusiveMinimum"), bound("exclusiveMaximum")
        if least is not None and value < least:
            return self._fail(spec, _("At least %(n)s.") % {"n": least})
        if most is not None and value > most:
            return self._fail(spec, _("At most %(n)s.") % {"n": most})
        if above is not None and value <= above:
            return self._fail(spec, _("More than %(n)s.") % {"n": above})
        if below is not None and value >= below:
            return self._fail(spec, _("Less than %(n)s.") % {"n": below})
        return value

    def _json(self, spec: Spec, text: str) -> Any:
        try:
            return checked_json(text)
        except ValueError as problem:
            return self._fail(spec, _("This is not JSON: %(why)s") % {"why": problem})

    def _object(self, spec: Spec) -> Any:
        found, mistakes = {}, dict(self.errors)
        for child in spec.children:
            value = self.read(child)
            if value is not MISSING:
                found[key_of(child)] = value
        if found or spec.required or spec.path == "" or self._touched(spec):
            return found
        # Nothing inside an optional object was filled in: then what it would require is not missed either.
        self.errors = mistakes
        return MISSING

    def _touched(self, spec: Spec) -> bool:
        """Was anything typed inside? Switches and constants do not count: they always say something."""
        for child in spec.children:
            if child.kind == "object" and self._touched(child):
                return True
            if child.kind == "list" and self.numbers(child):
                return True
            if child.kind not in {"switch", "const", "object", "list"} and str(self.data.get(child.name, "")).strip():
                return True
        return False

    def numbers(self, spec: Spec) -> list[int]:
        """The rows of a list that were sent, in order."""
        start = f"{spec.name}."
        found = {key[len(start) :].partition(".")[0] for key in self.data if key.startswith(start)}
        return sorted(int(number) for number in found if number.isdecimal() and len(number) < 6)[:MOST_ROWS]

    def _list(self, spec: Spec) -> Any:
        assert spec.item is not None
        values = []
        for number in self.numbers(spec):
            row = numbered(spec.item, number)
            if self._is_blank(row):
                continue
            value = self.read(row)
            if value is not MISSING:
                values.append(value)
        if values or (spec.required and not any(path.startswith(f"{spec.path}.") for path in self.errors)):
            return self._counted(spec, values)
        return MISSING

    def _is_blank(self, row: Spec) -> bool:
        if row.kind == "object":
            return not self._touched(row)
        return row.kind != "switch" and not str(self.data.get(row.name, ""))

    def _counted(self, spec: Spec, values: list[Any]) -> Any:
        least, most = spec.schema.get("minItems"), spec.schema.get("maxItems")
        if isinstance(least, int) and len(values) < least:
            return self._fail(spec, _("At least %(n)s of these.") % {"n": least})
        if isinstance(most, int) and len(values) > most:
            return self._fail(spec, _("At most %(n)s of these.") % {"n": most})
        return values

    def _many(self, spec: Spec) -> Any:
        chosen = [text for text in self.data.getlist(spec.name) if text.isdecimal() and len(text) < 6]
        values = [spec.choices[int(text)] for text in chosen if int(text) < len(spec.choices)]
        return self._counted(spec, values) if values or spec.required else MISSING
