"""Tools of the peer `rich`: each asks, tells or changes something in the way of the era it is called in."""

from __future__ import annotations

import itertools
import json
from typing import Any

import anyio
from mcp import types
from mcp.shared.subscriptions import ResourceUpdated, ToolsListChanged

from tests.peers.kit import STATELESS, Changes, Context, Toolbox, ToolResult, said, schema, text

Params = types.CallToolRequestParams
STRING, NUMBER = {"type": "string"}, {"type": "number"}
NAME = schema("name", name={"type": "string", "title": "Your name"})
VIEW = "ui://rich/view.html"


class Seen:
    """What happened to this server, for the tool `seen`."""

    def __init__(self) -> None:
        self.cancelled = 0
        self.calls = 0


def _arguments(params: Params) -> dict[str, Any]:
    return dict(params.arguments or {})


async def _ask(ctx: Context, params: Params, request: types.InputRequest) -> Any:
    """Put a request to the client: its answer, or the `input_required` result that asks for it."""
    if ctx.protocol_version in STATELESS:
        answer = (params.input_responses or {}).get("question")
        if answer is None:
            return types.InputRequiredResult(input_requests={"question": request}, request_state="asked")
        return answer
    session, related = ctx.session, ctx.request_id
    if isinstance(request, types.ListRootsRequest):
        return await session.list_roots()
    if isinstance(request, types.CreateMessageRequest):
        wanted = request.params
        return await session.create_message(wanted.messages, max_tokens=wanted.max_tokens, related_request_id=related)
    form = request.params
    if isinstance(form, types.ElicitRequestURLParams):
        return await session.elicit_url(form.message, form.url, form.elicitation_id or "", related_request_id=related)
    return await session.elicit_form(form.message, form.requested_schema, related_request_id=related)


def add_asking(box: Toolbox) -> None:
    @box.tool("ask_name", "Asks the person for a name")
    async def ask_name(ctx: Context, params: Params) -> ToolResult:
        form = types.ElicitRequestFormParams(message="What is your name?", requested_schema=NAME)
        answer = await _ask(ctx, params, types.ElicitRequest(params=form))
        if isinstance(answer, types.InputRequiredResult):
            return answer
        return said(f"{answer.action}: {(answer.content or {}).get('name', '')}")

    @box.tool("ask_url", "Sends the person to a page")
    async def ask_url(ctx: Context, params: Params) -> ToolResult:
        link = types.ElicitRequestURLParams(
            message="Please sign in", url="https://example.com/sign-in", elicitation_id="elicitation-1"
        )
        answer = await _ask(ctx, params, types.ElicitRequest(params=link))
        return answer if isinstance(answer, types.InputRequiredResult) else said(str(answer.action))

    @box.tool("ask_model", "Asks the client's model", schema("question", question=STRING))
    async def ask_model(ctx: Context, params: Params) -> ToolResult:
        message = types.SamplingMessage(role="user", content=text(str(_arguments(params).get("question", ""))))
        wanted = types.CreateMessageRequestParams(messages=[message], max_tokens=50)
        answer = await _ask(ctx, params, types.CreateMessageRequest(params=wanted))
        if isinstance(answer, types.InputRequiredResult):
            return answer
        return said(str(getattr(answer.content, "text", "")))

    @box.tool("ask_roots", "Asks for the client's folders")
    async def ask_roots(ctx: Context, params: Params) -> ToolResult:
        answer = await _ask(ctx, params, types.ListRootsRequest(params=types.RequestParams()))
        if isinstance(answer, types.InputRequiredResult):
            return answer
        return said(" ".join(str(root.uri) for root in answer.roots))


def add_telling(box: Toolbox, seen: Seen) -> None:
    @box.tool("work", "Reports progress and logs", schema(steps=NUMBER))
    async def work(ctx: Context, params: Params) -> ToolResult:
        steps = int(_arguments(params).get("steps", 3))
        for step in range(1, steps + 1):
            await ctx.session.report_progress(step, steps, f"step {step}")
            await ctx.session.send_log_message("info", f"step {step}", "rich", related_request_id=ctx.request_id)
        return said(f"{steps} steps")

    @box.tool("wait", "Waits until it is cancelled")
    async def wait(ctx: Context, params: Params) -> ToolResult:
        await ctx.session.report_progress(0, 1, "waiting")
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            seen.cancelled += 1
            raise
        return said("never")

    @box.tool("seen", "What happened so far, and who asks")
    async def tell(ctx: Context, params: Params) -> ToolResult:
        seen.calls += 1
        have = ctx.session.client_capabilities
        told = {
            "cancelled": seen.cancelled,
            "calls": seen.calls,
            "version": ctx.protocol_version,
            "capabilities": have.model_dump(by_alias=True, exclude_none=True) if have else {},
            "meta": {str(k): v for k, v in (ctx.params or {}).get("_meta", {}).items()},
            "session": ctx.session._connection.session_id,
        }
        return said(json.dumps(told), structured_content=told)


def add_changing(box: Toolbox, changes: Changes) -> None:
    visits = itertools.count(1)

    @box.tool("change_tools", "Replaces the tool visitor_N by the next one, and says its name")
    async def change(ctx: Context, params: Params) -> ToolResult:
        for name in [name for name in box.tools if name.startswith("visitor_")]:
            del box.tools[name]
        name = f"visitor_{next(visits)}"

        @box.tool(name, "Here until the tools change again")
        async def visitor(ctx: Context, params: Params) -> ToolResult:
            return said("Hello")

        await changes.publish(ToolsListChanged())
        return said(name)

    @box.tool("touch", "Says that a resource changed", schema("uri", uri=STRING))
    async def touch(ctx: Context, params: Params) -> ToolResult:
        uri = str(_arguments(params)["uri"])
        await changes.publish(ResourceUpdated(uri))
        return said("Touched")


def add_described(box: Toolbox) -> None:
    """Tools with everything a definition can carry."""

    @box.tool(
        "forecast",
        "The weather of a city",
        schema("city", city={"type": "string", "description": "A city", "x-mcp-header": "City"}),
        title="Weather forecast",
        output_schema=schema("degrees", degrees=NUMBER, city=STRING),
        annotations=types.ToolAnnotations(title="Forecast", read_only_hint=True, open_world_hint=True),
        icons=[types.Icon(src="https://example.com/weather.png", mime_type="image/png", sizes=["48x48"])],
        _meta={"ui": {"resourceUri": VIEW}, "example.com/weight": 3},
    )
    async def forecast(ctx: Context, params: Params) -> ToolResult:
        told = {"degrees": 21, "city": str(_arguments(params).get("city", ""))}
        return said(json.dumps(told), structured_content=told, _meta={"example.com/source": "made up"})

    @box.tool(
        "remove_all",
        "Removes everything",
        annotations=types.ToolAnnotations(read_only_hint=False, destructive_hint=True),
    )
    async def remove_all(ctx: Context, params: Params) -> ToolResult:
        return said("Everything is removed")

    @box.tool("link", "Returns links to resources", annotations=types.ToolAnnotations(read_only_hint=True))
    async def link(ctx: Context, params: Params) -> ToolResult:
        return said(types.ResourceLink(type="resource_link", uri="rich://notes/1", name="note 1"))
