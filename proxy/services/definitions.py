"""What a server says of its tools, resources and prompts, made fit to keep: cleaned, bounded, hashed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.json_values import too_deep
from proxy.compile import KINDS
from proxy.engine.ports import Kind
from proxy.enums import MAX_DEFINITION_BYTES, MAX_FEATURES
from proxy.headers import header_fault

_NAMED_BY: Mapping[Kind, str] = {"tool": "name", "prompt": "name", "resource": "uri", "template": "uriTemplate"}
_LONGEST_NAME = 2000
_LONGEST_FAULT = 300
_MOST_NOTES = 20


@dataclass(frozen=True)
class Item:
    """One definition, ready to store. `digest` is the SHA-256 of its canonical JSON."""

    kind: Kind
    name: str
    title: str
    read_only: bool
    body: Mapping[str, Any]
    digest: str
    size: int
    position: int
    fault: str = ""
    """Why the protocol has clients leave it out."""


@dataclass(frozen=True)
class Items:
    """What can be kept, and in words what was left out."""

    items: tuple[Item, ...]
    notes: tuple[str, ...]


def read_items(found: Mapping[Kind, Iterable[Any]], *, mirrored: bool = False) -> Items:
    """Definitions by kind (decoded JSON, in the server's order), checked one by one.

    `mirrored`: parameters of its tools travel as headers too, so annotations for that must be right.
    """
    items: dict[tuple[Kind, str], Item] = {}
    notes: list[str] = []
    for kind in KINDS:
        for position, body in enumerate(found.get(kind, ())):
            if len(items) >= MAX_FEATURES:
                notes.append(_("It offers more than %d things; the rest is left out.") % MAX_FEATURES)
                return Items(tuple(items.values()), tuple(notes[:_MOST_NOTES]))
            try:
                item = _item(kind, body, position, mirrored=mirrored and kind == "tool")
            except ValueError as problem:
                notes.append(str(problem))
                continue
            if items.setdefault((kind, item.name), item) is not item:
                notes.append(_("It names %s twice; the first counts.") % item.name[:200])
            elif item.fault:
                values = {"name": item.name[:200], "fault": item.fault}
                notes.append(_("%(name)s is offered by no hub: %(fault)s.") % values)
    return Items(tuple(items.values()), tuple(notes[:_MOST_NOTES]))


def _item(kind: Kind, body: Any, position: int, *, mirrored: bool) -> Item:
    """Raises ValueError with a sentence."""
    if not isinstance(body, dict):
        raise ValueError(_("Something it lists is no object."))
    body, text = _cleaned(body)
    name = body.get(_NAMED_BY[kind])
    if not isinstance(name, str) or not name:
        raise ValueError(_("Something it lists has no name."))
    if len(name) > _LONGEST_NAME:
        raise ValueError(_("The name %s… is too long.") % name[:60])
    if len(text) > MAX_DEFINITION_BYTES:
        raise ValueError(_("The definition of %s is too large.") % name[:200])
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    hints = body.get("annotations")
    hints = hints if isinstance(hints, dict) else {}
    return Item(
        kind=kind,
        name=name,
        title=_title(body.get("title"), hints.get("title")),
        read_only=kind != "tool" or hints.get("readOnlyHint") is True,
        body=body,
        digest=digest,
        size=len(text),
        position=position,
        fault=header_fault(body.get("inputSchema"))[:_LONGEST_FAULT] if mirrored else "",
    )


def _cleaned(body: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Without NUL and lone surrogates, which neither Postgres nor UTF-8 can hold. Raises ValueError when too deep."""
    said = body.get("name")
    name = plain(said)[:200] if isinstance(said, str) else "?"
    if too_deep(body):
        raise ValueError(_("The definition of %s is nested too deeply.") % name)
    try:
        text = json.dumps(body, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise ValueError(_("The definition of %s holds a number that is too large.") % name) from None
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        encoded = b""
    if not encoded or "\\u0000" in text:
        body = {plain(name): plain(value) for name, value in body.items()}
        encoded = json.dumps(body, ensure_ascii=False).encode()
    return body, encoded


def plain(value: Any) -> Any:
    """A JSON value without NUL, lone surrogates and numbers beyond the largest float."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, dict):
        return {plain(name): plain(inner) for name, inner in value.items()}
    return value


def _title(*candidates: Any) -> str:
    return next((text[:300] for text in candidates if isinstance(text, str) and text.strip()), "")
