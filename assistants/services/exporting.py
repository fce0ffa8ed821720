"""A conversation as a file for whoever had it: JSON with all its parts, or Markdown to read."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from assistants.models import Conversation, Message
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem

FORMATS = ("json", "markdown")


def export_conversation(*, actor: Principal, conversation: Conversation, format: str = "json") -> str:
    """The text of the file. Raises NotFoundProblem for another's conversation, InvalidProblem for another format."""
    if not actor.id or conversation.principal != actor.id:
        raise NotFoundProblem(_("There is no such conversation."))
    if format not in FORMATS:
        raise InvalidProblem(_("Choose json or markdown."), field="format")
    messages = list(conversation.messages.order_by("position"))
    if format == "markdown":
        return _markdown(conversation, messages)
    return json.dumps(_json(conversation, messages), ensure_ascii=False, indent=2)


def _json(conversation: Conversation, messages: list[Message]) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "title": conversation.title,
        "assistant": {"id": conversation.assistant_id, "name": conversation.assistant.name},
        "created_at": conversation.created_at.isoformat(),
        "messages": [
            {
                "id": message.id,
                "role": message.role,
                "created_at": message.created_at.isoformat(),
                "parts": message.parts,
            }
            for message in messages
        ],
    }


def _markdown(conversation: Conversation, messages: list[Message]) -> str:
    blocks = [f"# {_line(conversation.title or conversation.id)}"]
    for message in messages:
        who = _("You") if message.role == Message.Role.PERSON else _line(conversation.assistant.name)
        blocks += [f"## {who}", *filter(None, (_part(part) for part in message.parts))]
    return "\n\n".join(blocks) + "\n"


def _part(part: dict[str, Any]) -> str:
    match part["kind"]:
        case "text":
            return str(part["text"])
        case "input" | "output":
            return _fenced(json.dumps(part["value"], ensure_ascii=False, indent=2), "json")
        case "tool_call":
            arguments = json.dumps(part["arguments"], ensure_ascii=False, indent=2)
            return _("Called %s:") % f"`{part['name']}`" + "\n\n" + _fenced(arguments, "json")
        case "tool_result":
            texts = [str(block["text"]) for block in part["content"] if block.get("type") == "text"]
            return _fenced("\n".join(texts) or part["outcome"])
        case "notice" | "error":
            return f"> {_line(part['sentence'])}"
    return ""


def _fenced(text: str, language: str = "") -> str:
    """In a fence longer than any inside."""
    longest = max((len(run) for run in _runs_of_ticks(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _runs_of_ticks(text: str) -> list[str]:
    return ["".join(run) for run in "".join(c if c == "`" else " " for c in text).split()]


def _line(text: str) -> str:
    return " ".join(text.split())
