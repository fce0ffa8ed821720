"""Values that fit a schema, for the examples: what the document gives, else something plausible by type and name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import cached_property

from core.reference.pointers import Node, follow, name_of

DEEPEST = 6
ADDRESS = "https://example.com/"
MOMENT = "2026-11-23T09:30:00Z"
_BY_FORMAT = {
    "date-time": MOMENT,
    "date": "2026-11-23",
    "time": "09:30:00",
    "duration": "P1D",
    "email": "mara@example.com",
    "uri": ADDRESS,
    "url": ADDRESS,
    "uuid": "0d3ad24e-8b2f-4f0b-9c66-2f0a1c7f9b11",
    "ipv4": "203.0.113.7",
    "ipv6": "2001:db8::7",
    "hostname": "example.com",
    "byte": "aGVsbG8=",
    "binary": "…",
}
_BY_NAME = {
    "title": "Weather",
    "name": "Weather",
    "slug": "weather",
    "url": ADDRESS,
    "email": "mara@example.com",
    "error": "",
    "problem": "",
}
_BY_TYPE: Mapping[str, Any] = {"string": "…", "integer": 1, "number": 1.5, "boolean": False, "null": None}


class Examples:
    """Makes values for the schemas of one document. `writing`: for a request, without what only is answered."""

    def __init__(self, document: Node) -> None:
        self._document = document

    def of(self, schema: Any, *, name: str = "", writing: bool = False, trail: tuple[str, ...] = ()) -> Any:
        """A value. Loops and what is too deep become null, or are left out where that is allowed."""
        if not isinstance(schema, Mapping):
            return None
        if "$ref" in schema:
            ref = name_of(str(schema["$ref"]))
            if ref in trail:
                return None
            trail = (*trail, ref)
        schema = self._whole(schema)
        given = _given(schema)
        if given:
            return given[0]
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema, writing, trail)
        if kind == "array":
            if len(trail) > DEEPEST:
                return []
            item = self.of(schema.get("items", {}), name=_singular(name), writing=writing, trail=(*trail, ""))
            return [] if item is None else [item]
        return self._scalar(schema, kind, name)

    def _object(self, schema: Node, writing: bool, trail: tuple[str, ...]) -> dict[str, Any]:
        if len(trail) > DEEPEST:
            return {}
        properties: Mapping[str, Any] = schema.get("properties") or {}
        required = set(schema.get("required") or ())
        hidden = "readOnly" if writing else "writeOnly"
        shown = {name: inner for name, inner in properties.items() if not self._whole(inner).get(hidden)}
        if writing:
            # What must be given; where nothing must, the first few show how it looks.
            shown = {name: inner for name, inner in shown.items() if name in required} or dict(list(shown.items())[:2])
        inside = (*trail, "")
        values = {name: self.of(each, name=name, writing=writing, trail=inside) for name, each in shown.items()}
        more = schema.get("additionalProperties")
        if not values and isinstance(more, Mapping) and more and not writing:
            values["name"] = self.of(more, writing=writing, trail=inside)
        return values

    def _whole(self, schema: Any, depth: int = 0) -> Node:
        """The schema with references and `allOf` put in, and the first of its alternatives that is not null."""
        whole = follow(self._document, schema) if depth <= DEEPEST else {}
        for key in ("allOf", "oneOf", "anyOf"):
            parts = [follow(self._document, part) for part in whole.get(key) or ()]
            parts = [part for part in parts if part.get("type") != "null" and part.get("enum") != [None]]
            rest = {name: value for name, value in whole.items() if name != key}
            for part in parts if key == "allOf" else parts[:1]:
                part = self._whole(part, depth + 1)
                joined = {**(rest.get("properties") or {}), **(part.get("properties") or {})}
                needed = [*(rest.get("required") or ()), *(part.get("required") or ())]
                rest = {**part, **rest, **({"properties": joined, "required": needed} if joined else {})}
            whole = rest
        return whole

    def _scalar(self, schema: Node, kind: str, name: str) -> Any:
        if kind == "string":
            value = _BY_FORMAT.get(str(schema.get("format", ""))) or _BY_NAME.get(name, self.ids.get(name))
            if value is None:
                return "…"
            return value[: schema["maxLength"]] if "maxLength" in schema else value
        if kind in ("integer", "number"):
            least, most = schema.get("minimum"), schema.get("maximum")
            value = max(_BY_TYPE[kind], least) if least is not None else _BY_TYPE[kind]
            return min(value, most) if most is not None else value
        return _BY_TYPE.get(kind)

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """What the id of a thing looks like, by the name that fields for it have: the example of `Hub.id` for `hub`."""
        found = {}
        schemas = (self._document.get("components") or {}).get("schemas") or {}
        for name, schema in schemas.items():
            given = _given(follow(self._document, (schema.get("properties") or {}).get("id")))
            if given and isinstance(given[0], str):
                found[name.lower()] = given[0]
        return found


def _given(schema: Node) -> list[Any]:
    """What the schema itself offers as a value, the best first."""
    if "example" in schema:
        return [schema["example"]]
    for key in ("examples", "enum"):
        values = schema.get(key)
        if isinstance(values, list) and values:
            return [value for value in values if value not in (None, "")] or values
    return [schema[key] for key in ("const", "default") if schema.get(key) not in (None, "")]


def _kind(schema: Node) -> str:
    said = schema.get("type")
    kinds = said if isinstance(said, list) else [said]
    left = [kind for kind in kinds if kind and kind != "null"]
    if left:
        return str(left[0])
    if "properties" in schema or "additionalProperties" in schema:
        return "object"
    return "array" if "items" in schema else "null" if said == "null" else ""


def _singular(name: str) -> str:
    return name.removesuffix("s")
