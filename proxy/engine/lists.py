"""The lists of a hub, page by page: definitions as compiled, joined as bytes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import msgspec

from core.decision import Principal
from proxy.engine import errors, messages
from proxy.engine.errors import RpcError
from proxy.engine.hub import Hub
from proxy.engine.ports import Era, HubSnapshot, Policy, ToolRoute

FIELDS: Mapping[str, bytes] = {
    "tools/list": b"tools",
    "prompts/list": b"prompts",
    "resources/list": b"resources",
    "resources/templates/list": b"resourceTemplates",
}

CAPABILITY: Mapping[str, str] = {method: method.partition("/")[0] for method in FIELDS}


def routes_of(snapshot: HubSnapshot, method: str) -> Mapping[str, ToolRoute]:
    if method == "tools/list":
        return snapshot.tools
    if method == "prompts/list":
        return snapshot.prompts
    return snapshot.resources if method == "resources/list" else snapshot.templates


def list_page(
    hub: Hub, policy: Policy, principal: Principal, method: str, fields: messages.Raws, era: Era, page_size: int
) -> bytes:
    """One page of a list as result.

    Not in it is what is not to be listed, and tools that the principal may not call. Raises RpcError.
    """
    routes = routes_of(hub.snapshot, method)
    if method == "tools/list":
        shown = [
            route
            for route in routes.values()
            if route.listed and policy.decide(principal, "tool.call", hub.snapshot, route).allowed
        ]
    else:
        shown = [route for route in routes.values() if route.listed]
    start = _start(shown, fields.get("cursor"))
    end = start + page_size
    body = b'"%b":[%b]' % (FIELDS[method], b",".join([route.definition for route in shown[start:end]]))
    if end < len(shown):
        body += b',"nextCursor":%b' % messages.encode(_cursor(end, shown[end - 1].name))
    if era == "stateless":
        body += b"," + hub.fresh
    return b"{" + body + b"}"


def _cursor(position: int, last: str) -> str:
    """Where the next page begins: after `last`, or at `position` should that be gone by then."""
    return base64.urlsafe_b64encode(messages.encode([position, last])).rstrip(b"=").decode()


def _start(shown: list[ToolRoute], raw: msgspec.Raw | None) -> int:
    if raw is None or bytes(raw) == b"null":
        return 0
    try:
        cursor = messages.decode_text(raw)
        data = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position, last = msgspec.json.decode(data, type=tuple[int, str])
    except (*messages.BROKEN, binascii.Error, ValueError):
        raise RpcError(errors.INVALID_PARAMS, "This cursor is not one that the hub gave.") from None
    if 0 < position <= len(shown) and shown[position - 1].name == last:
        return position
    return next((index + 1 for index, route in enumerate(shown) if route.name == last), max(position, 0))
