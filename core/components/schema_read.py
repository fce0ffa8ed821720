"""Reads a JSON Schema into a tree of fields to draw.

Pure; never follows a loop, never draws more than a person can fill in. What cannot be drawn (unions, free-form objects,
recursion, depth, size) becomes one box for JSON, so that every schema has a form. Only references inside the schema
itself are followed (`#/…`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from core.components.schema_plain import (
    MOST_VARIANTS,
    TextKind,
    choices_of,
    mapping_of,
    names_of,
    pointed,
    text_kind,
    token_of,
    type_of,
    without_null,
)

Kind = TextKind | Literal["integer", "number", "switch", "yesno", "enum", "many", "const", "object", "list", "json"]
Node = Mapping[str, Any]

MOST_FIELDS = 150
DEEPEST = 4
MOST_BOXES = 20
"""Choices that are drawn as boxes to tick; more become JSON."""
INPUT_TYPES = {"date": "date", "email": "email", "uri": "url", "url": "url"}
MISSING: Any = object()


@dataclass
class Spec:
    """One field. `path` names it for people and errors, `name` is its input's name."""

    kind: Kind
    path: str
    name: str
    label: str
    help: str = ""
    required: bool = False
    nullable: bool = False
    schema: Node = field(default_factory=dict)
    default: Any = MISSING
    choices: Sequence[Any] = ()
    labels: Sequence[str] = ()
    children: list[Spec] = field(default_factory=list)
    item: Spec | None = None
    """The model of a list's rows; its name holds `__i__`, its path a star in the number's place."""

    @property
    def input_type(self) -> str:
        return INPUT_TYPES.get(str(self.schema.get("format", "")), "text")


@dataclass(frozen=True)
class Place:
    """Where in the tree a node stands. `seen` are the references that led here."""

    path: str
    name: str
    label: str
    required: bool
    depth: int = 0
    seen: tuple[str, ...] = ()

    def spec(self, kind: Kind, schema: Node, **rest: Any) -> Spec:
        label = str(schema.get("title") or self.label)[:200]
        return Spec(kind, self.path, self.name, label, required=self.required, schema=schema, **rest)

    def child(self, key: str, required: bool) -> Place:
        path = f"{self.path}.{key}" if self.path else key
        return Place(path, f"{self.name}.{token_of(key)}", key, required, self.depth + 1, self.seen)

    def row(self) -> Place:
        return Place(f"{self.path}.*", f"{self.name}.__i__", "", True, self.depth + 1, self.seen)


class Reader:
    """Builds the tree of one schema. `spent` counts fields, over the whole schema."""

    def __init__(self, root: Node) -> None:
        self.root, self.spent = root, 0

    def read(self, schema: Any, place: Place) -> Spec:
        self.spent += 1
        found, place = self._resolve(schema, place)
        if found is None:
            return place.spec("json", {})
        found, nullable = without_null(found)
        resolved, place = self._resolve(found, place)
        found = self._merged(resolved or {}, place)
        spec = self._spec(found, place)
        spec.help = str(found.get("description") or "")[:2000]
        spec.nullable = nullable
        spec.default = found.get("default", MISSING)
        return spec

    def _resolve(self, schema: Any, place: Place) -> tuple[Node | None, Place]:
        """Follow references; None where they loop, lead nowhere or leave the schema."""
        while isinstance(schema, Mapping) and isinstance(schema.get("$ref"), str):
            reference = schema["$ref"]
            target = pointed(self.root, reference[1:]) if reference.startswith("#") else None
            if reference in place.seen or not isinstance(target, Mapping):
                return None, place
            place = replace(place, seen=(*place.seen, reference))
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        return mapping_of(schema), place

    def _merged(self, schema: Node, place: Place) -> Node:
        """`allOf` of objects as one object, where that is plain."""
        parts = schema.get("allOf")
        if not isinstance(parts, list) or not 0 < len(parts) <= MOST_VARIANTS:
            return schema
        merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
        properties, needed = dict(mapping_of(merged.get("properties"))), names_of(merged.get("required"))
        for part in parts:
            found, _ = self._resolve(part, place)
            if found is None:
                return {}
            properties |= mapping_of(found.get("properties"))
            needed += names_of(found.get("required"))
            merged = {**found, **merged}
        return merged | {"properties": properties, "required": needed, "type": "object"} if properties else merged

    def _spec(self, schema: Node, place: Place) -> Spec:
        choices = choices_of(schema)
        if choices is not None:
            values, labels = choices
            kind: Kind = "const" if len(values) == 1 and place.required else "enum"
            return place.spec(kind, schema, choices=values, labels=labels)
        match type_of(schema):
            case "boolean":
                certain = place.required or isinstance(schema.get("default"), bool)
                return place.spec("switch" if certain else "yesno", schema)
            case "integer":
                return place.spec("integer", schema)
            case "number":
                return place.spec("number", schema)
            case "string":
                return place.spec(text_kind(schema, place.path), schema)
            case "object" if place.depth < DEEPEST:
                return self._object(schema, place)
            case "array" if place.depth < DEEPEST:
                return self._list(schema, place)
        return place.spec("json", schema)

    def _object(self, schema: Node, place: Place) -> Spec:
        properties = mapping_of(schema.get("properties"))
        if (not properties and place.depth) or self.spent + len(properties) > MOST_FIELDS:
            return place.spec("json", schema)
        needed = set(names_of(schema.get("required")))
        children = [self.read(value, place.child(str(key), key in needed)) for key, value in properties.items()]
        return place.spec("object", schema, children=children)

    def _list(self, schema: Node, place: Place) -> Spec:
        items = schema.get("items")
        if not isinstance(items, Mapping) or "prefixItems" in schema or "__i__" in place.name:
            return place.spec("json", schema)
        item = self.read(items, place.row())
        if item.kind in {"enum", "const"} and schema.get("uniqueItems") and len(item.choices) <= MOST_BOXES:
            return place.spec("many", schema, choices=item.choices, labels=item.labels)
        if item.kind in {"json", "list", "many", "const"}:
            return place.spec("json", schema)
        return place.spec("list", schema, item=item)


def read_schema(schema: Any, name: str) -> Spec:
    """The tree of a tool's input schema. The root is an object, or one box for JSON when it cannot be drawn."""
    root = mapping_of(schema)
    place = Place("", name, "", True)
    spec = Reader(root).read(root, place)
    return spec if spec.kind == "object" else place.spec("json", root)


def key_of(spec: Spec) -> str:
    """The key under which a field stands in its object."""
    return spec.name.rpartition(".")[2].replace("~1", ".").replace("~0", "~")


def numbered(item: Spec, number: int) -> Spec:
    """The model of a list's rows as the row with that number."""
    return replace(
        item,
        path=item.path.replace("*", str(number)),
        name=item.name.replace("__i__", str(number)),
        children=[numbered(child, number) for child in item.children],
    )
