"""Tool schemas that are hard to digest."""

from __future__ import annotations

from typing import Any

MEGABYTE = 1024 * 1024


def huge_schema(size: int = MEGABYTE) -> dict[str, Any]:
    """An object schema of at least `size` bytes of JSON."""
    one = {"type": "string", "description": "x" * 200}
    each = 230
    return {"type": "object", "properties": {f"property_{n:06}": one for n in range(size // each + 1)}}


def looping_schema() -> dict[str, Any]:
    """Valid schemas may refer to themselves: directly, in a circle, and through their root."""
    tree = {"$ref": "#/$defs/tree"}
    return {
        "type": "object",
        "properties": {
            "tree": tree,
            "circle": {"$ref": "#/$defs/a"},
            "itself": {"$ref": "#"},
            "only_a_loop": {"$ref": "#/$defs/loop"},
        },
        "$defs": {
            "tree": {
                "type": "object",
                "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
            },
            "a": {"type": "object", "properties": {"b": {"$ref": "#/$defs/b"}}},
            "b": {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}},
            "loop": {"$ref": "#/$defs/loop"},
        },
    }
