"""What may be said to an assistant, and whether it can answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator, SchemaError, ValidationError

from assistants.configuration import read_configuration
from assistants.models import Assistant
from core.errors import InvalidProblem, ServiceProblem

MOST_TEXT = 32_000
"""Characters of one message."""
MOST_DEPTH = 3
"""Assistants that ask one another."""
TITLE = 60


def title_of(text: str) -> str:
    """A conversation's title from its first message."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE else line[: TITLE - 1].rsplit(" ", 1)[0].rstrip(",.;:") + "…"


def check_can_answer(assistant: Assistant, *, draft: bool, depth: int) -> None:
    if depth > MOST_DEPTH:
        raise ServiceProblem(
            _("Assistants asked one another %(n)d times; that is as deep as it goes.") % {"n": MOST_DEPTH},
            code="too_deep",
        )
    if assistant.workspace.suspended_at is not None:
        raise ServiceProblem(_("The workspace is suspended."), code="suspended")
    if draft:
        return
    if assistant.state == Assistant.State.PAUSED:
        raise ServiceProblem(_("The assistant is paused."), code="paused")
    if assistant.state == Assistant.State.NEEDS_SETUP:
        raise ServiceProblem(_("The assistant needs set-up before it can answer."), code="needs_setup")
    if assistant.deployed is None:
        raise ServiceProblem(_("The assistant is a draft. Deploy it first."), code="not_deployed")


def parts_of(
    assistant: Assistant, text: str, tool: str, value: Mapping[str, Any] | None, *, draft: bool
) -> list[dict[str, Any]]:
    text = text.replace("\0", "").strip()
    if len(text) > MOST_TEXT:
        raise InvalidProblem(_("A message has at most %(n)d characters.") % {"n": MOST_TEXT}, field="text")
    stored = assistant.draft if draft or assistant.deployed is None else assistant.deployed.configuration
    schema = read_configuration(stored).input_schema
    parts: list[dict[str, Any]] = []
    if value is not None:
        _check_value(schema, value)
        parts.append({"kind": "input", "value": dict(value)})
    if text:
        parts.insert(0, {"kind": "text", "text": text})
    if not parts:
        raise InvalidProblem(_("Say something."), field="text")
    if tool:
        parts.append({"kind": "choice", "tool": tool[:128]})
    return parts


def _check_value(schema: dict[str, Any] | None, value: Mapping[str, Any]) -> None:
    if len(json.dumps(dict(value))) > MOST_TEXT * 4:
        raise InvalidProblem(_("The input is too large."), field="input", code="too_large")
    if schema is None:
        return
    try:
        Draft202012Validator(schema).validate(dict(value))
    except ValidationError as problem:
        where = ".".join(str(step) for step in problem.absolute_path)
        sentence = f"{where}: {problem.message}" if where else problem.message
        raise InvalidProblem(sentence[:500], field="input") from None
    except SchemaError:
        raise InvalidProblem(_("The assistant's input schema is not valid."), field="input") from None


def filled(part: dict[str, Any], decision: str, arguments: Mapping[str, Any] | None) -> dict[str, Any]:
    """The arguments of the call as they are to be: those that stood in the ask, and what was filled in."""
    if decision == "deny":
        return {}
    made = part["arguments"] | dict(arguments or {}) if decision == "fill" else part["arguments"]
    missing = [name for name in part.get("missing", ()) if name not in made or made[name] in (None, "")]
    if missing:
        raise InvalidProblem(_("Fill in %s.") % ", ".join(missing), field=missing[0])
    return dict(made)
