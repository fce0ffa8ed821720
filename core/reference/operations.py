"""The operations of an OpenAPI document, as a page shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from core.decision import BUILT_IN
from core.reference.examples import Examples
from core.reference.pointers import Node, follow, name_of
from core.reference.shapes import Field, Shape, Shapes, without

JSON = "application/json"
PLACES = ("path", "query", "header")
WORKSPACE = "your-workspace"
"""Stands for the workspace in examples; pages put the visitor's own in its place."""
_WRAPPER = re.compile(r"^Paginated(.+)List$")


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
        return _is_json(self.media_type)

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
        return _is_json(self.media_type)


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


class OperationReader:
    """Reads operations of one document; `taken` keeps their anchors apart."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self._shapes = Shapes(document)
        self._examples = Examples(document)
        self._taken: set[str] = set()

    def read(self, path: str, method: str, node: Node, shared: Node) -> Operation:
        answers = [self._answer(str(status), answer) for status, answer in (node.get("responses") or {}).items()]
        needed = node.get("security", self._document.get("security")) or ()
        schemes = self._schemes(needed)
        done = [answer for answer in answers if answer.status[0] in "123"]
        problems = [answer for answer in answers if answer not in done] if done else []
        return Operation(
            id=self._anchor(str(node.get("operationId") or f"{method}-{path}")),
            method=method.upper(),
            path=path,
            summary=str(node.get("summary") or _readable(str(node.get("operationId") or "")) or f"{method} {path}"),
            description=str(node.get("description") or ""),
            tag=str((node.get("tags") or [""])[0]),
            deprecated=bool(node.get("deprecated")),
            scopes=[str(scope) for scope in node.get("x-scopes") or ()],
            roles=[str(role) for role in node.get("x-roles") or ()],
            takes_key=any(scheme.get("type") in ("http", "oauth2", "openIdConnect") for scheme in schemes),
            takes_session=any(scheme.get("in") == "cookie" for scheme in schemes),
            is_open=not needed or {} in needed,
            parameters=self._parameters(path, node, shared),
            body=self._body(node),
            answers=done or answers,
            problems=sorted(problems, key=lambda each: each.status),
        )

    def _anchor(self, wanted: str) -> str:
        base = re.sub(r"[^\w.]+", "-", wanted).strip("-") or "operation"
        found, number = base, 1
        while found in self._taken:
            number += 1
            found = f"{base}-{number}"
        self._taken.add(found)
        return found

    def _schemes(self, needed: Sequence[Node]) -> list[Node]:
        known = (self._document.get("components") or {}).get("securitySchemes") or {}
        return [follow(self._document, known.get(name)) for each in needed for name in each]

    def _parameters(self, path: str, node: Node, shared: Node) -> list[Parameter]:
        """Those of the operation, and those of its path that it does not replace, ordered as in the path."""
        found: dict[tuple[str, str], Parameter] = {}
        for each in (*(shared.get("parameters") or ()), *(node.get("parameters") or ())):
            given = follow(self._document, each)
            name, place = str(given.get("name", "")), str(given.get("in", ""))
            if name and place in PLACES:
                found[name, place] = self._parameter(name, place, given)
                if place == "path" and f"/workspaces/{{{name}}}" in path:
                    found[name, place] = replace(found[name, place], example=WORKSPACE)
        places = {name: number for number, name in enumerate(re.findall(r"\{([^}]*)\}", path))}
        return sorted(
            found.values(),
            key=lambda each: (PLACES.index(each.place), not each.required, places.get(each.name, 0)),
        )

    def _parameter(self, name: str, place: str, given: Node) -> Parameter:
        content: Mapping[str, Any] = next(iter((given.get("content") or {}).values()), {})
        schema = dict(follow(self._document, given.get("schema") or content.get("schema") or {}))
        schema["description"] = str(given.get("description") or schema.get("description") or "")
        if given.get("deprecated"):
            schema["deprecated"] = True
        required = bool(given.get("required") or place == "path")
        examples = follow(self._document, next(iter((given.get("examples") or {}).values()), {}))
        example = given.get("example", examples.get("value"))
        if example is None and (required or "example" in schema or "examples" in schema):
            example = self._examples.of(schema, name=name)
        return Parameter(name, place, Field(name, self._shapes.of(schema), required), schema, example)

    def _body(self, node: Node) -> Body | None:
        given = follow(self._document, node.get("requestBody") or {})
        media_type, media = _preferred(given.get("content") or {})
        if not media_type:
            return None
        schema = media.get("schema") or {}
        shape = without(self._shapes.of(schema), "readOnly")
        examples = self._media_examples(media) or [("", self._examples.of(schema, writing=True))]
        resolved = follow(self._document, schema)
        files = [name for name, each in (resolved.get("properties") or {}).items() if self._is_file(each)]
        return Body(media_type, bool(given.get("required")), shape, resolved, examples, files)

    def _is_file(self, schema: Any) -> bool:
        found = follow(self._document, schema)
        found = follow(self._document, found["items"]) if "items" in found else found
        return found.get("format") == "binary" or "contentMediaType" in found

    def _media_examples(self, media: Node) -> list[tuple[str, Any]]:
        if "example" in media:
            return [("", media["example"])]
        given = [(key, follow(self._document, each)) for key, each in (media.get("examples") or {}).items()]
        return [(str(each.get("summary") or key), each["value"]) for key, each in given if "value" in each]

    def _answer(self, status: str, node: Any) -> Answer:
        given = follow(self._document, node)
        media_type, media = _preferred(given.get("content") or {})
        headers = [self._header(name, each) for name, each in (given.get("headers") or {}).items()]
        answer = Answer(status, status_title(status), str(given.get("description") or ""), media_type, headers=headers)
        schema = media.get("schema")
        if schema is None:
            return answer
        shape = without(self._shapes.of(schema), "writeOnly")
        name, listed = self._object_of(schema, shape)
        if status[0] not in "123":
            return replace(answer, shape=shape, object=name)
        examples = self._media_examples(media)
        example = examples[0][1] if examples else self._examples.of(schema)
        return replace(answer, shape=shape, object=name, listed=listed, example=example)

    def _header(self, name: str, node: Any) -> Field:
        given = follow(self._document, node)
        schema = {**(given.get("schema") or {}), "description": str(given.get("description", ""))}
        return Field(name, self._shapes.of(schema))

    def _object_of(self, schema: Node, shape: Shape) -> tuple[str, bool]:
        """The named object that an answer is, and whether it is one page of a list of them."""
        wrapped = _WRAPPER.match(name_of(str(schema.get("$ref", ""))))
        if wrapped:
            data = next((each.shape for each in shape.fields if each.name == "data"), None)
            if data is not None and data.name and data.opens:
                return data.name, True
        return (shape.name, False) if shape.name and (shape.opens or shape.link) else ("", False)


def status_title(status: str) -> str:
    """`Created` of 201; ranges and `default` in words."""
    if status.isdigit():
        try:
            return HTTPStatus(int(status)).phrase
        except ValueError:
            return ""
    return _("any other") if status == "default" else ""


def _preferred(content: Node) -> tuple[str, Node]:
    """The media type that is shown: JSON where there is some. An empty one when there is none."""
    ordered = sorted(content.items(), key=lambda item: not _is_json(item[0]))
    return (ordered[0][0], ordered[0][1] or {}) if ordered else ("", {})


def _is_json(media_type: str) -> bool:
    plain = media_type.partition(";")[0]
    return plain == JSON or plain.endswith("+json")


def _readable(name: str) -> str:
    """`List the hubs` of `list_the_hubs`."""
    return name.replace("_", " ").replace("-", " ").strip().capitalize()


def slug_of(tag: str) -> str:
    return slugify(tag) or "other"
