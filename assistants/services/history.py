"""What was said, as turns for a model: the stored messages of the conversation, and this run's own parts."""

from __future__ import annotations

import json
from typing import Any

from assistants.gateways.models.turns import ModelTurn, PersonTurn, ReturnsTurn, ToolReturn, ToolUse, Turn
from assistants.models import Message
from assistants.services.runs import Assignment
from assistants.services.tools import Outcome
from assistants.services.words import asked_text

MOST_RESULT = 60_000
"""Characters of a tool's result that the model reads in the run that called it,"""
OLD_RESULT = 4_000
"""and in the runs after it."""
MOST_OLD = 200_000
"""Characters of earlier messages; the oldest are left out beyond that."""
Part = dict[str, Any]


def turns_before(job: Assignment) -> list[Turn]:
    """The conversation up to and with the message that is answered, the oldest left out where it is too long."""
    left = min(MOST_OLD, job.configuration.limits.tokens * 2)
    kept: list[list[Turn]] = []
    for message in reversed(job.history):
        turns = _turns_of(message)
        left -= sum(map(_size, turns))
        if left < 0:
            break
        kept.append(turns)
    turns = [turn for message in reversed(kept) for turn in message]
    while turns and not isinstance(turns[0], PersonTurn):
        turns.pop(0)
    return [*turns, PersonTurn(asked_text(job.asked))]


def turns_so_far(parts: list[Part], *, most_result: int = MOST_RESULT) -> list[Turn]:
    """An answer's parts as turns. Calls that never got a result are told as such: providers insist on one."""
    results = {part["id"]: part for part in parts if part["kind"] == "tool_result"}
    turns: list[Turn] = []
    text = ""
    calls: list[Part] = []

    def close() -> None:
        nonlocal text, calls
        if text or calls:
            turns.append(ModelTurn(text, tuple(ToolUse(one["id"], one["key"], one["arguments"]) for one in calls)))
        if calls:
            turns.append(ReturnsTurn(tuple(_return(one, results.get(one["id"]), most_result) for one in calls)))
        text, calls = "", []

    for part in parts:
        if part["kind"] == "text":
            if calls:
                close()
            text = f"{text}\n\n{part['text']}" if text else part["text"]
        elif part["kind"] == "tool_call":
            if any(one["id"] in results and _before(parts, results[one["id"]], part) for one in calls):
                close()
            calls.append(part)
        elif part["kind"] == "output":
            close()
            text = json.dumps(part["value"], ensure_ascii=False)
    close()
    return turns


def _turns_of(message: Message) -> list[Turn]:
    if message.role == Message.Role.PERSON:
        return [PersonTurn(asked_text(message))]
    turns = turns_so_far(message.parts, most_result=OLD_RESULT)
    return turns or [ModelTurn("(no answer)")]


def _before(parts: list[Part], one: Part, other: Part) -> bool:
    return parts.index(one) < parts.index(other)


def _return(call: Part, result: Part | None, most: int) -> ToolReturn:
    if result is None:
        return ToolReturn(call["id"], call["key"], "The call was not made.", True)
    outcome = Outcome(result["outcome"], result["content"], structured=result.get("structured"))
    return ToolReturn(call["id"], call["key"], outcome.text[:most], result["outcome"] != "answered")


def _size(turn: Turn) -> int:
    match turn:
        case PersonTurn():
            return len(turn.text)
        case ModelTurn():
            return len(turn.text) + sum(len(str(call.arguments)) for call in turn.calls)
        case ReturnsTurn():
            return sum(len(one.text) for one in turn.returns)
