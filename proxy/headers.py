"""`x-mcp-header`: tool parameters that a 2026-07-28 client mirrors into `Mcp-Param-*` headers. Free of Django.

An annotation counts where it stands on a string, integer or boolean property that is reached from the root through
`properties` alone, and names a token (RFC 9110). One bad annotation makes the tool invalid for clients of that
version, so the whole map is empty then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_KEY = "x-mcp-header"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_SHOWN = 100
_TYPES = frozenset({"string", "integer", "boolean"})
# The places of JSON Schema 2020-12 that hold further schemas. Data (`default`, `enum`) and `$ref` are not followed.
_ONE = frozenset({
    "items", "contains", "unevaluatedItems", "additionalProperties", "propertyNames", "unevaluatedProperties", "not",
    "if", "then", "else", "contentSchema",
})  # fmt: skip
_LIST = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_MAP = frozenset({"patternProperties", "dependentSchemas", "$defs", "definitions"})

Path = tuple[str, ...] | None


def input_headers(schema: object) -> dict[str, str]:
    """Property -> header suffix (`Region` of `Mcp-Param-Region`). A nested property stands under its path: `a.b`."""
    found, fault = _read(schema)
    return {} if fault else found


def header_fault(schema: object) -> str:
    """What is wrong with the annotations of a schema, in plain words; "" when nothing is."""
    return _read(schema)[1]


def _read(schema: object) -> tuple[dict[str, str], str]:
    found: dict[str, str] = {}
    taken: set[str] = set()
    for path, node in _positions(schema):
        if _KEY not in node:
            continue
        header, kind = node[_KEY], node.get("type")
        if not path:
            return found, f"{_KEY} stands where no parameter is"
        name = ".".join(path)[:_SHOWN]
        if not isinstance(header, str) or not _TOKEN.fullmatch(header):
            return found, f"{_KEY} of {name} is no name of a header"
        if not isinstance(kind, str) or kind not in _TYPES:
            return found, f"{_KEY} of {name} is only for text, whole numbers and booleans"
        if header.lower() in taken:
            return found, f"{_KEY} of {name} is taken by another parameter"
        taken.add(header.lower())
        found[".".join(path)] = header
    return found, ""


def _positions(schema: object) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every schema within a schema, with its chain of `properties` or None once anything else was crossed.

    A stack of its own, so that depth is no danger.
    """
    stack: list[tuple[Path, object]] = [((), schema)]
    while stack:
        path, node = stack.pop()
        if not isinstance(node, dict):
            continue
        yield path, node
        for word, value in node.items():
            if word == "properties" and isinstance(value, dict):
                stack += [(None if path is None else (*path, name), sub) for name, sub in value.items()]
            elif word in _ONE:
                stack.append((None, value))
            elif word in _LIST and isinstance(value, list):
                stack += [(None, sub) for sub in value]
            elif word in _MAP and isinstance(value, dict):
                stack += [(None, sub) for sub in value.values()]
