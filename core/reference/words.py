"""The type of a value in words, and what a description says of the values of an enumeration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.reference.pointers import Node

CHOICE = re.compile(r"^\* `(.*)` - (.*)$", re.MULTILINE)
"""How drf-spectacular writes them down."""
WORDS = {
    "string": gettext_lazy("string"),
    "integer": gettext_lazy("integer"),
    "number": gettext_lazy("number"),
    "boolean": gettext_lazy("boolean"),
    "object": gettext_lazy("object"),
    "array": gettext_lazy("list"),
}


def kinds_of(schema: Node) -> tuple[list[str], bool]:
    """The JSON types that it may have, without null; and whether it may be null."""
    said = schema.get("type")
    kinds = [str(kind) for kind in said] if isinstance(said, list) else [str(said)] if said else _guessed(schema)
    return [kind for kind in kinds if kind != "null"], "null" in kinds


def _guessed(schema: Node) -> list[str]:
    if "properties" in schema or isinstance(schema.get("additionalProperties"), Mapping):
        return ["object"]
    if "items" in schema or "prefixItems" in schema:
        return ["array"]
    values = [schema["const"]] if "const" in schema else schema.get("enum") or ()
    return ["string"] if values and all(isinstance(value, str) for value in values) else []


def kind_in_words(kinds: Sequence[str], schema: Node) -> str:
    if "string" in kinds and (schema.get("format") == "binary" or "contentMediaType" in schema):
        return _("file")
    said = either([str(WORDS.get(kind, kind)) for kind in kinds]) or _("anything")
    return f"{said} ({schema['format']})" if schema.get("format") and "string" in kinds else said


def either(kinds: Iterable[str]) -> str:
    return _(" or ").join(dict.fromkeys(kind for kind in kinds if kind))


def split_choices(description: str) -> tuple[str, dict[str, str]]:
    """A description without the list of choices that drf-spectacular adds; value -> label where it tells more."""
    labels = {value: label for value, label in CHOICE.findall(description) if label.casefold() != value.casefold()}
    return CHOICE.sub("", description).strip(), labels
