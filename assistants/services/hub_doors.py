"""What hubs ask of assistants, as a worker answers it: a run for a call of `ask_…`, the text of a prompt, a stop."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

from django.utils.translation import gettext as _

from accounts.permissions import in_workspace, require
from assistants.adapters import streams
from assistants.adapters.asks import Ask, Told
from assistants.adapters.elicit import decision
from assistants.models import Assistant, Conversation, Run
from assistants.selectors.offering import (
    CONVERSATION,
    INPUT,
    MESSAGE,
    asked_variables,
    deployed_configuration,
    offered_assistants,
    offers_of,
)
from assistants.selectors.opening import opening, values_of
from assistants.selectors.reach import reach_of, tool_name
from assistants.services.answers import open_asks, said_for
from assistants.services.conversations import answer_ask
from assistants.services.doors import begin_answer
from assistants.services.runs import end_run
from assistants.services.settings import instructions_of
from core.clock import now
from core.errors import InvalidProblem, NotFoundProblem, ServiceProblem
from proxy.services.internal import offer_internal

log = logging.getLogger(__name__)
NAME, TITLE = "assistants", "Assistants"


def push_offers(*, workspace_id: str) -> None:
    """Tell the hubs of a workspace which assistants run in it now. Running it twice changes nothing."""
    tools, prompts = offers_of(workspace_id)
    offer_internal(workspace_id=workspace_id, name=NAME, title=TITLE, tools=tools, prompts=prompts)


def answer_ask_of_hub(ask: Ask) -> Told | None:
    """Do what a gateway asks. None when nobody waits for it."""
    if ask.kind == "cancel":
        _cancel(ask)
        return None
    if ask.until and now().timestamp() > ask.until:
        return None
    try:
        work = {"prompt": _prompt, "answer": _answered, "run": _run}[ask.kind]
        return work(ask)
    except ServiceProblem as problem:
        return Told(code=problem.code, sentence=str(problem.sentence))
    except Exception:
        log.exception("an ask of a hub failed")
        return Told(code="failed", sentence=_("Something went wrong on our side. Try again."))


def _run(ask: Ask) -> Told:
    assistant = _named(ask, tool=True)
    given = dict(ask.arguments)
    message, conversation, value = given.pop(MESSAGE, ""), given.pop(CONVERSATION, ""), given.pop(INPUT, None)
    if isinstance(message, str) and isinstance(conversation, str) and conversation and value is None:
        told = _filled_in(ask, assistant, message, conversation)
        if told is not None:
            return told
    configuration = deployed_configuration(assistant)
    names = {name: variable.name for name, variable in asked_variables(assistant, configuration).items()}
    run = begin_answer(
        actor=ask.principal,
        assistant=assistant,
        channel=Conversation.Channel.TOOL,
        text=message if isinstance(message, str) else "",
        variables={names.get(name, name): value for name, value in given.items()},
        value=value if isinstance(value, dict) else None,
        conversation=conversation if isinstance(conversation, str) else "",
        depth=ask.depth,
    )
    return _told(assistant, run)


def _told(assistant: Assistant, run: Run, **more: Any) -> Told:
    schema = deployed_configuration(assistant).output_schema
    must = schema is not None and schema.get("type") == "object"
    chat = reach_of(assistant).chat
    return Told(run=run.id, conversation=run.conversation_id, must_structure=must, chat=chat, **more)


def _answered(ask: Ask) -> Told:
    """Answers of a person to what a run of their own asks. One that did not fit is asked once more."""
    assistant = _named(ask, tool=True)
    after = streams.last_event(ask.run)  # before the row is read: what comes later is not missed
    rows = Run.objects.select_related("conversation").filter(
        pk=ask.run, assistant=assistant, channel=Conversation.Channel.TOOL, conversation__principal=ask.principal.id
    )
    run = rows.first() if ask.principal.id else None
    if run is None:
        raise NotFoundProblem(_("Nothing is asked there that you could answer."))
    for part in open_asks(run):
        if part["id"] in ask.arguments:
            with contextlib.suppress(InvalidProblem):
                answer_ask(actor=ask.principal, run=run, ask=part["id"], **decision(part, ask.arguments[part["id"]]))
    run.refresh_from_db()
    asks = open_asks(run) if run.state == Run.State.ASKING else []
    return _told(assistant, run, after=after if run.state in Run.LIVE else "", asks=asks)


def _filled_in(ask: Ask, assistant: Assistant, message: str, conversation: str) -> Told | None:
    """A message that says what the conversation waits for: the run that asked goes on. None: it says something else."""
    rows = Run.objects.select_related("conversation").filter(
        conversation=conversation, conversation__principal=ask.principal.id, assistant=assistant
    )
    run = rows.filter(channel=Conversation.Channel.TOOL).order_by("-id").first() if ask.principal.id else None
    if run is None or run.state != Run.State.ASKING:
        return None
    found = {part["id"]: said_for(part, message) for part in open_asks(run)}
    if not found or None in found.values():
        return None
    after = streams.last_event(run.id)
    for id, arguments in found.items():
        answer_ask(actor=ask.principal, run=run, ask=id, decision="fill", arguments=arguments)
    return _told(assistant, run, after=after)


def _prompt(ask: Ask) -> Told:
    """The instructions as a message, for whatever model the client has. Secrets are not filled in."""
    assistant = _named(ask, tool=False)
    hub = ask.principal.hub_id
    require(ask.principal, "hub.use", in_workspace(assistant.workspace_id, "hub", hub, hub_id=hub))
    configuration = deployed_configuration(assistant)
    names = {name: variable.name for name, variable in asked_variables(assistant, configuration).items()}
    given = {names[name]: value for name, value in ask.arguments.items() if name in names}
    messages = [_message("user", instructions_of(assistant, configuration, given, secrets=False))]
    if greeting := opening(configuration, values_of(assistant, configuration.variables, given, secrets=False)).greeting:
        messages.append(_message("assistant", greeting))
    return Told(result={"description": assistant.summary or assistant.name, "messages": messages})


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": {"type": "text", "text": text}}


def _cancel(ask: Ask) -> None:
    run = Run.objects.filter(pk=ask.run, workspace=ask.workspace, channel=Conversation.Channel.TOOL).first()
    if run is not None and run.principal.get("id") == ask.principal.id:
        end_run(run=run, state=Run.State.CANCELLED)


def _named(ask: Ask, *, tool: bool) -> Assistant:
    for assistant in offered_assistants(ask.workspace):
        if (tool_name(assistant) if tool else assistant.slug) == ask.name:
            return assistant
    raise NotFoundProblem(_("This assistant does not answer: it is paused, or gone."))
