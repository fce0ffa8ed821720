"""`manage.py seed_demo`: make what is missing of the demo, and print how to enter it."""

from __future__ import annotations

import json
import shlex
from typing import Any

from django.core.management.base import BaseCommand
from django.urls import reverse

from core.errors import ServiceProblem
from core.links import absolute
from proxy.selectors.hubs import hub_url
from proxy.selectors.offers import offered
from proxy.services.demo import Demo, seed_demo

VERSION = "2026-07-28"
TOOL, ARGUMENTS = "current_time", {"zone": "Asia/Tokyo"}


class Command(BaseCommand):
    help = "Makes the demo workspace with a server, a hub, a key and a week of calls, once. Prints the key each time."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            demo = seed_demo()
        except ServiceProblem as problem:
            self.stderr.write(str(problem))
            return
        self.stdout.write(f"Sign in to the demo:\n  {absolute(reverse('account_login'))}")
        self.stdout.write(f"Its hub, and a key for it:\n  {hub_url(demo.hub)}\n  {demo.secret}")
        self.stdout.write(f"A first call:\n  {curl_line(demo)}")


def curl_line(demo: Demo) -> str:
    """One line that calls a tool of the hub, or lists the tools where that one is missing."""
    names = [row.name for row in offered(demo.hub, kind="tool") if row.offered and row.feature.name == TOOL]
    method = "tools/call" if names else "tools/list"
    params: dict[str, Any] = {"name": names[0], "arguments": ARGUMENTS} if names else {}
    params["_meta"] = {
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientInfo": {"name": "curl", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = {
        "Authorization": f"Bearer {demo.secret}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": VERSION,
        "Mcp-Method": method,
        **({"Mcp-Name": names[0]} if names else {}),
    }
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, separators=(",", ":"))
    words = ["curl", "-s", hub_url(demo.hub)]
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    return shlex.join([*words, "-d", body])
