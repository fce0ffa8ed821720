"""The tools of a run: those of the configuration that its hubs offer now, called through the gateway."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assistants.adapters.asks import DEPTH
from assistants.configuration import ToolChoice
from assistants.services.runs import Assignment
from core.ids import new_id
from proxy.adapters.wiring import Engine
from proxy.engine import messages
from proxy.engine.ports import HubSnapshot, Reply, ToolRoute

MOST_KEPT = 256 * 1024
"""Bytes of a result that are shown and stored; pictures and texts beyond them are named only."""
_UNSAFE = re.compile(r"[^a-zA-Z0-9_-]")
MOST_DEMO = 64
"""Tools of a demo hub in one trial."""
REFUSED = (-32003, -32001)


@dataclass(frozen=True)
class RunTool:
    """One tool, under a name that every model provider takes."""

    key: str
    choice: ToolChoice
    hub: HubSnapshot
    route: ToolRoute
    title: str
    description: str
    schema: dict[str, Any]

    @property
    def server(self) -> str:
        found = self.hub.servers.get(self.route.server_id)
        return found.title if found else ""

    @property
    def told(self) -> dict[str, str]:
        """As events name it."""
        return {"name": self.choice.name, "title": self.title, "server": self.server}


@dataclass(frozen=True)
class Toolbox:
    """`gone`: names of chosen tools that no hub of the workspace offers any more."""

    tools: tuple[RunTool, ...]
    gone: tuple[str, ...]

    def named(self, name: str) -> RunTool | None:
        return next((tool for tool in self.tools if name in (tool.key, tool.choice.name)), None)


@dataclass(frozen=True)
class Outcome:
    """What became of a call: answered, tool_error, failed, refused, denied or gone."""

    outcome: str
    content: list[dict[str, Any]]
    ms: int = 0
    structured: Any = None
    call: str = ""
    """`call_…`, the record of it."""

    @property
    def text(self) -> str:
        """For a model: the texts, else the structured result."""
        texts = [str(block.get("text", "")) for block in self.content if block.get("type") == "text"]
        if any(texts):
            return "\n".join(texts)
        if self.structured is not None:
            return json.dumps(self.structured, ensure_ascii=False)
        kinds = ", ".join(sorted({str(block.get("type", "")) for block in self.content}))
        return f"({kinds})" if kinds else "(nothing)"


async def load_tools(engine: Engine, job: Assignment) -> Toolbox:
    """The chosen tools as their hubs offer them at this moment. Another workspace's hub offers nothing."""
    found: list[RunTool] = []
    gone: list[str] = []
    for choice in job.configuration.tools:
        hub = await engine.hubs.by_id(choice.hub)
        route = hub.tools.get(choice.name) if hub and hub.workspace_id == job.run.workspace_id else None
        if hub is None or route is None or (job.caller.guest and not route.read_only):
            gone.append(choice.name)
            continue
        found.append(_tool(choice, hub, route, {tool.key for tool in found}))
    for choice, hub, route in await _demo_tools(engine, job):
        found.append(_tool(choice, hub, route, {tool.key for tool in found}))
    return Toolbox(tuple(found), tuple(gone))


async def _demo_tools(engine: Engine, job: Assignment) -> list[tuple[ToolChoice, HubSnapshot, ToolRoute]]:
    """What whoever pays for a trial lends to it."""
    sponsor = job.sponsor
    hub = await engine.hubs.by_id(sponsor.hub) if sponsor and sponsor.hub else None
    if sponsor is None or hub is None:
        return []
    routes = [route for route in hub.tools.values() if sponsor.offers(hub, route)]
    return [(ToolChoice(hub=hub.hub_id, name=route.name), hub, route) for route in routes[:MOST_DEMO]]


def _may_guest(job: Assignment, hub: HubSnapshot, name: str) -> bool:
    """Asked once more at the call: by then a tool may write, or the hub let it."""
    route = hub.tools.get(name)
    if route is None or not route.read_only:
        return False
    if hub.workspace_id == job.run.workspace_id:
        return True
    return job.sponsor is not None and job.sponsor.offers(hub, route)


async def call_tool(engine: Engine, job: Assignment, tool: RunTool, arguments: Mapping[str, Any]) -> Outcome:
    """Call through the gateway: the same rules and the same record as for any client. Never raises for a failure."""
    params: dict[str, Any] = {"name": tool.choice.name, "arguments": dict(arguments)}
    if tool.route.real.startswith("ask_"):
        params["_meta"] = {DEPTH: job.run.depth + 1}
    call_id = new_id("call")
    hub = await engine.hubs.by_id(tool.hub.hub_id)
    if hub is None:
        return failure("gone", _("The hub is gone."))
    if job.caller.guest and not _may_guest(job, hub, tool.choice.name):
        return failure("refused", _("A trial calls only tools that read."))
    started = time.perf_counter()
    reply = await engine.gateway.call(
        job.caller.on(hub.hub_id),
        hub,
        "tools/call",
        json.dumps(params, ensure_ascii=False).encode(),
        client_name=f"assistant:{job.slug}",
        call_id=call_id,
    )
    return _outcome(reply, round((time.perf_counter() - started) * 1000), call_id)


def failure(outcome: str, sentence: str, *, ms: int = 0, call: str = "") -> Outcome:
    return Outcome(outcome, [{"type": "text", "text": sentence}], ms, call=call)


def _outcome(reply: Reply, ms: int, call_id: str) -> Outcome:
    if reply.error is not None:
        error = messages.decode_error(reply.error)
        sentence = error.message or _("The server answered with an error.")
        return failure("refused" if error.code in REFUSED else "failed", sentence, ms=ms, call=call_id)
    try:
        result = json.loads(bytes(reply.result or b"{}"))
    except ValueError:
        return failure("failed", _("The tool's answer cannot be read."), ms=ms, call=call_id)
    if not isinstance(result, dict):
        return failure("failed", _("The tool's answer cannot be read."), ms=ms, call=call_id)
    if result.get("resultType") == "input_required":
        return failure("failed", _("The tool asks back for input, which a chat cannot give."), ms=ms, call=call_id)
    content = result.get("content")
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    structured = result.get("structuredContent")
    if structured is not None and len(json.dumps(structured)) > MOST_KEPT:
        structured = None
    return Outcome(
        "tool_error" if result.get("isError") is True else "answered", _kept(blocks), ms, structured, call_id
    )


def _kept(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks up to MOST_KEPT bytes; what is larger is cut (texts) or named (the rest)."""
    left, kept = MOST_KEPT, []
    for block in blocks[:200]:
        size = len(json.dumps(block))
        if size <= left:
            kept.append(block)
        elif block.get("type") == "text" and left > 200:
            kept.append({"type": "text", "text": str(block.get("text", ""))[:left] + "…"})
        else:
            named = _("(%(kind)s of %(size)d bytes, too large to show)") % {"kind": block.get("type"), "size": size}
            kept.append({"type": "text", "text": named})
            continue
        left -= size
    return kept


def _tool(choice: ToolChoice, hub: HubSnapshot, route: ToolRoute, taken: set[str]) -> RunTool:
    definition = json.loads(route.definition)
    schema = definition.get("inputSchema")
    annotations = definition.get("annotations")
    title = definition.get("title") or (annotations.get("title") if isinstance(annotations, dict) else "")
    return RunTool(
        key=_key(choice, taken),
        choice=choice,
        hub=hub,
        route=route,
        title=str(title or route.real),
        description=str(definition.get("description") or ""),
        schema=schema if isinstance(schema, dict) else {"type": "object", "properties": {}},
    )


def _key(choice: ToolChoice, taken: set[str]) -> str:
    """At most 64 of the characters that all providers allow, once."""
    key = _UNSAFE.sub("_", choice.name)
    if len(key) > 64 or key in taken or key != choice.name:
        key = f"{key[:55]}_{hashlib.sha256(f'{choice.hub} {choice.name}'.encode()).hexdigest()[:8]}"
    return key
