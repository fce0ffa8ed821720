"""Trying a feature from its page: one request through the gateway, with the same rules and the same record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.permissions import in_workspace, require
from core.decision import Principal
from core.errors import ServiceProblem
from core.json_values import shown_json
from proxy.adapters import runtime
from proxy.adapters.wiring import Engine
from proxy.engine import messages
from proxy.engine.ports import Reply
from proxy.models import Feature

CLIENT = "Crossroads inspector"
METHODS = {
    Feature.Kind.TOOL: "tools/call",
    Feature.Kind.PROMPT: "prompts/get",
    Feature.Kind.RESOURCE: "resources/read",
    Feature.Kind.TEMPLATE: "resources/read",
}


@dataclass(frozen=True)
class Inspection:
    """What came back: the result object, or a JSON-RPC error's code and message. `ms` is how long it took."""

    result: dict[str, Any] | None
    code: int = 0
    error: str = ""
    ms: float = 0.0


def inspect_feature(*, actor: Principal, feature: Feature, values: Mapping[str, Any]) -> Inspection:
    """Call a tool, get a prompt or read a resource. `values`: arguments; for a template {"uri": …}.

    Raises PermissionProblem, and ServiceProblem where the gateway cannot be reached from here.
    """
    server = feature.server
    require(actor, "tool.call", in_workspace(server.workspace_id, "tool", feature.id))
    params = json.dumps(_params(feature, values)).encode()
    method = METHODS[Feature.Kind(feature.kind)]

    async def ask(engine: Engine) -> tuple[Reply | None, float]:
        hub = await engine.hubs.of_server(server.id)
        if hub is None:
            return None, 0.0
        started = engine.gateway.clock()
        reply = await engine.gateway.call(actor, hub, method, params, client_name=CLIENT)
        return reply, (engine.gateway.clock() - started) * 1000

    try:
        reply, ms = runtime.run(ask, timeout_s=server.timeout_ms / 1000 + 10)
    except TimeoutError:
        raise ServiceProblem(_("No answer in time; the call was given up."), code="timeout") from None
    if reply is None:
        raise ServiceProblem(_("The server is gone."), code="not_found")
    return _inspection(reply, ms)


def _params(feature: Feature, values: Mapping[str, Any]) -> dict[str, Any]:
    if feature.kind == Feature.Kind.RESOURCE:
        return {"uri": feature.name}
    if feature.kind == Feature.Kind.TEMPLATE:
        return {"uri": str(values.get("uri", ""))}
    return {"name": feature.name, "arguments": dict(values)}


def _inspection(reply: Reply, ms: float) -> Inspection:
    if reply.error is not None:
        error = messages.decode_error(reply.error)
        return Inspection(None, error.code, error.message, ms)
    result = shown_json(bytes(reply.result or b"{}"))
    return Inspection(result if isinstance(result, dict) else {"result": result}, ms=ms)
