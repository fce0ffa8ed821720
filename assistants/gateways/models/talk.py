"""One turn of a model, streamed, over pydantic-ai: whatever the provider, the same few types go in and out.

The providers' libraries read keys, headers and addresses from the environment. What the operator keeps there must not
travel to an address that a workspace gave, so this process forgets it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any

from anthropic import AsyncAnthropic
from django.utils.translation import gettext as _
from openai import AsyncOpenAI
from pydantic_ai import messages as ai
from pydantic_ai.direct import model_request_stream
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from pydantic_ai.settings import ModelSettings as Tuning
from pydantic_ai.tools import ToolDefinition

from assistants.errors import RunProblem
from assistants.gateways.models.places import ModelSettings, base_of
from assistants.gateways.models.transport import client, timeouts
from assistants.gateways.models.troubles import as_problem
from assistants.gateways.models.turns import (
    Answer,
    ModelTurn,
    PersonTurn,
    ReturnsTurn,
    ToolOffer,
    ToolReturn,
    ToolUse,
    Turn,
)

for _name in [name for name in os.environ if name.startswith(("OPENAI_", "ANTHROPIC_", "GOOGLE_", "GEMINI_"))]:
    del os.environ[_name]

RETRY_AFTER_S = 0.5
STRICT = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
"""A stream that ends without a reason was cut; taken for an end it would pass half an answer for a whole one."""
OUTPUT = "final_result"
"""The tool with which a model hands in a structured result."""


async def stream_turn(
    settings: ModelSettings,
    *,
    instructions: str,
    turns: Sequence[Turn],
    tools: Sequence[ToolOffer],
    output_schema: dict[str, Any] | None,
    on_text: Callable[[str], None],
) -> Answer:
    """Ask for the next turn; `on_text` hears the text as it comes. Raises RunProblem.

    A provider that stumbles before its first word is asked once more.
    """
    asked = _Request(settings, instructions, turns, tools, output_schema, on_text)
    try:
        return await asked.send()
    except RunProblem as problem:
        if problem.kind != "model_down" or asked.began:
            raise
    await asyncio.sleep(RETRY_AFTER_S)
    return await asked.send()


class _Request:
    def __init__(
        self,
        settings: ModelSettings,
        instructions: str,
        turns: Sequence[Turn],
        tools: Sequence[ToolOffer],
        output_schema: dict[str, Any] | None,
        on_text: Callable[[str], None],
    ) -> None:
        self.began = False
        self._on_text = on_text
        self._model = make_model(settings)
        self._tuning = _tuning(settings)
        self._messages = _messages(instructions, turns)
        self._parameters = ModelRequestParameters(
            function_tools=[_tool(one) for one in tools],
            output_mode="tool" if output_schema else "text",
            output_tools=[_output_tool(output_schema)] if output_schema else [],
            allow_text_output=output_schema is None,
        )

    async def send(self) -> Answer:
        try:
            async with model_request_stream(
                self._model,
                self._messages,
                model_settings=self._tuning,
                model_request_parameters=self._parameters,
            ) as stream:
                async for event in stream:
                    self._hear(event)
                return self._answer(stream.get())
        except RunProblem:
            raise
        except Exception as error:
            raise as_problem(error, began=self.began) from error

    def _hear(self, event: object) -> None:
        piece = ""
        if isinstance(event, ai.PartStartEvent):
            self.began = True
            piece = event.part.content if isinstance(event.part, ai.TextPart) else ""
        elif isinstance(event, ai.PartDeltaEvent) and isinstance(event.delta, ai.TextPartDelta):
            piece = event.delta.content_delta
        if piece:
            self._on_text(piece)

    def _answer(self, response: ai.ModelResponse) -> Answer:
        text = "".join(part.content for part in response.parts if isinstance(part, ai.TextPart))
        calls = tuple(_use(part) for part in response.parts if isinstance(part, ai.ToolCallPart))
        if response.finish_reason is None:
            if not text and not calls:
                raise RunProblem("model_garbage", _("The model provider sent an answer that cannot be read."))
            raise RunProblem("model_cut", _("The model's answer broke off in the middle. What came is kept."))
        if response.finish_reason == "content_filter":
            raise RunProblem("model_filtered", _("The model provider's content filter stopped the answer."))
        usage = response.usage
        return Answer(
            ModelTurn(text, calls, response),
            tokens_in=usage.input_tokens or sum(map(_size, self._messages)) // 4,
            tokens_out=usage.output_tokens or (len(text) + sum(len(str(call.arguments)) for call in calls)) // 4,
            cut_short=response.finish_reason == "length",
        )


def make_model(settings: ModelSettings) -> Model:
    """The library's model. Nothing of it is taken from the environment."""
    base, key = base_of(settings.kind, settings.base_url), settings.key or "none"
    if settings.kind == "anthropic":
        # The library sends the key as a bearer; others that speak this dialect mostly look for the older header.
        older = {"x-api-key": key} if settings.base_url else None
        anthropic = AsyncAnthropic(
            api_key=key, base_url=base, default_headers=older, http_client=client(), max_retries=0, timeout=timeouts()
        )
        return AnthropicModel(settings.name, provider=AnthropicProvider(anthropic_client=anthropic))
    if settings.kind == "google":
        from pydantic_ai.models.google import GoogleModel
        from pydantic_ai.providers.google import GoogleProvider

        return GoogleModel(settings.name, provider=GoogleProvider(api_key=key, http_client=client(), base_url=base))
    openai = AsyncOpenAI(api_key=key, base_url=base, http_client=client(), max_retries=0, timeout=timeouts())
    if settings.base_url:
        compatible = OpenAICompatibleProvider("compatible", openai_client=openai)
        return OpenAIChatModel(settings.name, provider=compatible, profile=STRICT)
    return OpenAIChatModel(settings.name, provider=OpenAIProvider(openai_client=openai), profile=STRICT)


def _tuning(settings: ModelSettings) -> Tuning:
    tuning = Tuning()
    if settings.temperature is not None:
        tuning["temperature"] = settings.temperature
    if settings.top_p is not None:
        tuning["top_p"] = settings.top_p
    if settings.max_tokens is not None:
        tuning["max_tokens"] = settings.max_tokens
    return tuning


def _tool(one: ToolOffer) -> ToolDefinition:
    return ToolDefinition(name=one.key, parameters_json_schema=one.schema, description=one.description)


def _output_tool(schema: dict[str, Any]) -> ToolDefinition:
    if not is_object(schema):
        schema = {"type": "object", "properties": {"value": schema}, "required": ["value"]}
    return ToolDefinition(
        name=OUTPUT,
        parameters_json_schema=schema,
        description="Hand in the final result with this tool.",
        kind="output",
    )


def is_object(schema: dict[str, Any]) -> bool:
    """Providers take objects alone; anything else travels as `value` of one."""
    return schema.get("type") == "object"


def _messages(instructions: str, turns: Sequence[Turn]) -> list[ai.ModelMessage]:
    made: list[ai.ModelMessage] = []
    for turn in turns:
        match turn:
            case PersonTurn():
                made.append(ai.ModelRequest(parts=[ai.UserPromptPart(turn.text)]))
            case ReturnsTurn():
                made.append(ai.ModelRequest(parts=[_return(one) for one in turn.returns]))
            case ModelTurn():
                made.append(turn.native or _response(turn))
    if instructions.strip():
        system = ai.SystemPromptPart(instructions)
        first = made[0] if made else None
        if isinstance(first, ai.ModelRequest):
            made[0] = ai.ModelRequest(parts=[system, *first.parts])
        else:
            made.insert(0, ai.ModelRequest(parts=[system]))
    return made


def _return(one: ToolReturn) -> ai.ToolReturnPart[Any]:
    return ai.ToolReturnPart(one.key, one.text, one.id, outcome="failed" if one.failed else "success")


def _response(turn: ModelTurn) -> ai.ModelResponse:
    parts: list[ai.ModelResponsePart] = [ai.TextPart(turn.text)] if turn.text else []
    parts += [ai.ToolCallPart(call.key, call.arguments or {}, call.id) for call in turn.calls]
    return ai.ModelResponse(parts=parts)


def _use(part: ai.ToolCallPart[Any]) -> ToolUse:
    try:
        arguments = part.args_as_dict(raise_if_invalid=True)
    except (ValueError, AssertionError):
        return ToolUse(part.tool_call_id, part.tool_name, None)
    return ToolUse(part.tool_call_id, part.tool_name, arguments)


def _size(message: ai.ModelMessage) -> int:
    return sum(len(str(getattr(part, "content", "") or getattr(part, "args", ""))) for part in message.parts)
