"""A server with everything a server can have, on the official SDK, over any transport and in either era.

    python -m tests.peers.rich --port 0 [--era handshake|stateless] [--sse] [--page-size 2] [--late-streams 0.3]
    python -m tests.peers.rich --stdio

It asks (form, URL, sampling, roots), tells (progress, log), waits for a cancellation, changes its tools, watches
resources, completes arguments, pages its lists, and describes its tools with titles, schemas, icons, annotations and
`_meta`, MCP Apps links included. `--sse` serves the old HTTP+SSE transport at /sse.
"""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.sse import SseServerTransport
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from tests.peers import rich_tools
from tests.peers.eras import late_streams, only_era
from tests.peers.kit import Changes, Context, MemoryEvents, Toolbox, make_server, text
from tests.peers.serving import arguments, serve_asgi

NAME = "rich"
PAGE = "<!doctype html><title>View</title><p>A view of the weather</p>"
RESOURCES = [
    types.Resource(
        uri=f"rich://notes/{number}", name=f"note {number}", title=f"Note {number}", description="A note",
        mime_type="text/plain", size=12,
    )
    for number in range(1, 6)
] + [
    types.Resource(uri="rich://pixel", name="pixel", mime_type="image/png"),
    types.Resource(uri=rich_tools.VIEW, name="view", mime_type="text/html;profile=mcp-app"),
]  # fmt: skip
TEMPLATES = [types.ResourceTemplate(uri_template="rich://notes/{number}", name="note", mime_type="text/plain")]
PROMPTS = [
    types.Prompt(
        name="greet", title="Greeting", description="Says hello",
        arguments=[types.PromptArgument(name="who", description="Whom to greet", required=True)],
    ),
    types.Prompt(name="plan", description="Plans a day"),
]  # fmt: skip
WORDS = ["Ada", "Alan", "Barbara", "Edsger", "Grace"]


class Paged:
    """Lists in pages; the cursor is where the next one starts."""

    def __init__(self, size: int) -> None:
        self.size = size

    def cut(self, items: list[Any], params: types.PaginatedRequestParams | None) -> tuple[list[Any], str | None]:
        if not self.size:
            return items, None
        cursor = params.cursor if params is not None and params.cursor else "0"
        if not cursor.isdigit() or int(cursor) > len(items):
            raise MCPError(types.INVALID_PARAMS, "Invalid cursor")
        end = int(cursor) + self.size
        return items[int(cursor) : end], str(end) if end < len(items) else None


async def read_resource(ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    uri = params.uri
    found: types.TextResourceContents | types.BlobResourceContents
    if uri == "rich://pixel":
        found = types.BlobResourceContents(uri=uri, mime_type="image/png", blob=base64.b64encode(b"\x89PNG").decode())
    elif uri == rich_tools.VIEW:
        meta = {"ui": {"prefersBorder": True}}
        found = types.TextResourceContents(uri=uri, mime_type="text/html;profile=mcp-app", text=PAGE, _meta=meta)
    elif uri.startswith("rich://notes/") and uri.rpartition("/")[2].isdigit():
        found = types.TextResourceContents(uri=uri, mime_type="text/plain", text=f"This is {uri}")
    else:
        raise MCPError(types.INVALID_PARAMS, "Resource not found", {"uri": uri})
    return types.ReadResourceResult(contents=[found])


async def get_prompt(ctx: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
    if params.name not in {prompt.name for prompt in PROMPTS}:
        raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {params.name}")
    who = (params.arguments or {}).get("who", "you")
    return types.GetPromptResult(
        description="A greeting", messages=[types.PromptMessage(role="user", content=text(f"Hello, {who}"))]
    )


async def complete(ctx: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
    found = [word for word in WORDS if word.lower().startswith(params.argument.value.lower())]
    return types.CompleteResult(completion=types.Completion(values=found, total=len(found), has_more=False))


def build(page_size: int = 0) -> Server[Any]:
    box, changes, seen, paged = Toolbox(), Changes(), rich_tools.Seen(), Paged(page_size)
    rich_tools.add_asking(box)
    rich_tools.add_telling(box, seen)
    rich_tools.add_changing(box, changes)
    rich_tools.add_described(box)

    async def list_tools(ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        cut, cursor = paged.cut([tool for tool, _ in box.tools.values()], params)
        return types.ListToolsResult(tools=cut, next_cursor=cursor)

    async def list_resources(ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        cut, cursor = paged.cut(RESOURCES, params)
        return types.ListResourcesResult(resources=cut, next_cursor=cursor)

    async def list_templates(ctx: Context, params: Any) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=TEMPLATES)

    async def list_prompts(ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListPromptsResult:
        cut, cursor = paged.cut(PROMPTS, params)
        return types.ListPromptsResult(prompts=cut, next_cursor=cursor)

    server = make_server(
        NAME,
        box,
        changes,
        title="A rich server",
        instructions="Ask it for the weather.",
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
        on_subscribe_resource=changes.subscribe,
        on_unsubscribe_resource=changes.unsubscribe,
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
        on_completion=complete,
    )
    server.add_request_handler("tools/list", types.PaginatedRequestParams, list_tools)
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=NAME))
    return server


def sse_app(server: Server[Any]) -> Starlette:
    """The transport of 2024-11-05: GET /sse is the stream, POST /messages/ what the client says."""
    transport = SseServerTransport("/messages/")

    async def stream(request: Request) -> Response:
        async with transport.connect_sse(request.scope, request.receive, request._send) as (read, write):
            await server.run(read, write, server.create_initialization_options())
        return Response()

    routes = [Route("/sse", stream, methods=["GET"]), Mount("/messages/", app=transport.handle_post_message)]
    return Starlette(routes=routes)


async def run_stdio(server: Server[Any]) -> None:
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def main() -> None:
    parser = arguments(str(__doc__))
    parser.add_argument("--era", choices=("both", "handshake", "stateless"), default="both")
    parser.add_argument("--page-size", type=int, default=0, help="0 puts everything on one page")
    parser.add_argument("--late-streams", type=float, default=0, help="seconds until GET and listen streams open")
    parser.add_argument("--sse", action="store_true")
    parser.add_argument("--stdio", action="store_true")
    options = parser.parse_args()
    server = build(options.page_size)
    if options.stdio:
        asyncio.run(run_stdio(server))
    elif options.sse:
        serve_asgi(sse_app(server), options, path="/sse")
    else:
        app = server.streamable_http_app(event_store=MemoryEvents(), retry_interval=100)
        serve_asgi(late_streams(only_era(app, options.era), options.late_streams), options)


if __name__ == "__main__":
    main()
