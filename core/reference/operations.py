"""The operations of an OpenAPI document, as a page shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from core.decision import BUILT_IN
from core.reference.pointers import Node
from core.reference.shapes import Field, Shape

JSON = "application/json"
PLACES = ("path", "query", "header")
WORKSPACE = "your-workspace"
"""Stands for the workspace in examples; pages put the visitor's own in its place."""


@dataclass(frozen=True)
class Parameter:
    """`place` is path, query or header; `example` a value that fits, None where there is none to show."""

    name: str
    place: str
    field: Field
    schema: Node
    example: Any

    @property
    def required(self) -> bool:
        return self.field.required


@dataclass(frozen=True)
class Body:
    """What a request carries. `examples`: (title, value) pairs, at least one."""

    media_type: str
    required: bool
    shape: Shape
    schema: Node
    examples: Sequence[tuple[str, Any]]
    files: Sequence[str] = ()
    """Names of the fields of a form that are files."""

    @property
    def example(self) -> Any:
        return self.examples[0][1]

    @property
    def is_json(self) -> bool:
        return is_json_type(self.media_type)

    @property
    def is_form(self) -> bool:
        return self.media_type in ("multipart/form-data", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Answer:
    """One answer. `object`: the schema that the objects of the page describe; `listed`: it comes as pages of a list."""

    status: str
    title: str
    description: str
    media_type: str = ""
    shape: Shape | None = None
    object: str = ""
    listed: bool = False
    example: Any = None
    headers: Sequence[Field] = ()

    @property
    def is_json(self) -> bool:
        return is_json_type(self.media_type)


@dataclass(frozen=True)
class Operation:
    """`scopes`: those of which a key needs one; `roles`: those of which the person needs one; empty when not said."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    tag: str
    deprecated: bool
    scopes: Sequence[str]
    roles: Sequence[str]
    takes_key: bool
    takes_session: bool
    is_open: bool
    """It asks for neither."""
    parameters: Sequence[Parameter]
    body: Body | None
    answers: Sequence[Answer]
    problems: Sequence[Answer]

    @property
    def places(self) -> list[tuple[str, list[Field]]]:
        """Where parameters stand, in words, with those that stand there."""
        words = {"path": _("Path"), "query": _("Query"), "header": _("Headers")}
        found = [(words[place], [each.field for each in self.parameters_in(place)]) for place in PLACES]
        return [(word, fields) for word, fields in found if fields]

    def parameters_in(self, place: str) -> list[Parameter]:
        return [parameter for parameter in self.parameters if parameter.place == place]

    @property
    def segments(self) -> list[tuple[str, bool]]:
        """The path in pieces, between which it may break; True for those that stand for something."""
        pieces = [piece for piece in re.split(r"(\{[^}]*\}|/)", self.path) if piece]
        return [(piece, piece.startswith("{")) for piece in pieces]

    @property
    def every_role(self) -> bool:
        return set(self.roles) >= set(BUILT_IN.roles)


def status_title(status: str) -> str:
    """`Created` of 201; ranges and `default` in words."""
    if status.isdigit():
        try:
            return HTTPStatus(int(status)).phrase
        except ValueError:
            return ""
    return _("any other") if status == "default" else ""


def is_json_type(media_type: str) -> bool:
    plain = media_type.partition(";")[0]
    return plain == JSON or plain.endswith("+json")


def slug_of(tag: str) -> str:
    return slugify(tag) or "other"
