"""Tools of the conformance scenarios that answer at once or ask back in the handshake era's way."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from mcp import types
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import PromptsListChanged, ToolsListChanged

from tests.peers.conformance_content import PNG, WAV, embedded, flip_prompt
from tests.peers.kit import Changes, Context, Toolbox, ToolResult, said, schema, text

Params = types.CallToolRequestParams
STRING = {"type": "string"}
STEP_S = 0.05


def add_contents(box: Toolbox) -> None:
    """The tools that return one kind of content each."""

    @box.tool("test_simple_text", "Returns text")
    async def simple(ctx: Context, params: Params) -> ToolResult:
        return said("This is a simple text response for testing.")

    @box.tool("test_image_content", "Returns a picture")
    async def picture(ctx: Context, params: Params) -> ToolResult:
        return said(types.ImageContent(type="image", data=PNG, mime_type="image/png"))

    @box.tool("test_audio_content", "Returns sound")
    async def audio(ctx: Context, params: Params) -> ToolResult:
        return said(types.AudioContent(type="audio", data=WAV, mime_type="audio/wav"))

    @box.tool("test_embedded_resource", "Returns a resource")
    async def resource(ctx: Context, params: Params) -> ToolResult:
        return said(embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."))

    @box.tool("test_multiple_content_types", "Returns text, a picture and a resource")
    async def mixed(ctx: Context, params: Params) -> ToolResult:
        data = json.dumps({"test": "data", "value": 123})
        return said(
            "Multiple content types test:",
            types.ImageContent(type="image", data=PNG, mime_type="image/png"),
            embedded("test://mixed-content-resource", "application/json", data),
        )

    @box.tool("test_error_handling", "Always fails")
    async def failing(ctx: Context, params: Params) -> ToolResult:
        return said("This tool intentionally returns an error for testing", is_error=True)


def add_talkative(box: Toolbox) -> None:
    """The tools that say something before they answer."""

    async def log(ctx: Context, line: str) -> None:
        await ctx.session.send_log_message("info", line, related_request_id=ctx.request_id)

    async def logging(ctx: Context, params: Params) -> ToolResult:
        await log(ctx, "Tool execution started")
        await asyncio.sleep(STEP_S)
        await log(ctx, "Tool processing data")
        await asyncio.sleep(STEP_S)
        await log(ctx, "Tool execution completed")
        return said("Tool with logging executed successfully")

    box.tool("test_tool_with_logging", "Sends three log messages")(logging)
    box.tool("test_logging_tool", "Sends log messages where the request asks for them")(logging)

    @box.tool("test_tool_with_progress", "Reports progress")
    async def progress(ctx: Context, params: Params) -> ToolResult:
        for step in (0, 50, 100):
            await ctx.session.report_progress(step, 100, f"{step} of 100")
            await asyncio.sleep(STEP_S)
        return said("Tool with progress executed successfully")

    @box.tool("test_reconnection", "Closes its stream in mid-call; the client comes back for the rest")
    async def reconnection(ctx: Context, params: Params) -> ToolResult:
        if ctx.close_sse_stream is not None:
            await ctx.close_sse_stream()
        await asyncio.sleep(2 * STEP_S)
        return said("Reconnection test completed successfully")


def _answer(result: types.ElicitResult) -> str:
    return f"action={result.action}, content={json.dumps(result.content or {})}"


DEFAULTS = schema(
    name={"type": "string", "description": "Name", "default": "John Doe"},
    age={"type": "integer", "description": "Age", "default": 30},
    score={"type": "number", "description": "Score", "default": 95.5},
    status={"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    verified={"type": "boolean", "description": "Verified", "default": True},
)


def _titled(*titles: str) -> list[dict[str, str]]:
    return [{"const": f"value{number}", "title": title} for number, title in enumerate(titles, start=1)]


ENUMS = schema(
    untitledSingle={"type": "string", "enum": ["option1", "option2", "option3"]},
    titledSingle={"type": "string", "oneOf": _titled("First Option", "Second Option", "Third Option")},
    legacyEnum={
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti={"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
    titledMulti={"type": "array", "items": {"anyOf": _titled("First Choice", "Second Choice", "Third Choice")}},
)


def add_asking(box: Toolbox) -> None:
    """The tools that ask the client in mid-call, as 2025-11-25 does."""

    async def elicit(ctx: Context, message: str, wanted: dict[str, Any]) -> types.ElicitResult:
        return await ctx.session.elicit_form(message, wanted, related_request_id=ctx.request_id)

    @box.tool("test_sampling", "Asks the client's model", schema("prompt", prompt=STRING))
    async def sampling(ctx: Context, params: Params) -> ToolResult:
        prompt = str((params.arguments or {}).get("prompt", ""))
        result = await ctx.session.create_message(
            [types.SamplingMessage(role="user", content=text(prompt))],
            max_tokens=100,
            related_request_id=ctx.request_id,
        )
        return said(f"LLM response: {getattr(result.content, 'text', '')}")

    @box.tool("test_elicitation", "Asks the person", schema("message", message=STRING))
    async def elicitation(ctx: Context, params: Params) -> ToolResult:
        wanted = schema(
            "username",
            "email",
            username={"type": "string", "description": "User's response"},
            email={"type": "string", "description": "User's email address"},
        )
        message = str((params.arguments or {}).get("message", ""))
        return said(f"User response: {_answer(await elicit(ctx, message, wanted))}")

    @box.tool("test_elicitation_sep1034_defaults", "Asks with defaults")
    async def defaults(ctx: Context, params: Params) -> ToolResult:
        return said(f"Elicitation completed: {_answer(await elicit(ctx, 'Check these values', DEFAULTS))}")

    @box.tool("test_elicitation_sep1330_enums", "Asks with choices")
    async def enums(ctx: Context, params: Params) -> ToolResult:
        return said(f"Elicitation completed: {_answer(await elicit(ctx, 'Choose', ENUMS))}")


ADDRESS = {"$anchor": "addressDef", **schema(street=STRING, city=STRING)}
RICH_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": ADDRESS},
    "properties": {
        "name": STRING,
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": STRING,
        "email": STRING,
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def add_special(box: Toolbox, changes: Changes) -> None:
    """Tools that only exist so that a rule of the protocol can be seen."""

    @box.tool("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features", RICH_SCHEMA)
    async def rich(ctx: Context, params: Params) -> ToolResult:
        return said(json.dumps(params.arguments or {}))

    header = schema("region", region={"type": "string", "x-mcp-header": "Region"})

    @box.tool("test_custom_header", "Has a parameter that travels as a header too", header)
    async def custom(ctx: Context, params: Params) -> ToolResult:
        return said(json.dumps(params.arguments or {}))

    @box.tool("test_missing_capability", "Needs sampling")
    async def missing(ctx: Context, params: Params) -> ToolResult:
        have = ctx.session.client_capabilities
        if have is None or have.sampling is None:
            wanted: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
            raise MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, "This tool needs sampling", wanted)
        return said("The client can sample")

    @box.tool("test_trigger_tool_change", "Changes the list of tools")
    async def tools_change(ctx: Context, params: Params) -> ToolResult:
        await _flip(box)
        await changes.publish(ToolsListChanged())
        return said("The list of tools changed")

    @box.tool("test_trigger_prompt_change", "Changes the list of prompts")
    async def prompts_change(ctx: Context, params: Params) -> ToolResult:
        flip_prompt()
        await changes.publish(PromptsListChanged())
        return said("The list of prompts changed")


async def _flip(box: Toolbox) -> None:
    """Add the tool that comes and goes, or take it away again."""
    if box.tools.pop("test_that_comes_and_goes", None) is None:

        @box.tool("test_that_comes_and_goes", "Here until the list changes again")
        async def passing(ctx: Context, params: Params) -> ToolResult:
            return said("Still here")
