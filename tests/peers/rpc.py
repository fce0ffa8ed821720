"""A small MCP server by hand, without the SDK: it starts fast, and can be told to do wrong what the SDK does right.

`Rpc.answer(message)` takes one JSON-RPC message of either era and returns the reply, or None for a notification.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Tool = Callable[[Json], Any]

HANDSHAKE = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
STATELESS = ("2026-07-28",)
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CLIENT_KEY = "io.modelcontextprotocol/clientInfo"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"
CACHEABLE = {"tools/list", "server/discover"}


class RpcError(Exception):
    """Becomes a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.error: Json = {"code": code, "message": message}
        if data is not None:
            self.error["data"] = data


def definition(name: str, description: str, /, **properties: Json) -> Json:
    schema = {"type": "object", "properties": properties}
    return {"name": name, "description": description, "inputSchema": schema}


def text(value: object) -> Json:
    return {"content": [{"type": "text", "text": str(value)}]}


class Rpc:
    """Tools `echo`, `add`, `pid`, `env`, `slow`, `fail` and `error`; more by `add_tool`."""

    def __init__(self, name: str = "plain", *, eras: str = "both", instructions: str = "") -> None:
        self.name, self.eras, self.instructions = name, eras, instructions
        self.tools: dict[str, tuple[Json, Tool]] = {}
        self.counts: dict[str, int] = {}
        self.clients: list[Json] = []
        self._add_plain_tools()

    def _add_plain_tools(self) -> None:
        string, number = {"type": "string"}, {"type": "number"}
        self.add_tool(definition("echo", "Gives back the text", text=string), lambda a: text(a.get("text", "")))
        self.add_tool(definition("add", "Adds two numbers", a=number, b=number), lambda a: text(a["a"] + a["b"]))
        self.add_tool(definition("pid", "The process that answers"), lambda a: text(os.getpid()))
        self.add_tool(
            definition("env", "A variable of the environment", name=string),
            lambda a: text(os.environ.get(a["name"], "")),
        )
        self.add_tool(definition("slow", "Answers late", ms=number), _slow)
        self.add_tool(definition("fail", "Fails as a tool does"), lambda a: {**text("It failed."), "isError": True})
        self.add_tool(definition("error", "Fails as a protocol does"), _error)
        self.add_tool(definition("big", "A long text", bytes=number), lambda a: text("x" * int(a["bytes"])))

    def add_tool(self, made: Json, tool: Tool) -> None:
        self.tools[made["name"]] = (made, tool)

    def answer(self, message: Any) -> Json | None:
        """The reply to one message. Anything that is not a request or a notification is an error."""
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or "method" not in message:
            return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "Invalid request"}}
        method = str(message["method"])
        self.counts[method] = self.counts.get(method, 0) + 1
        if "id" not in message:
            return None
        params = message.get("params") or {}
        try:
            result = self._result(method, params)
        except RpcError as error:
            return {"jsonrpc": "2.0", "id": message["id"], "error": error.error}
        return {"jsonrpc": "2.0", "id": message["id"], "result": self._stamped(method, params, result)}

    def _result(self, method: str, params: Json) -> Json:
        stateless = VERSION_KEY in (params.get("_meta") or {})
        self._check_era(method, params, stateless)
        if method == "initialize":
            return self._initialize(params)
        if method == "server/discover":
            self.clients.append(dict(params["_meta"].get(CLIENT_KEY) or {}))
            return {"supportedVersions": list(STATELESS), "capabilities": {"tools": {}}, **self._about()}
        if method == "ping" and not stateless:
            return {}
        if method == "tools/list":
            return {"tools": [made for made, _ in self.tools.values()]}
        if method == "tools/call":
            return self._call(params)
        raise RpcError(-32601, f"Method not found: {method}")

    def _check_era(self, method: str, params: Json, stateless: bool) -> None:
        if stateless and self.eras == "handshake":
            raise RpcError(-32601, f"Method not found: {method}")
        if stateless and params["_meta"][VERSION_KEY] not in STATELESS:
            requested = params["_meta"][VERSION_KEY]
            raise RpcError(-32022, "Unsupported version", {"supported": list(STATELESS), "requested": requested})
        if not stateless and self.eras == "stateless":
            data = {"supported": list(STATELESS), "requested": str(params.get("protocolVersion", ""))}
            raise RpcError(-32022, "Unsupported version", data)

    def _initialize(self, params: Json) -> Json:
        asked = params.get("protocolVersion")
        self.clients.append(dict(params.get("clientInfo") or {}))
        return {
            "protocolVersion": asked if asked in HANDSHAKE else HANDSHAKE[0],
            "capabilities": {"tools": {"listChanged": True}},
            "serverInfo": {"name": self.name, "version": "1.0.0"},
            **self._about(),
        }

    def _about(self) -> Json:
        return {"instructions": self.instructions} if self.instructions else {}

    def _call(self, params: Json) -> Json:
        name = params.get("name")
        if name not in self.tools:
            raise RpcError(-32602, f"Unknown tool: {name}")
        result: Json = self.tools[name][1](params.get("arguments") or {})
        return result

    def _stamped(self, method: str, params: Json, result: Json) -> Json:
        if VERSION_KEY not in (params.get("_meta") or {}):
            return result
        hints = {"ttlMs": 1000, "cacheScope": "public"} if method in CACHEABLE else {}
        meta = {SERVER_KEY: {"name": self.name, "version": "1.0.0"}}
        return {"resultType": "complete", **hints, "_meta": meta, **result}


def _slow(arguments: Json) -> Json:
    time.sleep(float(arguments.get("ms", 0)) / 1000)
    return text("late")


def _error(arguments: Json) -> Json:
    raise RpcError(-32000, "The server could not", {"hint": "it never can"})
