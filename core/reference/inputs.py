"""The form in which an operation is tried: one input for each parameter, and the body."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.reference.operations import WORKSPACE, Operation, Parameter
from core.reference.pointers import Node

Kind = Literal["text", "number", "choice", "list", "file"]
ROWS = (3, 16)
"""The lines of a body's box, at least and at most."""


@dataclass(frozen=True)
class Input:
    """`place`: path, query, header, or form for a part of the body. A list is written with commas."""

    name: str
    place: str
    kind: Kind
    required: bool = False
    choices: Sequence[str] = ()
    value: str = ""
    hint: str = ""
    schema: Node | None = None

    @property
    def limits(self) -> dict[str, Any]:
        """Attributes of the control that let the browser say what does not fit."""
        schema = self.schema or {}
        names = {"minimum": "min", "maximum": "max"} if self.kind == "number" else {"maxLength": "maxlength"}
        found = {attribute: schema[name] for name, attribute in names.items() if name in schema}
        return {**found, "step": "any"} if self.kind == "number" and schema.get("type") == "number" else found


@dataclass(frozen=True)
class Try:
    """`body`: the text that the box begins with; None when the request has none, or one of inputs."""

    inputs: Sequence[Input]
    body: str | None = None
    media_type: str = ""
    raw_file: bool = False

    @property
    def rows(self) -> int:
        return max(ROWS[0], min(ROWS[1], (self.body or "").count("\n") + 1))


def try_of(operation: Operation) -> Try:
    inputs = [_of_parameter(each) for each in operation.parameters]
    body = operation.body
    if body is None:
        return Try(inputs)
    if body.is_form:
        return Try([*inputs, *_of_form(operation)], media_type=body.media_type)
    if body.is_json:
        return Try(inputs, json.dumps(body.example, indent=2, ensure_ascii=False), body.media_type)
    if body.media_type.startswith("text/"):
        return Try(inputs, body.example if isinstance(body.example, str) else "", body.media_type)
    return Try(inputs, media_type=body.media_type, raw_file=True)


def _of_parameter(parameter: Parameter) -> Input:
    value = WORKSPACE if parameter.example == WORKSPACE else ""
    hint = str(parameter.example) if isinstance(parameter.example, str | int) and not value else ""
    if "default" in parameter.schema:
        hint = json.dumps(parameter.schema["default"], ensure_ascii=False).strip('"')
    kind, choices = _kind(parameter.schema)
    return Input(parameter.name, parameter.place, kind, parameter.required, choices, value, hint, parameter.schema)


def _of_form(operation: Operation) -> list[Input]:
    body = operation.body
    assert body is not None
    schemas: Node = body.schema.get("properties") or {}
    found = []
    for field in body.shape.fields:
        schema = schemas.get(field.name) or {}
        kind, choices = ("file", ()) if field.name in body.files else _kind(schema)
        found.append(Input(field.name, "form", kind, field.required, choices, schema=schema))
    return found


def _kind(schema: Node) -> tuple[Kind, Sequence[str]]:
    said = schema.get("type")
    if schema.get("enum"):
        return "choice", [str(value) for value in schema["enum"] if value not in (None, "")]
    if said == "boolean":
        return "choice", ("true", "false")
    if said in ("integer", "number"):
        return "number", ()
    return ("list", ()) if said == "array" else ("text", ())
