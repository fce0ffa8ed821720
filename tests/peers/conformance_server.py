"""The server that MCP's conformance suite expects: every tool, prompt and resource its scenarios name, in both eras.

    python -m tests.peers.conformance_server --port 0 [--era handshake|stateless] [--stdio]

`--era` leaves only one era, for gateways that must cope with such a server.
"""

from __future__ import annotations

import asyncio
from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.stdio import stdio_server

from tests.peers import conformance_content as content
from tests.peers.conformance_input import add_single, add_stateful
from tests.peers.conformance_tools import add_asking, add_contents, add_special, add_talkative
from tests.peers.eras import only_era
from tests.peers.kit import Changes, MemoryEvents, Toolbox, make_server
from tests.peers.serving import arguments, serve_asgi

NAME = "conformance"


def build() -> Server[Any]:
    box, changes = Toolbox(), Changes()
    add_contents(box)
    add_talkative(box)
    add_asking(box)
    add_single(box)
    add_stateful(box)
    add_special(box, changes)
    server = make_server(
        NAME,
        box,
        changes,
        on_list_resources=content.list_resources,
        on_list_resource_templates=content.list_templates,
        on_read_resource=content.read_resource,
        on_subscribe_resource=changes.subscribe,
        on_unsubscribe_resource=changes.unsubscribe,
        on_list_prompts=content.list_prompts,
        on_get_prompt=content.get_prompt,
        on_completion=content.complete,
    )
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=NAME))
    return server


async def run_stdio() -> None:
    server = build()
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def main() -> None:
    parser = arguments(str(__doc__))
    parser.add_argument("--era", choices=("both", "handshake", "stateless"), default="both")
    parser.add_argument("--stdio", action="store_true")
    options = parser.parse_args()
    if options.stdio:
        asyncio.run(run_stdio())
        return
    app = build().streamable_http_app(event_store=MemoryEvents(), retry_interval=100)
    serve_asgi(only_era(app, options.era), options)


if __name__ == "__main__":
    main()
