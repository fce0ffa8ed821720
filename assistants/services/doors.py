"""The doors of a deployed assistant that have no page: a run begun by a program, an answer waited for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assistants.models import Assistant, Conversation, Run
from assistants.selectors.offering import asked_variables, deployed_configuration
from assistants.services.conversations import say, start_conversation
from assistants.services.saying import MOST_TEXT, check_can_answer
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem

Channel = Conversation.Channel


def begin_answer(
    *,
    actor: Principal,
    assistant: Assistant,
    channel: str,
    text: str,
    variables: Mapping[str, Any] | None = None,
    value: Mapping[str, Any] | None = None,
    conversation: str = "",
    depth: int = 0,
) -> Run:
    """Say something to an assistant through one of its doors, in a new conversation or in an own one of that door.

    `variables`: values by the names of the variables, for this conversation from now on. `value`: its structured
    input. All or nothing. Raises PermissionProblem, InvalidProblem, NotFoundProblem or ServiceProblem.
    """
    check_can_answer(assistant, draft=False, depth=depth)
    given = _checked(assistant, variables or {})
    with transaction.atomic():
        if conversation:
            found = _own(actor, assistant, channel, conversation)
            last = found.runs.order_by("-id").first()
            given = (last.given if last else {}) | given
        else:
            found = start_conversation(actor=actor, assistant=assistant, channel=channel)
        run = say(actor=actor, conversation=found, text=text, value=value, depth=depth)
        if given:
            run.given = given
            run.save(update_fields=["given", "updated_at"])
    return run


def _own(actor: Principal, assistant: Assistant, channel: str, conversation: str) -> Conversation:
    """Whoever asked through another door began another conversation: what is said there stays there."""
    rows = Conversation.objects.filter(pk=conversation, assistant=assistant, channel=channel, principal=actor.id)
    found = rows.first() if actor.id else None
    if found is None:
        raise NotFoundProblem(_("There is no such conversation of yours with this assistant."))
    return found


def _checked(assistant: Assistant, variables: Mapping[str, Any]) -> dict[str, str]:
    known = {
        variable.name: variable for variable in asked_variables(assistant, deployed_configuration(assistant)).values()
    }
    for name, value in variables.items():
        variable = known.get(name)
        if variable is None:
            raise InvalidProblem(_("The assistant asks for no variable %s.") % str(name)[:60], field="variables")
        if isinstance(value, (dict, list)) or len(str(value)) > MOST_TEXT:
            raise InvalidProblem(_("The value of %s cannot be used.") % name, field="variables")
        if variable.choices and variable.kind == "choice" and value not in variable.choices:
            raise InvalidProblem(
                _("%(name)s is one of: %(choices)s.") % {"name": name, "choices": ", ".join(variable.choices)},
                field="variables",
            )
    return {name: str(value) for name, value in variables.items() if value is not None}
