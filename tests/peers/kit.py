"""Parts that the peers on the official SDK share: a table of tools, list changes in both eras, resumable streams."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from mcp import types
from mcp.server.caching import CacheHint
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ServerEvent
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from mcp.shared.subscriptions import ResourceUpdated, event_to_notification

# The peers serve both eras on purpose, so what the newer one deprecates is no news here.
warnings.simplefilter("ignore", MCPDeprecationWarning)

Context = ServerRequestContext[Any, Any]
ToolResult = types.CallToolResult | types.InputRequiredResult
ToolHandler = Callable[[Context, types.CallToolRequestParams], Awaitable[ToolResult]]

STATELESS = frozenset({"2026-07-28"})


def text(value: str) -> types.TextContent:
    return types.TextContent(type="text", text=value)


def said(*contents: types.ContentBlock | str, **more: Any) -> types.CallToolResult:
    """A tool result; a plain string becomes text content."""
    return types.CallToolResult(content=[text(c) if isinstance(c, str) else c for c in contents], **more)


def schema(*required: str, **properties: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema of an object; an empty one takes no arguments."""
    made: dict[str, Any] = {"type": "object", "properties": properties}
    return {**made, "required": list(required)} if required else made


class Toolbox:
    """Tools by name. `on_list` and `on_call` are the handlers that a low-level Server takes."""

    def __init__(self) -> None:
        self.tools: dict[str, tuple[types.Tool, ToolHandler]] = {}

    def tool(
        self, name: str, description: str, input_schema: dict[str, Any] | None = None, **more: Any
    ) -> Callable[[ToolHandler], ToolHandler]:
        def add(handler: ToolHandler) -> ToolHandler:
            made = types.Tool(name=name, description=description, input_schema=input_schema or schema(), **more)
            self.tools[name] = (made, handler)
            return handler

        return add

    async def on_list(self, ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool for tool, _ in self.tools.values()])

    async def on_call(self, ctx: Context, params: types.CallToolRequestParams) -> ToolResult:
        if params.name not in self.tools:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name}")
        return await self.tools[params.name][1](ctx, params)


class Changes:
    """Tells every client that something changed: listen streams, and the sessions of the handshake era."""

    def __init__(self) -> None:
        self.bus = InMemorySubscriptionBus()
        self.listen = ListenHandler(self.bus)
        self._connections: weakref.WeakKeyDictionary[Connection, set[str]] = weakref.WeakKeyDictionary()
        """The sessions of the handshake era, each with the URIs that it subscribed to."""

    async def remember(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Middleware: keeps the session that asked, as the SDK has no list of them."""
        if ctx.protocol_version not in STATELESS:
            self._connections.setdefault(ctx.session._connection, set())
        return await call_next(ctx)

    async def publish(self, event: ServerEvent) -> None:
        await self.bus.publish(event)
        notification = event_to_notification(event, {}).model_dump(by_alias=True, mode="json", exclude_none=True)
        for connection, uris in list(self._connections.items()):
            if isinstance(event, ResourceUpdated) and event.uri not in uris:
                continue
            await connection.notify(notification["method"], notification.get("params"))

    async def subscribe(self, ctx: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
        self._connections.setdefault(ctx.session._connection, set()).add(params.uri)
        return types.EmptyResult()

    async def unsubscribe(self, ctx: Context, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        self._connections.setdefault(ctx.session._connection, set()).discard(params.uri)
        return types.EmptyResult()


class MemoryEvents(EventStore):
    """Events of streams for `Last-Event-ID`, in memory."""

    def __init__(self) -> None:
        self._events: list[tuple[str, types.JSONRPCMessage | None]] = []

    async def store_event(self, stream_id: str, message: types.JSONRPCMessage | None) -> str:
        self._events.append((stream_id, message))
        return str(len(self._events))

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        seen = int(last_event_id) if last_event_id.isdigit() else 0
        if not 0 < seen <= len(self._events):
            return None
        stream_id = self._events[seen - 1][0]
        for number, (stream, message) in enumerate(self._events[seen:], start=seen + 1):
            if stream == stream_id and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream_id


def _all_changes(self: Server[Any]) -> Callable[..., Any]:
    plain = self.create_initialization_options

    def options(notification_options: NotificationOptions | None = None, *rest: Any, **more: Any) -> Any:
        told = notification_options or NotificationOptions(
            prompts_changed=True, resources_changed=True, tools_changed=True
        )
        return plain(told, *rest, **more)

    return options


def make_server(name: str, toolbox: Toolbox, changes: Changes, **handlers: Any) -> Server[Any]:
    """A low-level Server of both eras with tools, list changes, log levels and cache hints."""

    async def set_level(ctx: Context, params: types.SetLevelRequestParams) -> types.EmptyResult:
        return types.EmptyResult()

    server: Server[Any] = Server(
        name,
        version="1.0.0",
        on_list_tools=toolbox.on_list,
        on_call_tool=toolbox.on_call,
        on_subscriptions_listen=changes.listen,
        on_set_logging_level=set_level,
        cache_hints={
            "tools/list": CacheHint(ttl_ms=1000, scope="public"),
            "prompts/list": CacheHint(ttl_ms=1000, scope="public"),
            "resources/list": CacheHint(ttl_ms=1000, scope="public"),
            "resources/templates/list": CacheHint(ttl_ms=1000, scope="public"),
            "resources/read": CacheHint(ttl_ms=500, scope="private"),
        },
        **handlers,
    )
    server.middleware.append(changes.remember)
    # The session manager asks for options without a word on list changes; these servers announce them.
    server.create_initialization_options = _all_changes(server)  # type: ignore[method-assign]
    return server
