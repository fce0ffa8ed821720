"""Conversations as their owner sees them: the list, and what was said in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from assistants.models import Assistant, Conversation, Message, Run
from core.clock import now

PAGE = 30
"""Conversations in the list at a time."""
TURNS = 40
"""Messages on the page at a time."""
OWN_CHANNELS = (Conversation.Channel.CHAT, Conversation.Channel.API)


@dataclass(frozen=True)
class Said:
    """One message with the run that made it, or that it started."""

    message: Message
    run: Run | None


def conversations_of(assistant: Assistant, principal: str, *, search: str = "") -> QuerySet[Conversation]:
    """Those that `principal` has with an assistant, the one used last first."""
    rows = Conversation.objects.filter(assistant=assistant, principal=principal, channel__in=OWN_CHANNELS)
    for word in search.split():
        rows = rows.filter(title__icontains=word)
    return rows.order_by("-last_at", "-id")


def page_of_conversations(
    assistant: Assistant, principal: str, *, search: str = "", before: str = "", limit: int = PAGE
) -> tuple[list[Conversation], str]:
    """One page of the list and the cursor of the next one; "" when there is none."""
    rows = conversations_of(assistant, principal, search=search)
    at, _, id = before.partition("_cnv_")
    try:
        moment = datetime.fromisoformat(at) if id else None
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None:
        rows = rows.filter(Q(last_at__lt=moment) | Q(last_at=moment, id__lt=f"cnv_{id}"))
    found = list(rows[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], f"{last.last_at.isoformat()}_{last.id}" if last else ""


def find_conversation(assistant: Assistant, principal: str, id: str) -> Conversation | None:
    """None as well where it is somebody else's, or its time is over."""
    rows = Conversation.objects.filter(pk=id, assistant=assistant, principal=principal)
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=now())).select_related("assistant").first()


def said_in(conversation: Conversation, *, before: int = 0, after: int = 0, limit: int = TURNS) -> list[Said]:
    """The last messages, in order: those before a position, or behind one."""
    rows = Message.objects.filter(conversation=conversation)
    if before:
        rows = rows.filter(position__lt=before)
    if after:
        rows = rows.filter(position__gt=after)
    return with_runs(list(reversed(rows.order_by("-position")[:limit])))


def with_runs(messages: Sequence[Message]) -> list[Said]:
    runs = Run.objects.in_bulk({message.run for message in messages if message.run})
    return [Said(message, runs.get(message.run)) for message in messages]


def newest_run(conversation_id: str) -> Run | None:
    return Run.objects.filter(conversation=conversation_id).order_by("-id").first()
