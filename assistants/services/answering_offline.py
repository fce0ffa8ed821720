"""A run answered by the built-in model: one tool, or an ask, or suggestions. It always says what it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from assistants.gateways import offline
from assistants.services.asking import Desk
from assistants.services.tools import RunTool, Toolbox
from assistants.services.words import asked_text


async def answer_offline(desk: Desk) -> None:
    """Fill the transcript. The run pauses when it then has an open ask."""
    talk, box = desk.transcript, desk.toolbox
    if desk.resumed:
        await desk.act_on_answers()
        return
    sentence = _(
        "This is the built-in offline model. It finds the tool that fits, calls it and shows the result; it writes no "
        "answers of its own."
    )
    talk.add("notice", code="offline", sentence=sentence, connect=True)
    if not box.tools:
        nothing = _("This assistant has no tool that can be called. Connect a model to talk with it.")
        talk.add("notice", code="no_tools", sentence=nothing, connect=True)
        return
    text, chosen = asked_text(desk.job.asked), _chosen(desk, box)
    made = await asyncio.to_thread(offline.plan, [_candidate(tool) for tool in box.tools], text, chosen=chosen)
    desk.job.run.steps += 1
    tool = box.named(made.key) if made.key else None
    if tool is None:
        talk.add("suggest", text=text, tools=[_suggested(box, key) for key in made.suggestions])
    elif made.missing:
        desk.ask(tool, made.arguments, why="fill", missing=made.missing)
    else:
        await _call(desk, tool, made.arguments)


async def _call(desk: Desk, tool: RunTool, arguments: Mapping[str, Any]) -> None:
    if tool.choice.ask_first:
        desk.ask(tool, arguments, why="confirm")
    else:
        await desk.call(tool, arguments)


def _chosen(desk: Desk, box: Toolbox) -> str:
    named = next((part["tool"] for part in desk.job.asked.parts if part["kind"] == "choice"), "")
    tool = box.named(named) if named else None
    return tool.key if tool else ""


def _candidate(tool: RunTool) -> offline.Candidate:
    return offline.Candidate(tool.key, tool.route.real, tool.title, tool.description, tool.schema)


def _suggested(box: Toolbox, key: str) -> dict[str, str]:
    tool = box.named(key)
    assert tool is not None
    return tool.told | {"description": tool.description[:300]}
