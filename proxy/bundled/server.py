"""The bundled server: useful tools that need no network, over stdio, in both eras of the protocol."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mcp import types
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated

from proxy.bundled import arithmetic, texts, zones
from proxy.bundled.notebook import PAGE, SCHEME, TEMPLATE, notebook, resource_of
from proxy.bundled.notes import NoteProblem, Notes
from proxy.bundled.prompts import PROMPTS, PromptProblem, get_prompt
from proxy.bundled.toolbox import Toolbox

Context = ServerRequestContext[Any, Any]

INSTRUCTIONS = (
    "Tools that work offline: time zones and dates, exact calculation and units, text helpers, and notes that everyone "
    "in this workspace shares. Calculate and convert with them rather than in your head. Notes are resources too."
)
_STATELESS = "2026-07-28"

_context: ContextVar[Context] = ContextVar("context")


def bundled_tools() -> list[types.Tool]:
    """What it offers, as it tells its clients, without starting it."""
    with TemporaryDirectory(prefix="cr-tools-") as folder:
        return [tool.definition for tool in Bundled(Path(folder))._toolbox.tools.values()]


class Bundled:
    """The handlers of the server."""

    def __init__(self, folder: Path) -> None:
        self._bus = InMemorySubscriptionBus()
        self._watched: set[str] = set()
        self.listen = ListenHandler(self._bus)
        self._toolbox = Toolbox()
        note_tools, self._notes = notebook(folder, self._changed)
        for part in (zones.toolbox, arithmetic.toolbox, note_tools, texts.toolbox):
            self._toolbox.add_all(part)

    @property
    def notes(self) -> Notes:
        return self._notes

    async def list_tools(self, ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool.definition for tool in self._toolbox.tools.values()])

    async def call_tool(self, ctx: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = self._toolbox.tools.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"There is no tool {params.name!r}.")
        _context.set(ctx)
        return await tool.call(params.arguments or {})

    async def list_resources(
        self, ctx: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        cursor = params.cursor if params is not None and params.cursor else "0"
        notes = self._notes.all()
        if not cursor.isdecimal() or int(cursor) > len(notes):
            raise MCPError(types.INVALID_PARAMS, "This cursor is not known.")
        end = int(cursor) + PAGE
        page = [resource_of(note) for note in notes[int(cursor) : end]]
        return types.ListResourcesResult(resources=page, next_cursor=str(end) if end < len(notes) else None)

    async def list_templates(
        self, ctx: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=[TEMPLATE])

    async def read_resource(self, ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        uri = str(params.uri)
        try:
            note = self._notes.get(uri.removeprefix(SCHEME))
        except NoteProblem as problem:
            code = types.INVALID_PARAMS if ctx.protocol_version == _STATELESS else -32002
            raise MCPError(code, str(problem), {"uri": uri}) from None
        content = types.TextResourceContents(uri=uri, mime_type="text/markdown", text=note.text)
        return types.ReadResourceResult(contents=[content])

    async def subscribe(self, ctx: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
        self._watched.add(str(params.uri))
        return types.EmptyResult()

    async def unsubscribe(self, ctx: Context, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        self._watched.discard(str(params.uri))
        return types.EmptyResult()

    async def list_prompts(self, ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListPromptsResult:
        return types.ListPromptsResult(prompts=PROMPTS)

    async def get_prompt(self, ctx: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        try:
            return get_prompt(params.name, params.arguments or {}, self._notes)
        except PromptProblem as problem:
            raise MCPError(types.INVALID_PARAMS, str(problem)) from None

    async def complete(self, ctx: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
        """Note ids by the start of the id or a part of the title; topics from the tags in use."""
        typed = params.argument.value.casefold()
        if isinstance(params.ref, types.ResourceTemplateReference):
            found = [
                note.id for note in self._notes.all() if note.id.startswith(typed) or typed in note.title.casefold()
            ]
        elif params.argument.name == "topic":
            found = sorted({tag for note in self._notes.all() for tag in note.tags if tag.startswith(typed)})
        elif params.argument.name == "places":
            found = [name for name in zones.zone_names() if typed in name.casefold()]
        else:
            found = []
        values = types.Completion(values=found[:100], total=len(found), has_more=len(found) > 100)
        return types.CompleteResult(completion=values)

    async def _changed(self, uri: str, listed: bool) -> None:
        """Tell whoever wants to know that a note changed."""
        await self._bus.publish(ResourceUpdated(uri=uri))
        if listed:
            await self._bus.publish(ResourcesListChanged())
        ctx = _context.get()
        if ctx.protocol_version != _STATELESS:
            if uri in self._watched:
                await ctx.session.send_resource_updated(uri)
            if listed:
                await ctx.session.send_resource_list_changed()


def build(folder: Path) -> Server[Any]:
    """The server with its notes in `folder`."""
    bundled = Bundled(folder)
    lists = CacheHint(ttl_ms=3_600_000, scope="public")
    return Server(
        "toolbox",
        version="1.0.0",
        title="Toolbox",
        description="Offline tools that come with Crossroads",
        instructions=INSTRUCTIONS,
        cache_hints={
            "tools/list": lists,
            "prompts/list": lists,
            "resources/templates/list": lists,
            "resources/list": CacheHint(ttl_ms=0, scope="private"),
            "resources/read": CacheHint(ttl_ms=0, scope="private"),
        },
        on_list_tools=bundled.list_tools,
        on_call_tool=bundled.call_tool,
        on_list_resources=bundled.list_resources,
        on_list_resource_templates=bundled.list_templates,
        on_read_resource=bundled.read_resource,
        on_subscribe_resource=bundled.subscribe,
        on_unsubscribe_resource=bundled.unsubscribe,
        on_subscriptions_listen=bundled.listen,
        on_list_prompts=bundled.list_prompts,
        on_get_prompt=bundled.get_prompt,
        on_completion=bundled.complete,
    )


def options(server: Server[Any]) -> Any:
    return server.create_initialization_options(NotificationOptions(resources_changed=True))
