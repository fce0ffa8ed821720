"""What a tool, prompt or resource gave back, as parts that a page can show: each as what it is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

PartKind = Literal["text", "markdown", "image", "audio", "link", "json", "binary"]
MOST_SHOWN = 200_000
"""Characters of a text, or bytes of a picture, that a page shows."""
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
AUDIO = frozenset({"audio/wav", "audio/mpeg", "audio/ogg", "audio/mp4", "audio/webm", "audio/flac"})
_MARKDOWN_SIGNS = ("\n# ", "\n## ", "\n- ", "\n* ", "\n1. ", "```", "](http")


@dataclass(frozen=True)
class Part:
    """`data` is a data: URI for pictures and sound; `value` JSON; `text` everything else."""

    kind: PartKind
    label: str = ""
    text: str = ""
    data: str = ""
    value: Any = None
    shortened: bool = False


def parts_of(result: Mapping[str, Any]) -> list[Part]:
    """The parts of a `tools/call`, `prompts/get` or `resources/read` result."""
    found = list(_parts(result))
    return found or [Part("json", value=dict(result))]


def _parts(result: Mapping[str, Any]) -> Iterator[Part]:
    for message in _list(result.get("messages")):
        content = message.get("content")
        for block in content if isinstance(content, list) else [content]:
            if isinstance(block, Mapping):
                yield _block(block, label=str(message.get("role", "")))
    for block in _list(result.get("content")):
        yield _block(block)
    for content in _list(result.get("contents")):
        yield _resource(content)
    if "structuredContent" in result:
        yield Part("json", "structuredContent", value=result["structuredContent"])


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _block(block: Mapping[str, Any], label: str = "") -> Part:
    kind = block.get("type")
    if kind == "text":
        return _text(str(block.get("text", "")), label)
    if kind in {"image", "audio"}:
        return _media(str(block.get("data", "")), str(block.get("mimeType", "")), label)
    if kind == "resource_link":
        name = str(block.get("title") or block.get("name") or "")
        return Part("link", name or label, text=str(block.get("uri", "")))
    if kind == "resource" and isinstance(block.get("resource"), Mapping):
        return _resource(block["resource"])
    return Part("json", label or str(kind or ""), value=dict(block))


def _resource(content: Mapping[str, Any]) -> Part:
    uri = str(content.get("uri", ""))
    if "text" in content:
        return _text(str(content["text"]), uri, str(content.get("mimeType", "")))
    if "blob" in content:
        return _media(str(content["blob"]), str(content.get("mimeType", "")), uri)
    return Part("json", uri, value=dict(content))


def _text(text: str, label: str, mime: str = "") -> Part:
    shown = text[:MOST_SHOWN]
    marked = mime == "text/markdown" or (not mime and any(sign in f"\n{shown}" for sign in _MARKDOWN_SIGNS))
    return Part("markdown" if marked else "text", label, text=shown, shortened=len(text) > len(shown))


def _media(data: str, mime: str, label: str) -> Part:
    """Only kinds that a browser shows without running anything: SVG, for one, may hold scripts."""
    kind: PartKind = "image" if mime in IMAGES else "audio" if mime in AUDIO else "binary"
    try:
        size = len(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return Part("text", label, text=data[:1000], shortened=len(data) > 1000)
    if kind == "binary" or len(data) > 8 * MOST_SHOWN:
        return Part("binary", label, text=f"{mime or 'application/octet-stream'}, {size} B")
    return Part(kind, label, data=f"data:{mime};base64,{data}")
