"""What to paste into each client to reach a hub. The key's place is marked; a page never shows a key twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from core.components.snippets import Snippet
from proxy.models import Hub

KEY = "YOUR_KEY"


def client_snippets(hub: Hub, url: str, key: str = KEY) -> list[Snippet]:
    """One snippet for each client, in the order in which people look for them."""
    name = f"crossroads-{hub.slug}"
    makers: tuple[Callable[[str, str, str], Snippet], ...] = (
        _claude_code, _claude_desktop, _cursor, _vs_code, _curl, _python, _typescript,
    )  # fmt: skip
    return [make(name, url, key) for make in makers]


def needs_public_https(url: str) -> bool:
    """Whether the address is one that clients in the cloud cannot reach."""
    parts = urlsplit(url)
    return parts.scheme != "https" or parts.hostname in {"localhost", "127.0.0.1", "::1"}


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _claude_code(name: str, url: str, key: str) -> Snippet:
    return Snippet(
        key="claude-code",
        label="Claude Code",
        text=f'claude mcp add --transport http {name} {url} --header "Authorization: Bearer {key}"',
        lang="bash",
        one_line=True,
        prompt="$",
        where=_("Run this once."),
        note=_("Then type /mcp in Claude Code to see the tools."),
    )


def _claude_desktop(name: str, url: str, key: str) -> Snippet:
    server = {
        "command": "npx",
        "args": ["-y", "mcp-remote", url, "--header", "Authorization:${CROSSROADS_AUTH}"],
        "env": {"CROSSROADS_AUTH": f"Bearer {key}"},
    }
    note = _("Needs Node.js. Claude's own connectors need a public https address and sign-in with OAuth.")
    return Snippet(
        key="claude-desktop",
        label="Claude Desktop",
        text=_json({"mcpServers": {name: server}}),
        lang="json",
        where=_("Settings, Developer, Edit Config: claude_desktop_config.json"),
        note=note,
    )


def _cursor(name: str, url: str, key: str) -> Snippet:
    server = {"url": url, "headers": {"Authorization": f"Bearer {key}"}}
    return Snippet(
        key="cursor",
        label="Cursor",
        text=_json({"mcpServers": {name: server}}),
        lang="json",
        where="~/.cursor/mcp.json",
        note=_("Cursor lists the tools under Settings, Tools."),
    )


def _vs_code(name: str, url: str, key: str) -> Snippet:
    asks = {"type": "promptString", "id": "crossroads-key", "description": "Crossroads key", "password": True}
    server = {"type": "http", "url": url, "headers": {"Authorization": "Bearer ${input:crossroads-key}"}}
    return Snippet(
        key="vs-code",
        label="VS Code",
        text=_json({"inputs": [asks], "servers": {name: server}}),
        lang="json",
        where=".vscode/mcp.json",
        note=_("VS Code asks for the key once and keeps it."),
    )


def _curl(name: str, url: str, key: str) -> Snippet:
    text = (
        f"curl {url} \\\n"
        f"  -H 'Authorization: Bearer {key}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        "  -H 'Accept: application/json, text/event-stream' \\\n"
        "  -H 'MCP-Protocol-Version: 2026-07-28' \\\n"
        "  -H 'Mcp-Method: tools/list' \\\n"
        "  -d '" + json.dumps(_stateless_list()) + "'"
    )
    return Snippet(key="curl", label="curl", text=text, lang="bash", where=_("Run this anywhere."))


def _stateless_list() -> dict[str, object]:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "curl", "version": "8"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}


def _python(name: str, url: str, key: str) -> Snippet:
    text = f'''import asyncio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

async def main():
    http = httpx2.AsyncClient(headers={{"Authorization": "Bearer {key}"}})
    async with http, Client(streamable_http_client("{url}", http_client=http)) as client:
        tools = await client.list_tools()
        print([tool.name for tool in tools.tools])

asyncio.run(main())
'''
    return Snippet(key="python", label="Python", text=text, lang="python", where="pip install mcp")


def _typescript(name: str, url: str, key: str) -> Snippet:
    text = f'''import {{ Client }} from "@modelcontextprotocol/sdk/client/index.js";
import {{ StreamableHTTPClientTransport }} from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const transport = new StreamableHTTPClientTransport(new URL("{url}"), {{
  requestInit: {{ headers: {{ Authorization: "Bearer {key}" }} }},
}});
const client = new Client({{ name: "my-program", version: "1.0.0" }});
await client.connect(transport);
console.log((await client.listTools()).tools.map((tool) => tool.name));
'''
    return Snippet(
        key="typescript",
        label="TypeScript",
        text=text,
        lang="typescript",
        where="npm install @modelcontextprotocol/sdk",
    )
