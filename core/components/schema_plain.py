"""Small questions to one JSON Schema node. Everything given may be nonsense: it comes from others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

TextKind = Literal["text", "long", "secret"]
MOST_CHOICES = 300
MOST_VARIANTS = 20
LONGEST_LINE = 200
LONG_NAMES = frozenset(
    {
        *("body", "code", "content", "description", "html", "instructions", "markdown"),
        *("message", "prompt", "query", "sql", "text", "thought"),
    }
)
"""Arguments of these names are usually written in several lines."""


def mapping_of(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def names_of(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def pointed(root: Any, pointer: str) -> Any:
    for part in pointer.strip("/").split("/") if pointer.strip("/") else []:
        key = part.replace("~1", "/").replace("~0", "~").replace("%25", "%")
        if isinstance(root, Mapping):
            root = root.get(key)
        elif isinstance(root, list) and key.isdecimal() and int(key) < len(root):
            root = root[int(key)]
        else:
            return None
    return root


def without_null(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """`["string", "null"]` and `anyOf: [X, null]` are X that may be left out."""
    kind = schema.get("type")
    if isinstance(kind, list) and "null" in kind:
        rest = [one for one in kind if one != "null"]
        return {**schema, "type": rest[0] if len(rest) == 1 else rest}, True
    for key in ("anyOf", "oneOf"):
        parts = schema.get(key)
        if isinstance(parts, list) and 2 <= len(parts) <= MOST_VARIANTS:
            rest = [part for part in parts if not (isinstance(part, Mapping) and part.get("type") == "null")]
            if len(rest) < len(parts):
                beside = {name: value for name, value in schema.items() if name != key}
                return ({**mapping_of(rest[0]), **beside} if len(rest) == 1 else {**beside, key: rest}), True
    return schema, False


def choices_of(schema: Mapping[str, Any]) -> tuple[list[Any], list[str]] | None:
    if "const" in schema:
        return [schema["const"]], [word_of(schema["const"])]
    values = schema.get("enum")
    if isinstance(values, list) and 0 < len(values) <= MOST_CHOICES:
        names = schema.get("enumNames")
        labels = (
            [str(name) for name in names]
            if isinstance(names, list) and len(names) == len(values)
            else [word_of(v) for v in values]
        )
        return list(values), labels
    for key in ("oneOf", "anyOf"):
        parts = schema.get(key)
        if (
            isinstance(parts, list)
            and 0 < len(parts) <= MOST_CHOICES
            and all("const" in mapping_of(part) for part in parts)
        ):
            return [part["const"] for part in parts], [
                str(part.get("title") or word_of(part["const"])) for part in parts
            ]
    return None


def word_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def type_of(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, str):
        return kind
    if kind is None and not any(key in schema for key in ("anyOf", "oneOf", "allOf", "not", "if")):
        return "object" if "properties" in schema else "array" if "items" in schema else ""
    return ""


def text_kind(schema: Mapping[str, Any], path: str) -> TextKind:
    if schema.get("format") == "password" or schema.get("writeOnly") is True:
        return "secret"
    longest = schema.get("maxLength")
    long = isinstance(longest, int) and longest > LONGEST_LINE
    if (
        long
        or "contentMediaType" in schema
        or path.rpartition(".")[2].lower() in LONG_NAMES
        or "\n" in str(schema.get("default", ""))
    ):
        return "long"
    return "text"


def token_of(key: str) -> str:
    """A key as part of an input's name: dots separate parts, so those of the key are written otherwise."""
    return str(key).replace("~", "~0").replace(".", "~1")
