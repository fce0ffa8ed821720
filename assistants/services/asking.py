"""Where a run's tools are called and its questions asked: for the offline model and for every other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from assistants.services.runs import Assignment
from assistants.services.tools import Outcome, RunTool, Toolbox, call_tool, failure
from assistants.services.transcript import Part, Transcript
from core.ids import new_id
from proxy.adapters.wiring import Engine


class Desk:
    """One run at work."""

    def __init__(self, engine: Engine, job: Assignment, toolbox: Toolbox, transcript: Transcript) -> None:
        self.engine = engine
        self.job = job
        self.toolbox = toolbox
        self.transcript = transcript
        self.resumed = bool(transcript.answered())

    async def call(self, tool: RunTool, arguments: Mapping[str, Any], *, id: str = "") -> Outcome:
        """Call a tool and show both the call and what came of it. `id`: of a call that is shown already."""
        if not id:
            id = self.show(tool, arguments)
        self.job.run.tool_calls += 1
        outcome = await call_tool(self.engine, self.job, tool, arguments)
        self.result(id, tool.choice.name, outcome)
        return outcome

    def show(self, tool: RunTool, arguments: Mapping[str, Any], *, id: str = "") -> str:
        """Show a call that is about to be made. Returns its id."""
        id = id or new_id("tc")
        self.transcript.add("tool_call", id=id, **tool.told, key=tool.key, arguments=dict(arguments))
        return id

    def result(self, id: str, name: str, outcome: Outcome) -> None:
        more = {"structured": outcome.structured} if outcome.structured is not None else {}
        self.transcript.add(
            "tool_result",
            id=id,
            name=name,
            outcome=outcome.outcome,
            ms=outcome.ms,
            content=outcome.content,
            call=outcome.call,
            **more,
        )

    def ask(
        self, tool: RunTool, arguments: Mapping[str, Any], *, why: str, missing: Sequence[str] = (), id: str = ""
    ) -> None:
        """Ask for a confirmation (`confirm`) or for what is missing (`fill`); the run pauses when it is out."""
        call = id or self.show(tool, arguments)
        self.transcript.add(
            "ask",
            id=new_id("ask"),
            why=why,
            call=call,
            **tool.told,
            key=tool.key,
            arguments=dict(arguments),
            schema=tool.schema,
            missing=list(missing),
        )

    async def act_on_answers(self) -> None:
        """Do what the answered asks allow, in their order."""
        for part in self.transcript.answered():
            await self._act(part)

    async def _act(self, part: Part) -> None:
        answer = part["answer"]
        tool = self.toolbox.named(part["key"])
        if answer["decision"] == "deny":
            self.result(part["call"], part["name"], failure("denied", _("The person did not allow this call.")))
        elif tool is None:
            gone = _("The tool %s is not offered any more.") % part["name"]
            self.result(part["call"], part["name"], failure("gone", gone))
        elif part["why"] == "fill" and tool.choice.ask_first:
            self.ask(tool, answer["arguments"], why="confirm", id=part["call"])
        else:
            await self.call(tool, answer["arguments"], id=part["call"])
