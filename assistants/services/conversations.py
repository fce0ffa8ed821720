"""Conversations: begun, said in, stopped, answered, renamed, forgotten. Private to whoever began them.

    conversation = start_conversation(actor=actor, assistant=assistant)
    run = say(actor=actor, conversation=conversation, text="…")      # then read_events(run.id)

What is said starts a run when the transaction commits; `assistants.adapters.streams.read_events` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import SYSTEM, in_workspace, require
from assistants.models import Assistant, Conversation, Message, Run
from assistants.services.runs import end_run, wake_run
from assistants.services.saying import check_can_answer, filled, parts_of, title_of
from assistants.services.words import text_of
from core.clock import now
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem, ServiceProblem
from core.events import record_event

Channel = Conversation.Channel


def start_conversation(
    *,
    actor: Principal,
    assistant: Assistant,
    channel: str = Channel.CHAT,
    title: str = "",
    expires_at: datetime | None = None,
) -> Conversation:
    """A conversation of `actor` with an assistant. Raises PermissionProblem.

    A trial's actor is an anonymous principal whose id is `vis_…`; that it may try this assistant is the caller's word.
    A check's actor is SYSTEM or manages the assistant.
    """
    _may_talk(actor, assistant, channel)
    with transaction.atomic():
        conversation = Conversation.objects.create(
            workspace_id=assistant.workspace_id,
            assistant=assistant,
            channel=channel,
            principal=actor.id,
            title=title.strip()[:120],
            named=bool(title.strip()),
            expires_at=expires_at,
        )
        if channel not in (Channel.TRIAL, Channel.CHECK):
            record_event(
                type="conversation.started",
                actor=actor,
                workspace_id=assistant.workspace_id,
                target_kind="assistant",
                target=assistant.id,
                data={"name": assistant.name, "conversation": conversation.id, "channel": str(channel)},
            )
    return conversation


def say(
    *,
    actor: Principal,
    conversation: Conversation,
    text: str,
    tool: str = "",
    value: Mapping[str, Any] | None = None,
    draft: bool = False,
    depth: int = 0,
    sponsor: str = "",
    paid: bool = False,
) -> Run:
    """Say something and have it answered. The run begins when the transaction commits.

    `tool`: the tool that was clicked among the offline model's suggestions. `value`: input for an assistant that has an
    input schema. `draft`: answer with the draft, for those who manage the assistant. `depth`: how many assistants asked
    one another before. `sponsor` (`spn_…`): who lends a trial tools and, when it is `paid`, a model.
    Raises ServiceProblem `run_live` while the last message is being answered: nothing is stored then.
    """
    _own(actor, conversation)
    assistant = Assistant.objects.select_related("workspace", "deployed").get(pk=conversation.assistant_id)
    _may_talk(actor, assistant, conversation.channel)
    if draft:
        require(actor, "assistant.manage", in_workspace(assistant.workspace_id, "assistant", assistant.id))
    check_can_answer(assistant, draft=draft, depth=depth)
    parts = parts_of(assistant, text, tool, value, draft=draft)
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if conversation.runs.filter(state__in=Run.LIVE).exists():
            raise ServiceProblem(_("The assistant is still answering. Wait for it, or stop it."), code="run_live")
        for asking in conversation.runs.filter(state=Run.State.ASKING):
            end_run(run=asking, state=Run.State.CANCELLED)
        run = Run.objects.create(
            workspace_id=assistant.workspace_id,
            conversation=conversation,
            assistant=assistant,
            version=None if draft else assistant.deployed,
            channel=conversation.channel,
            principal=_kept(actor),
            model="offline" if conversation.channel == Channel.TRIAL and not paid else "",
            sponsor=sponsor if conversation.channel == Channel.TRIAL else "",
            depth=depth,
        )
        last = conversation.messages.order_by("-position").values_list("position", flat=True).first() or 0
        rows: tuple[tuple[str, list[dict[str, Any]]], ...]
        rows = ((Message.Role.PERSON, parts), (Message.Role.ASSISTANT, []))
        for position, (role, content) in enumerate(rows, last + 1):
            Message.objects.create(conversation=conversation, position=position, role=role, parts=content, run=run.id)
        conversation.last_at = now()
        if not conversation.title:
            conversation.title = title_of(text)
        conversation.save(update_fields=["last_at", "title", "updated_at"])
        transaction.on_commit(lambda: wake_run(run.id))
    return run


def cancel_run(*, actor: Principal, run: Run) -> Run:
    """Stop an answer. What it said so far is kept. One that has ended stays as it is."""
    _own(actor, run.conversation)
    return end_run(run=run, state=Run.State.CANCELLED)


def answer_ask(
    *, actor: Principal, run: Run, ask: str, decision: str, arguments: Mapping[str, Any] | None = None
) -> Run:
    """Answer what a run asks: `decision` is confirm, deny or fill (with the `arguments` that were missing).

    It goes on once all that it asked is answered. Raises InvalidProblem, or ServiceProblem `not_asking`.
    """
    _own(actor, run.conversation)
    if decision not in ("confirm", "deny", "fill"):
        raise InvalidProblem(_("Answer with confirm, deny or fill."), field="decision")
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run.pk)
        message = Message.objects.get(run=run.id, role=Message.Role.ASSISTANT)
        if run.state != Run.State.ASKING:
            raise ServiceProblem(_("This run asks nothing any more."), code="not_asking")
        part = next((one for one in message.parts if one["kind"] == "ask" and one["id"] == ask), None)
        if part is None or "answer" in part:
            raise ServiceProblem(_("This was answered already."), code="not_asking")
        part["answer"] = {"decision": decision, "arguments": filled(part, decision, arguments)}
        message.save(update_fields=["parts", "updated_at"])
        if all("answer" in one for one in message.parts if one["kind"] == "ask"):
            if run.conversation.runs.filter(state__in=Run.LIVE).exists():
                raise ServiceProblem(_("The assistant is still answering. Wait for it, or stop it."), code="run_live")
            run.state = Run.State.QUEUED
            run.save(update_fields=["state", "updated_at"])
            transaction.on_commit(lambda: wake_run(run.id))
    return run


def rename_conversation(*, actor: Principal, conversation: Conversation, title: str) -> Conversation:
    """Give it a title; an empty one brings back the first message's."""
    _own(actor, conversation)
    title = " ".join(title.replace("\0", "").split())
    if len(title) > 120:
        raise InvalidProblem(_("A title has at most 120 characters."), field="title")
    first = conversation.messages.filter(role=Message.Role.PERSON).order_by("position").first()
    conversation.named = bool(title)
    conversation.title = title or title_of(text_of(first.parts) if first else "")
    conversation.save(update_fields=["title", "named", "updated_at"])
    return conversation


def delete_conversation(*, actor: Principal, conversation: Conversation) -> None:
    """Delete it with all that was said. An answer in the making is stopped first."""
    _own(actor, conversation)
    with transaction.atomic():
        for run in conversation.runs.filter(state__in=(*Run.LIVE, Run.State.ASKING)):
            end_run(run=run, state=Run.State.CANCELLED)
        record_event(
            type="conversation.deleted",
            actor=actor,
            workspace_id=conversation.workspace_id,
            target_kind="assistant",
            target=conversation.assistant_id,
            data={"conversation": conversation.id},
        )
        conversation.delete()


def forget_expired(*, limit: int = 1000) -> int:
    """Delete trials and checks whose time is over. Returns how many."""
    old = Conversation.objects.filter(expires_at__lte=now()).exclude(runs__state__in=Run.LIVE)
    ids = list(old.values_list("pk", flat=True)[:limit])
    Conversation.objects.filter(pk__in=ids).delete()
    return len(ids)


def _own(actor: Principal, conversation: Conversation) -> None:
    if not actor.id or conversation.principal != actor.id:
        raise NotFoundProblem(_("There is no such conversation."))


def _may_talk(actor: Principal, assistant: Assistant, channel: str) -> None:
    here = in_workspace(assistant.workspace_id, "assistant", assistant.id)
    if channel == Channel.TRIAL and actor.kind == "anonymous" and actor.id.startswith("vis_"):
        return
    if channel == Channel.CHECK:
        if actor is not SYSTEM:
            require(actor, "assistant.manage", here)
    elif channel == Channel.TOOL:
        require(actor, "tool.call", in_workspace(assistant.workspace_id, "tool", assistant.id, hub_id=actor.hub_id))
    else:
        require(actor, "assistant.use", here)


def _kept(actor: Principal) -> dict[str, Any]:
    """The principal as stored: ids alone, no names."""
    kept: dict[str, Any] = msgspec.to_builtins(actor)
    return kept | {"label": "", "scopes": sorted(actor.scopes)}
