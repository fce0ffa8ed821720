"""What a run asks and nobody answered yet, and what a plain message answers of it."""

from __future__ import annotations

from typing import Any

from assistants.gateways.filling import fill
from assistants.models import Message, Run

Part = dict[str, Any]


def open_asks(run: Run) -> list[Part]:
    message = Message.objects.filter(run=run.id, role=Message.Role.ASSISTANT).first()
    parts = message.parts if message else []
    return [part for part in parts if part["kind"] == "ask" and "answer" not in part]


def said_for(ask: Part, text: str) -> dict[str, Any] | None:
    """The missing arguments of an ask as a message says them; None where it does not say all, or a person has to
    confirm: words are no confirmation, since a program may have written them."""
    if ask["why"] != "fill" or not text.strip():
        return None
    schema = ask.get("schema") or {}
    properties = schema.get("properties") or {}
    wanted = {name: properties[name] for name in ask.get("missing", ()) if name in properties}
    found = fill({"type": "object", "properties": wanted, "required": list(wanted)}, text)
    if not found.missing:
        return found.arguments
    (name, *others) = found.missing
    if not others and len(wanted) == 1 and wanted[name].get("type") == "string" and "enum" not in wanted[name]:
        return {name: text.strip()} if not wanted[name].get("format") else None
    return None
