"""Following `$ref` inside one OpenAPI document. What leads nowhere is an empty schema, never an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
MOST_HOPS = 20
"""References that only lead to each other end here."""


def follow(document: Node, node: Any) -> Node:
    """The node, or what its `$ref` leads to; what stands beside a `$ref` wins (OpenAPI 3.1)."""
    for _hop in range(MOST_HOPS):
        if not isinstance(node, Mapping):
            return {}
        if "$ref" not in node:
            return node
        beside = {name: value for name, value in node.items() if name != "$ref"}
        found = target(document, str(node["$ref"]))
        node = {**found, **beside} if isinstance(found, Mapping) else beside
    return {}


def target(document: Node, reference: str) -> Any:
    """What a JSON pointer such as `#/components/schemas/Hub` names; None when there is no such thing."""
    if not reference.startswith("#/"):
        return None
    found: Any = document
    for part in reference[2:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list) and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def name_of(reference: str) -> str:
    """`Hub` of `#/components/schemas/Hub`."""
    return reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def operations_of(document: Node) -> Iterator[tuple[str, str, Node, Node]]:
    """Path, method, the operation, and what it shares with its path, in the order of the document."""
    for path, item in (document.get("paths") or {}).items():
        shared = follow(document, item)
        for method in METHODS:
            operation = shared.get(method)
            if isinstance(operation, Mapping):
                yield path, method, operation, shared
