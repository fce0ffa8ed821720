"""What servers offer, made up for tests of services that keep it."""

from __future__ import annotations

from typing import Any

from proxy.engine.discovery import Discovered


def tool(name: str, *, read_only: bool = False, **more: Any) -> dict[str, Any]:
    """A tool's definition."""
    hints = {"annotations": {"readOnlyHint": True}} if read_only else {}
    return {"name": name, "description": f"Does {name}", "inputSchema": {"type": "object"}, **hints, **more}


def discovered(*tools: str | dict[str, Any], **more: Any) -> Discovered:
    """A finding: tools by name or definition; `resources`, `templates`, `prompts`, `notes` and others as they are."""
    values: dict[str, Any] = {
        "eras": ("handshake",),
        "versions": ("2025-11-25",),
        "server_name": "peer",
        "server_version": "1.0",
        "capabilities": {"tools": {}},
    }
    definitions = tuple(tool(one) if isinstance(one, str) else one for one in tools)
    return Discovered(**{**values, "tools": definitions, **more})
