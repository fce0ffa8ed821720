"""Tools now against tools as they were listed, by canonical hash; and what definitions cost in a model's window."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from marketplace.packages import ToolDefinition

Seen = dict[str, list[str]]
"""Tool name -> [hash of the input schema, hash of the description]."""
CHARS_PER_TOKEN = 4
"""English text and JSON come to about four characters a token with the common tokenizers; an estimate, said as such."""
MOST = 500


class Drift(msgspec.Struct, frozen=True):
    """Names of tools, sorted."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    schema: tuple[str, ...] = ()
    described: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Does something that was listed no longer hold? New tools break no promise."""
        return bool(self.removed or self.schema or self.described)


def seen_of(tools: Iterable[Mapping[str, Any]]) -> Seen:
    """The tools of a `tools/list`, as the server sent them. What has no name is left out."""
    found: Seen = {}
    for tool in tools:
        name = tool.get("name")
        if isinstance(name, str) and len(found) < MOST:
            found[name[:200]] = [_hash(tool.get("inputSchema") or {}), _hash(_words(tool.get("description")))]
    return found


def seen_of_listed(tools: Iterable[ToolDefinition]) -> Seen:
    """The tools of a package. An import that knows no schema, or no description, promises none: ""."""
    return {
        tool.name: [_hash(tool.input_schema) if tool.input_schema else "", _hash(_words(tool.description))
                    if tool.description.strip() else ""]
        for tool in tools
    }  # fmt: skip


def drift_between(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> Drift:
    """What changed. A hash of "" was never promised, so nothing differs from it."""
    both = sorted(before.keys() & after.keys())
    return Drift(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        schema=tuple(name for name in both if before[name][0] and before[name][0] != after[name][0]),
        described=tuple(name for name in both if before[name][1] and before[name][1] != after[name][1]),
    )


def tokens_of(tools: Iterable[Mapping[str, Any]]) -> int:
    """About how many tokens the definitions take: name, description, input schema as compact JSON, characters / 4."""
    chars = 0
    for tool in tools:
        told = {name: tool[name] for name in ("name", "description", "inputSchema") if name in tool}
        chars += len(json.dumps(told, separators=(",", ":"), ensure_ascii=False))
    return -(-chars // CHARS_PER_TOKEN)


def _hash(value: Any) -> str:
    """SHA-256 of the canonical JSON, the first 16 hex digits."""
    return hashlib.sha256(_json(value)).hexdigest()[:16]


def _json(value: Any) -> bytes:
    """Whole numbers may be of any size, and text may hold half a character: both are written as they came."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _words(text: object) -> str:
    """Spaces and line breaks say nothing."""
    return " ".join(str(text or "").split())
