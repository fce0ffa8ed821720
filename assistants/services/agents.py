"""What programs of the Agent2Agent protocol ask of an assistant: messages, tasks, stops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from assistants.models import Assistant, Conversation, Message, Run
from assistants.services.conversations import answer_ask, cancel_run
from assistants.services.doors import begin_answer
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem, ServiceProblem

DECISIONS = ("confirm", "deny", "fill")


def send_message(
    *,
    actor: Principal,
    assistant: Assistant,
    text: str,
    value: Mapping[str, Any] | None,
    context: str = "",
    task: str = "",
    variables: Mapping[str, Any] | None = None,
) -> Run:
    """Begin a task, or go on with one that waits for an answer. Raises ServiceProblem, `ended` for a task that is over.

    A task that asks is answered with data: {"decision": confirm, deny or fill, "arguments": {…}, "ask": id}. Of what
    is missing, data without a decision fills in, and a text alone where it is one thing.
    """
    if not task:
        return begin_answer(
            actor=actor,
            assistant=assistant,
            channel=Conversation.Channel.AGENT,
            text=text,
            value=value,
            conversation=context,
            variables=variables,
        )
    run = find_task(actor=actor, assistant=assistant, task=task)
    if context and run.conversation_id != context:
        raise InvalidProblem(_("This task belongs to another context."), field="contextId")
    if run.state != Run.State.ASKING:
        raise ServiceProblem(_("The task waits for nothing. Send the message without its id."), code="ended")
    return _answer(actor, run, text, dict(value or {}))


def find_task(*, actor: Principal, assistant: Assistant, task: str) -> Run:
    """A task of the actor's own. Raises NotFoundProblem."""
    rows = Run.objects.select_related("conversation", "assistant").filter(
        pk=task, assistant=assistant, channel=Conversation.Channel.AGENT, conversation__principal=actor.id
    )
    found = rows.first() if actor.id else None
    if found is None:
        raise NotFoundProblem(_("There is no such task of yours."))
    return found


def cancel_task(*, actor: Principal, assistant: Assistant, task: str) -> Run:
    """Raises NotFoundProblem, or ServiceProblem `ended` for a task that is over."""
    run = find_task(actor=actor, assistant=assistant, task=task)
    if run.state not in (*Run.LIVE, Run.State.ASKING):
        raise ServiceProblem(_("The task has ended."), code="ended")
    return cancel_run(actor=actor, run=run)


def _answer(actor: Principal, run: Run, text: str, value: dict[str, Any]) -> Run:
    message = Message.objects.get(run=run.id, role=Message.Role.ASSISTANT)
    asks = [part for part in message.parts if part["kind"] == "ask" and "answer" not in part]
    named = value.get("ask")
    ask = next((part for part in asks if part["id"] == named), asks[0] if asks and not named else None)
    if ask is None:
        raise InvalidProblem(_("The task asks no such thing."), field="ask")
    decision, arguments = value.get("decision"), value.get("arguments", {})
    if decision not in DECISIONS:
        decision, arguments = "fill", {name: one for name, one in value.items() if name != "ask"}
        missing = ask.get("missing") or []
        if not arguments and text.strip() and len(missing) == 1:
            arguments = {missing[0]: text.strip()}
        if ask["why"] != "fill":
            raise InvalidProblem(_("Answer with data: a decision of confirm or deny."), field="decision")
    if not isinstance(arguments, dict):
        raise InvalidProblem(_("Arguments are an object."), field="arguments")
    return answer_ask(actor=actor, run=run, ask=ask["id"], decision=str(decision), arguments=arguments)
