"""A run answered by a model: turns and tool calls until it has said all, within the limits of the configuration."""

from __future__ import annotations

import asyncio
from typing import Any

from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator, SchemaError, ValidationError

from assistants.errors import RunProblem
from assistants.gateways.models.talk import OUTPUT, is_object, stream_turn
from assistants.gateways.models.turns import Answer, ReturnsTurn, ToolOffer, ToolReturn, ToolUse, Turn
from assistants.services.asking import Desk
from assistants.services.history import MOST_RESULT, turns_before, turns_so_far
from assistants.services.sponsors import paid, weight
from assistants.services.tools import Outcome, RunTool, failure
from core.ids import new_id

AT_ONCE = 8
"""Tools of one turn that are called side by side."""


async def answer_with_model(desk: Desk) -> None:
    """Fill the transcript. The run pauses when it then has an open ask. Raises RunProblem."""
    await _Talk(desk).run()


class _Talk:
    def __init__(self, desk: Desk) -> None:
        model = desk.job.model
        assert model is not None
        self.desk, self.job, self.talk, self.model = desk, desk.job, desk.transcript, model
        self.limits = desk.job.configuration.limits
        self.schema = desk.job.configuration.output_schema
        self.offers = [ToolOffer(tool.key, tool.description or tool.title, tool.schema) for tool in desk.toolbox.tools]
        self.turns: list[Turn] = []
        self._heard = 0
        self._room = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        if self.desk.resumed:
            await self.desk.act_on_answers()
        if self.talk.unanswered():
            return
        self.turns = [*turns_before(self.job), *turns_so_far(self.talk.parts)]
        while True:
            answer = await self._ask()
            calls = answer.turn.calls
            if not calls:
                if answer.cut_short:
                    self.talk.add(
                        "notice", code="cut_short", connect=False, sentence=_("The answer reached its longest length.")
                    )
                return
            self.turns.append(answer.turn)
            returns = await self._act(calls)
            if returns is None:
                return
            self.turns.append(ReturnsTurn(tuple(returns)))

    async def _ask(self) -> Answer:
        run = self.job.run
        self._check_limits()
        run.steps += 1
        self._heard = 0
        self.talk.new_text()
        async with paid(self.job.sponsor, self._weigh, lambda: self._heard) as count:
            answer = await stream_turn(
                self.model,
                instructions=self.job.instructions,
                turns=self.turns,
                tools=self.offers,
                output_schema=self.schema,
                on_text=self._hear,
            )
            count(answer.tokens_in + answer.tokens_out)
        run.tokens_in += answer.tokens_in
        run.tokens_out += answer.tokens_out
        self.talk.usage()
        return answer

    def _weigh(self) -> int:
        """What asking may cost. Thoughts that a model is told again are no part of the turns' texts."""
        return weight(self.job.instructions, self.turns, self.offers, self.schema) + self.job.run.tokens_out

    def _hear(self, piece: str) -> None:
        """A provider tells the tokens at the end; one that never ends is stopped by what came."""
        self.talk.text(piece)
        self._heard += len(piece)
        run = self.job.run
        if run.tokens_in + run.tokens_out + self._heard // 4 > self.limits.tokens:
            run.tokens_out += self._heard // 4
            raise self._too_many_tokens()

    def _check_limits(self) -> None:
        run = self.job.run
        if run.steps >= self.limits.steps:
            sentence = _("Stopped after %(n)d steps without an end. The limit is part of the assistant's settings.")
            raise RunProblem("limit_steps", sentence % {"n": run.steps})
        if run.tokens_in + run.tokens_out >= self.limits.tokens:
            raise self._too_many_tokens()

    def _too_many_tokens(self) -> RunProblem:
        sentence = _("Stopped at %(n)d tokens. The limit is part of the assistant's settings.")
        return RunProblem("limit_tokens", sentence % {"n": self.limits.tokens})

    # -- calls

    async def _act(self, calls: tuple[ToolUse, ...]) -> list[ToolReturn] | None:
        """Carry out what the model wants; None when it ended with a result, or waits for a person."""
        handed_in = next((call for call in calls if call.key == OUTPUT and self.schema is not None), None)
        if handed_in is not None:
            wrong = self._hand_in(handed_in)
            if not wrong:
                return None
            said = {handed_in.id: wrong}
            return [ToolReturn(call.id, call.key, said.get(call.id, _("Not done.")), True) for call in calls]
        shown = [(call, self._tool(call), self._show(call)) for call in calls]
        returns = await asyncio.gather(*(self._carry_out(*one) for one in shown))
        for call, tool, id in shown:
            if tool is not None and call.arguments is not None and tool.choice.ask_first:
                self.desk.ask(tool, call.arguments, why="confirm", id=id)
        return None if None in returns else [one for one in returns if one is not None]

    def _tool(self, call: ToolUse) -> RunTool | None:
        return next((tool for tool in self.desk.toolbox.tools if tool.key == call.key), None)

    def _show(self, call: ToolUse) -> str:
        """Its id among the parts: the model's own, unless it used that before or gave none."""
        taken = {part["id"] for part in self.talk.parts if part["kind"] == "tool_call"}
        id = call.id if call.id and call.id not in taken else new_id("tc")
        tool = self._tool(call)
        if tool is not None:
            return self.desk.show(tool, call.arguments or {}, id=id)
        named = {"name": call.key, "title": call.key, "server": "", "key": call.key}
        self.talk.add("tool_call", id=id, arguments=call.arguments or {}, **named)
        return id

    async def _carry_out(self, call: ToolUse, tool: RunTool | None, id: str) -> ToolReturn | None:
        """None: a person decides."""
        if tool is None:
            outcome = failure("gone", _("There is no tool %s.") % call.key[:128])
        elif call.arguments is None:
            outcome = failure("failed", _("The arguments are no JSON object."))
        elif tool.choice.ask_first:
            return None
        else:
            async with self._room:
                return _returned(call, await self.desk.call(tool, call.arguments, id=id))
        self.desk.result(id, tool.choice.name if tool else call.key, outcome)
        return _returned(call, outcome)

    def _hand_in(self, call: ToolUse) -> str:
        """Take the structured result; what is wrong with it, else."""
        schema = self.schema
        assert schema is not None
        value: Any = call.arguments
        if value is not None and not is_object(schema):
            value = value.get("value")
        try:
            Draft202012Validator(schema).validate(value)
        except ValidationError as problem:
            return f"{'.'.join(map(str, problem.absolute_path)) or 'result'}: {problem.message}"[:1000]
        except SchemaError:
            raise RunProblem("failed", _("The assistant's output schema is not valid.")) from None
        self.talk.add("output", value=value)
        return ""


def _returned(call: ToolUse, outcome: Outcome) -> ToolReturn:
    return ToolReturn(call.id, call.key, outcome.text[:MOST_RESULT], outcome.outcome != "answered")
