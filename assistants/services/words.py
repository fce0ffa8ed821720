"""What stands in messages, as text."""

from __future__ import annotations

import json
from typing import Any

from assistants.models import Message


def asked_text(message: Message) -> str:
    """What a person said, its structured input as JSON below."""
    texts = [part["text"] for part in message.parts if part["kind"] == "text"]
    texts += [json.dumps(part["value"], ensure_ascii=False) for part in message.parts if part["kind"] == "input"]
    return "\n\n".join(texts)


def text_of(parts: list[dict[str, Any]]) -> str:
    """The text of a message, without tools and notices."""
    return "\n\n".join(part["text"] for part in parts if part["kind"] == "text")
