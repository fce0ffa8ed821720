"""A form drawn from a JSON Schema, and what was filled in read back as JSON, with errors by field.

    form = SchemaForm(tool.input_schema, name="args", data=request.POST)
    if form.is_valid(): call(form.value)

The checks are those a person can mend at once (missing, not a number, out of range); the server has the last word.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from core.components.code import pretty
from core.components.schema_parse import Parser
from core.components.schema_read import MISSING, Spec, key_of, numbered, read_schema
from core.json_values import checked_json

MOST_JSON = 1_000_000
"""Characters of JSON that are read from a form."""
MODE, RAW = "__mode", "__json"


@dataclass
class Row:
    """A field as the template draws it."""

    spec: Spec
    value: Any
    errors: list[str]
    rows: list[Row] = field(default_factory=list)
    blank: Row | None = None
    """The model of a new row of a list."""
    next_number: int = 0

    @property
    def id(self) -> str:
        return "f-" + "".join(letter if letter.isalnum() or letter == "_" else "-" for letter in self.spec.name)

    @property
    def options(self) -> list[tuple[int, str, bool]]:
        """Index, label, chosen: an index, because a choice may be any JSON value."""
        chosen = self.value if self.spec.kind == "many" and isinstance(self.value, list) else [self.value]
        pairs = zip(self.spec.choices, self.spec.labels, strict=True)
        return [(index, label, _among(value, chosen)) for index, (value, label) in enumerate(pairs)]

    @property
    def text(self) -> str:
        """The value as it stands in an input."""
        if self.value is MISSING or self.value is None:
            return ""
        if isinstance(self.value, str) and self.spec.kind != "json":
            return self.value
        return pretty(self.value) if self.spec.kind == "json" and not isinstance(self.value, Typed) else str(self.value)

    @property
    def placeholder(self) -> str:
        examples = self.spec.schema.get("examples")
        first = examples[0] if isinstance(examples, list) and examples else ""
        return first[:100] if isinstance(first, str) else json.dumps(first)[:100]

    @property
    def is_true(self) -> bool:
        return self.value is True or self.value == "true"

    @property
    def is_false(self) -> bool:
        return self.value is False or self.value == "false"


class Typed(str):
    """What a person typed, kept as it was."""

    __slots__ = ()


def _among(value: Any, chosen: list[Any]) -> bool:
    return any(type(one) is type(value) and one == value for one in chosen)


class SchemaForm:
    """`value` is the object to draw or, once sent, what was filled in. `errors` are by path; "" is the whole."""

    def __init__(self, schema: Any, *, name: str = "args", value: Any = MISSING, data: QueryDict | None = None) -> None:
        self.name, self.data = name, data
        self.spec = read_schema(schema, name)
        self.drawable = self.spec.kind == "object"
        self.errors: dict[str, list[str]] = {}
        self.value: Any = value
        self.typed_json = ""
        self._parsed = False
        self.mode = "form" if self.drawable else "json"
        if data is not None:
            self._parse(data)

    def is_valid(self) -> bool:
        """Was it sent, and can it be used?"""
        return self._parsed and not self.errors

    def _parse(self, data: QueryDict) -> None:
        self._parsed = True
        if not self.drawable or data.get(f"{self.name}.{MODE}") == "json":
            self.mode = "json"
            self._parse_json(data.get(f"{self.name}.{RAW}", ""))
            return
        parser = Parser(data)
        found = parser.read(self.spec)
        self.value = {} if found is MISSING else found
        self.errors = parser.errors

    def _parse_json(self, text: str) -> None:
        self.typed_json = text
        if len(text) > MOST_JSON:
            self.errors[""] = [_("This is more than a form can carry.")]
            return
        try:
            self.value = checked_json(text) if text.strip() else {}
        except ValueError as problem:
            self.errors[""] = [_("This is not JSON: %(why)s") % {"why": problem}]
            return
        if not isinstance(self.value, Mapping):
            self.errors[""] = [_("The arguments are an object: { … }.")]

    @property
    def rows(self) -> list[Row]:
        """The fields to draw, with values, or what was typed, and errors."""
        given = self.value if isinstance(self.value, Mapping) else {}
        return [self._row(child, given.get(key_of(child), MISSING)) for child in self.spec.children]

    @property
    def json_text(self) -> str:
        """The value as JSON, for the other way to fill it in."""
        if self.typed_json:
            return self.typed_json
        return pretty(self.value) if isinstance(self.value, Mapping) else pretty(self._defaults())

    @property
    def json_errors(self) -> list[str]:
        return self.errors.get("", [])

    def _defaults(self) -> dict[str, Any]:
        return {key_of(child): child.default for child in self.spec.children if child.default is not MISSING}

    def _row(self, spec: Spec, value: Any) -> Row:
        if self.data is not None and self.mode == "form":
            value = self._typed(spec, value)
        elif value is MISSING and spec.default is not MISSING:
            value = spec.default
        row = Row(spec, value, self.errors.get(spec.path, []))
        if spec.kind == "object":
            inside = value if isinstance(value, Mapping) else {}
            row.rows = [self._row(child, inside.get(key_of(child), MISSING)) for child in spec.children]
        elif spec.kind == "list" and spec.item is not None:
            self._list_rows(row, spec.item, value if isinstance(value, list) else [])
        return row

    def _list_rows(self, row: Row, item: Spec, values: list[Any]) -> None:
        numbers = Parser(self.data).numbers(row.spec) if self.data is not None and self.mode == "form" else []
        places = numbers or list(range(len(values) + (0 if values else 1)))
        for place, number in enumerate(places):
            row.rows.append(self._row(numbered(item, number), values[place] if place < len(values) else MISSING))
        row.next_number = max(places, default=-1) + 1
        row.blank = _blank(item)

    def _typed(self, spec: Spec, value: Any) -> Any:
        """What stood in the input, so that nothing typed is lost."""
        assert self.data is not None
        if spec.kind in {"object", "list", "many", "enum", "const"}:
            return value
        if spec.kind == "switch":
            return spec.name in self.data
        return Typed(self.data[spec.name]) if spec.name in self.data else value


def _blank(item: Spec) -> Row:
    row = Row(item, item.default, [])
    row.rows = [_blank(child) for child in item.children]
    return row
