"""Where a request leads: which of the hub's servers, under which name, in which era."""

from __future__ import annotations

import msgspec

from proxy.engine import errors, messages
from proxy.engine.errors import RpcError
from proxy.engine.hub import Hub
from proxy.engine.ports import Era, HubServer, ToolRoute

ROUTED = frozenset({"tools/call", "prompts/get", "resources/read", "completion/complete"})
"""What goes on to a server, in both eras."""


class Way(msgspec.Struct):
    """`route` is None where a URI leads to a server that did not list it."""

    server: HubServer
    name: str
    real: str
    route: ToolRoute | None


class _Reference(msgspec.Struct):
    type: str = ""
    name: str = ""
    uri: str = ""


def find(hub: Hub, method: str, fields: messages.Raws, era: Era) -> Way:
    """The way of a request. Raises RpcError with the words of the protocol for what is not there."""
    if method == "tools/call":
        name = _text(fields, "name")
        return _way(hub, hub.snapshot.tools.get(name), name, "tool")
    if method == "prompts/get":
        name = _text(fields, "name")
        return _way(hub, hub.snapshot.prompts.get(name), name, "prompt")
    if method == "completion/complete":
        return _completion(hub, fields, era)
    return resource(hub, _text(fields, "uri"), era)


def resource(hub: Hub, uri: str, era: Era) -> Way:
    """The way to a resource. Raises RpcError."""
    route = hub.route_of_uri(uri)
    if route is not None and route.server_id in hub.servers:
        real = route.real if route.kind == "resource" else uri
        return Way(hub.servers[route.server_id], uri, real, route)
    server = hub.server_of_uri(uri)
    if server is None:
        code = errors.INVALID_PARAMS if era == "stateless" else errors.RESOURCE_NOT_FOUND
        raise RpcError(code, "Resource not found", {"uri": uri})
    return Way(server, uri, uri, None)


def _completion(hub: Hub, fields: messages.Raws, era: Era) -> Way:
    try:
        reference = msgspec.json.decode(fields.get("ref") or b"{}", type=_Reference)
    except messages.BROKEN:
        raise RpcError(errors.INVALID_PARAMS, '"ref" must name a prompt or a resource.') from None
    if reference.type == "ref/prompt":
        return _way(hub, hub.snapshot.prompts.get(reference.name), reference.name, "prompt")
    if reference.type == "ref/resource":
        route = hub.snapshot.templates.get(reference.uri)
        if route is not None:
            return _way(hub, route, reference.uri, "template")
        return resource(hub, reference.uri, era)
    raise RpcError(errors.INVALID_PARAMS, '"ref" must name a prompt or a resource.')


def _way(hub: Hub, route: ToolRoute | None, name: str, what: str) -> Way:
    server = hub.servers.get(route.server_id) if route is not None else None
    if route is None or server is None:
        raise RpcError(errors.INVALID_PARAMS, f'This hub has no {what} "{name[:200]}".')
    return Way(server, name, route.real, route)


def _text(fields: messages.Raws, field: str) -> str:
    raw = fields.get(field)
    if raw is not None and bytes(memoryview(raw)[:1]) == b'"':
        try:
            return messages.decode_text(raw)
        except messages.BROKEN:
            pass
    raise RpcError(errors.INVALID_PARAMS, f'"{field}" must be a text.')


def renamed(fields: messages.Raws, method: str, way: Way) -> None:
    """Put the server's own name into the parameters."""
    if way.real == way.name:
        return
    real = messages.encode(way.real)
    if method == "completion/complete":
        field = "name" if way.route is not None and way.route.kind == "prompt" else "uri"
        fields["ref"] = msgspec.Raw(messages.with_fields(fields["ref"], {field: real}))
    else:
        fields["uri" if method.startswith("resources/") else "name"] = msgspec.Raw(real)


def eras_to_try(server: HubServer, client_era: Era, learned: tuple[Era, ...]) -> tuple[Era, ...]:
    """The client's own era where the server speaks it; when nobody knows what it speaks, first one, then the other."""
    known = learned or server.eras
    if not known:
        return ("handshake", "stateless") if client_era == "handshake" else ("stateless", "handshake")
    return (client_era,) if client_era in known else (known[0],)
