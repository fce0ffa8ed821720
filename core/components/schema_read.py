"""Reads a JSON Schema into a tree of fields to draw. Pure; never follows a loop, never draws more than a person can fill in.

What cannot be drawn (unions, free-form objects, recursion, depth, size) becomes one box for JSON, so that every schema has a form.
Only references inside the schema itself are followed (`#/…`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Kind = Literal["text", "long", "secret", "integer", "number", "switch", "yesno", "enum", "many", "const", "object", "list", "json"]

MOST_FIELDS = 150
DEEPEST = 4
MOST_CHOICES = 300
LONG_NAMES = frozenset({"body", "code", "content", "description", "html", "instructions", "markdown", "message", "prompt", "query", "sql", "text", "thought"})  # fmt: skip
INPUT_TYPES = {"date": "date", "email": "email", "uri": "url", "url": "url", "time": "text"}
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
    schema: Mapping[str, Any] = field(default_factory=dict)
    default: Any = MISSING
    choices: Sequence[Any] = ()
    labels: Sequence[str] = ()
    children: list[Spec] = field(default_factory=list)
    item: Spec | None = None
    """The model of a list's rows; its name holds `__i__`, its path the number's place."""

    @property
    def input_type(self) -> str:
        return INPUT_TYPES.get(str(self.schema.get("format", "")), "text")


class Reader:
    """Builds the tree of one schema. `spent` counts fields, over the whole schema."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root, self.spent = root, 0

    def read(self, schema: Any, path: str, name: str, label: str, required: bool, depth: int, seen: tuple[str, ...]) -> Spec:
        self.spent += 1
        found, seen = self._resolve(schema, seen)
        if found is None:
            return _json({}, path, name, label, required)
        found, nullable = _without_null(found)
        if "$ref" in found:
            inner, seen = self._resolve(found, seen)
            found = inner if inner is not None else {}
        found = self._merged(found, seen)
        spec = self._spec(found, path, name, label, required, depth, seen)
        spec.help = str(found.get("description") or "")[:2000]
        spec.nullable = nullable
        if "default" in found:
            spec.default = found["default"]
        return spec

    def _resolve(self, schema: Any, seen: tuple[str, ...]) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
        """Follow references; None where they loop, lead nowhere or leave the schema."""
        while isinstance(schema, Mapping) and isinstance(schema.get("$ref"), str):
            reference = schema["$ref"]
            if reference in seen or not reference.startswith("#"):
                return None, seen
            seen = (*seen, reference)
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            target = _pointer(self.root, reference[1:])
            if not isinstance(target, Mapping):
                return None, seen
            schema = {**target, **beside}
        return (schema if isinstance(schema, Mapping) else {}), seen

    def _merged(self, schema: Mapping[str, Any], seen: tuple[str, ...]) -> Mapping[str, Any]:
        """`allOf` of objects as one object, where that is plain."""
        parts = schema.get("allOf")
        if not isinstance(parts, list) or not parts or len(parts) > 20:
            return schema
        merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
        properties, needed = dict(_mapping(merged.get("properties"))), list(_names(merged.get("required")))
        for part in parts:
            found, _ = self._resolve(part, seen)
            if found is None:
                return {}
            properties |= _mapping(found.get("properties"))
            needed += _names(found.get("required"))
            merged = {**found, **merged}
        if properties:
            merged |= {"properties": properties, "required": needed, "type": "object"}
        return merged

    def _spec(
        self, schema: Mapping[str, Any], path: str, name: str, label: str, required: bool, depth: int, seen: tuple[str, ...]
    ) -> Spec:
        label = str(schema.get("title") or label)[:200]

        def make(kind: Kind, **rest: Any) -> Spec:
            return Spec(kind, path, name, label, required=required, schema=schema, **rest)

        choices = _choices(schema)
        if choices is not None:
            values, labels = choices
            return make("const" if len(values) == 1 and required else "enum", choices=values, labels=labels)
        kind = _type(schema)
        if kind == "boolean":
            return make("switch" if required or isinstance(schema.get("default"), bool) else "yesno")
        if kind == "integer" or kind == "number":
            return make("integer" if kind == "integer" else "number")
        if kind == "string":
            return make(_text_kind(schema, path))
        if kind == "object" and depth < DEEPEST:
            return self._object(schema, make, path, name, depth, seen)
        if kind == "array" and depth < DEEPEST:
            return self._list(schema, make, path, name, depth, seen)
        return make("json")

    def _object(self, schema: Mapping[str, Any], make: Any, path: str, name: str, depth: int, seen: tuple[str, ...]) -> Spec:
        properties = _mapping(schema.get("properties"))
        if not properties and depth:
            spec: Spec = make("json")
            return spec
        if self.spent + len(properties) > MOST_FIELDS:
            spec = make("json")
            return spec
        needed = set(_names(schema.get("required")))
        spec = make("object")
        for key, value in properties.items():
            child_path = f"{path}.{key}" if path else str(key)
            spec.children.append(self.read(value, child_path, f"{name}.{_token(key)}", str(key), key in needed, depth + 1, seen))
        return spec

    def _list(self, schema: Mapping[str, Any], make: Any, path: str, name: str, depth: int, seen: tuple[str, ...]) -> Spec:
        items = schema.get("items")
        if not isinstance(items, Mapping) or "prefixItems" in schema or "__i__" in name:
            return _as_json(make)
        item = self.read(items, f"{path}.*", f"{name}.__i__", "", True, depth + 1, seen)
        if item.kind == "enum" and schema.get("uniqueItems") and len(item.choices) <= 20:
            spec: Spec = make("many", choices=item.choices, labels=item.labels)
            return spec
        if item.kind in {"json", "list", "many", "const"}:
            return _as_json(make)
        spec = make("list")
        spec.item = item
        return spec


def _as_json(make: Any) -> Spec:
    spec: Spec = make("json")
    return spec


def _json(schema: Mapping[str, Any], path: str, name: str, label: str, required: bool) -> Spec:
    return Spec("json", path, name, label, required=required, schema=schema)


def read_schema(schema: Any, name: str) -> Spec:
    """The tree of a tool's input schema. The root is an object, or one box for JSON when it cannot be drawn."""
    root = schema if isinstance(schema, Mapping) else {}
    spec = Reader(root).read(root if root.get("type") or "properties" not in root else {**root, "type": "object"}, "", name, "", True, 0, ())
    return spec if spec.kind == "object" else _json(root, "", name, "", True)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _pointer(root: Any, pointer: str) -> Any:
    for part in pointer.strip("/").split("/") if pointer.strip("/") else []:
        key = part.replace("~1", "/").replace("~0", "~").replace("%25", "%")
        if isinstance(root, Mapping):
            root = root.get(key)
        elif isinstance(root, list) and key.isdecimal() and int(key) < len(root):
            root = root[int(key)]
        else:
            return None
    return root


def _without_null(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """`["string", "null"]` and `anyOf: [X, null]` are X that may be left out."""
    kind = schema.get("type")
    if isinstance(kind, list) and "null" in kind:
        rest = [one for one in kind if one != "null"]
        return {**schema, "type": rest[0] if len(rest) == 1 else rest}, True
    for key in ("anyOf", "oneOf"):
        parts = schema.get(key)
        if isinstance(parts, list) and 2 <= len(parts) <= 20:
            rest = [part for part in parts if not (isinstance(part, Mapping) and part.get("type") == "null")]
            if len(rest) < len(parts):
                beside = {name: value for name, value in schema.items() if name != key}
                return ({**_mapping(rest[0]), **beside} if len(rest) == 1 else {**beside, key: rest}), True
    return schema, False


def _choices(schema: Mapping[str, Any]) -> tuple[list[Any], list[str]] | None:
    if "const" in schema:
        return [schema["const"]], [_word(schema["const"])]
    values = schema.get("enum")
    if isinstance(values, list) and 0 < len(values) <= MOST_CHOICES:
        names = schema.get("enumNames")
        labels = [str(name) for name in names] if isinstance(names, list) and len(names) == len(values) else [_word(v) for v in values]
        return list(values), labels
    for key in ("oneOf", "anyOf"):
        parts = schema.get(key)
        if isinstance(parts, list) and 0 < len(parts) <= MOST_CHOICES and all("const" in _mapping(part) for part in parts):
            return [part["const"] for part in parts], [str(part.get("title") or _word(part["const"])) for part in parts]
    return None


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, str):
        return kind
    if kind is None and not any(key in schema for key in ("anyOf", "oneOf", "allOf", "not", "if")):
        return "object" if "properties" in schema else "array" if "items" in schema else ""
    return ""


def _text_kind(schema: Mapping[str, Any], path: str) -> Kind:
    if schema.get("format") == "password" or schema.get("writeOnly") is True:
        return "secret"
    longest = schema.get("maxLength")
    long = isinstance(longest, int) and longest > 200
    if long or "contentMediaType" in schema or path.rpartition(".")[2].lower() in LONG_NAMES or "\n" in str(schema.get("default", "")):
        return "long"
    return "text"


def _token(key: str) -> str:
    """A key as part of an input's name: dots separate parts, so those of the key are written otherwise."""
    return str(key).replace("~", "~0").replace(".", "~1")


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
