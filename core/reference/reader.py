"""Reads the operations of an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.reference.examples import Examples
from core.reference.operations import (
    PLACES,
    WORKSPACE,
    Answer,
    Body,
    Operation,
    Parameter,
    is_json_type,
    status_title,
)
from core.reference.pointers import Node, follow, name_of
from core.reference.shapes import Field, Shape, Shapes, without

_WRAPPER = re.compile(r"^Paginated(.+)List$")


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


def _preferred(content: Node) -> tuple[str, Node]:
    """The media type that is shown: JSON where there is some. An empty one when there is none."""
    ordered = sorted(content.items(), key=lambda item: not is_json_type(item[0]))
    return (ordered[0][0], ordered[0][1] or {}) if ordered else ("", {})


def _readable(name: str) -> str:
    """`List the hubs` of `list_the_hubs`."""
    return name.replace("_", " ").replace("-", " ").strip().capitalize()
