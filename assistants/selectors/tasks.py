"""Runs as the tasks of other agents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistants.adapters.a2a import STATES, Dialect
from assistants.models import Assistant, Conversation, Message, Run

Json = dict[str, Any]
USUAL, MOST = 50, 100


@dataclass(frozen=True)
class Page:
    runs: list[Run]
    next: str
    size: int
    total: int


def tasks_of(assistant: Assistant, principal: str, asked: Mapping[str, Any]) -> Page:
    """Tasks of one principal, the newest first, as `ListTasks` asks: contextId, status, pageSize, pageToken."""
    rows = Run.objects.filter(
        assistant=assistant, channel=Conversation.Channel.AGENT, conversation__principal=principal
    )
    if context := asked.get("contextId"):
        rows = rows.filter(conversation=str(context))
    if status := asked.get("status"):
        plain = str(status).removeprefix("TASK_STATE_").lower().replace("_", "-")
        rows = rows.filter(state__in=[state for state, word in STATES.items() if word == plain])
    total, size = rows.count(), asked.get("pageSize")
    size = min(max(size, 1), MOST) if isinstance(size, int) else USUAL
    if token := asked.get("pageToken"):
        rows = rows.filter(id__lt=str(token))
    found = list(rows.order_by("-id")[: size + 1])
    return Page(found[:size], found[size - 1].id if len(found) > size else "", size, total)


def history_of(run: Run, dialect: Dialect, length: Any) -> list[Json] | None:
    """What was said to the assistant in this task; at most `length` messages, none where nobody asks for them."""
    if not isinstance(length, int) or length <= 0:
        return None
    asked = Message.objects.filter(run=run.id, role=Message.Role.PERSON).first()
    if asked is None:
        return []
    parts = [dialect.text(part["text"]) for part in asked.parts if part["kind"] == "text"]
    parts += [dialect.data(part["value"]) for part in asked.parts if part["kind"] == "input"]
    return [dialect.message(asked.id, "user", parts, context=run.conversation_id, task=run.id)]
