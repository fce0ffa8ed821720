"""A hub's snapshot made ready for serving: what it says of itself, where a URI leads. Made once for each snapshot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from proxy.engine import messages
from proxy.engine.config import GatewayConfig
from proxy.engine.ports import HANDSHAKE_VERSIONS, STATELESS_VERSIONS, HubServer, HubSnapshot, ToolRoute

_LISTED = ("tools", "prompts", "resources")
_PLAIN = ("completions", "logging")
TASKS = "io.modelcontextprotocol/tasks"
_EXPRESSION = re.compile(r"\{([+#./;?&]?)([^}]*)\}")


class _Ui(msgspec.Struct):
    resourceUri: str = ""


class _Meta(msgspec.Struct):
    ui: _Ui | None = None
    flat: str = msgspec.field(default="", name="ui/resourceUri")


class _Definition(msgspec.Struct):
    meta: _Meta | None = msgspec.field(default=None, name="_meta")


class Hub:
    """One snapshot and what follows from it."""

    def __init__(self, snapshot: HubSnapshot, config: GatewayConfig) -> None:
        self.snapshot = snapshot
        self.servers = snapshot.servers
        self.one = next(iter(snapshot.servers.values())) if len(snapshot.servers) == 1 else None
        """The only server, of a hub that has one: then the hub is as transparent as a relay."""
        capabilities = _capabilities(snapshot)
        self.capabilities = messages.encode(capabilities)
        self.can = frozenset(capabilities)
        self.info = messages.encode(
            {"name": snapshot.slug or config.server_name, "title": snapshot.title, "version": config.server_version}
        )
        self.meta = b'"_meta":{"%b":%b}' % (messages.SERVER_INFO.encode(), self.info)
        self.fresh = b'"resultType":"complete","ttlMs":%d,"cacheScope":"private",%b' % (config.list_ttl_ms, self.meta)
        self._instructions = snapshot.instructions or (self.one.instructions if self.one else "")
        self._templates: list[tuple[Template, ToolRoute]] | None = None
        self._places: Mapping[str, str] | None = None

    # -- what it says of itself

    def initialize_result(self, version: str) -> bytes:
        known = b'"protocolVersion":"%b","capabilities":%b,"serverInfo":%b'
        return b"{" + known % (version.encode(), self.capabilities, self.info) + self._instructions_field() + b"}"

    def discover_result(self) -> bytes:
        versions = messages.encode([*STATELESS_VERSIONS, *HANDSHAKE_VERSIONS])
        known = b'"supportedVersions":%b,"capabilities":%b,%b' % (versions, self.capabilities, self.fresh)
        return b"{" + known + self._instructions_field() + b"}"

    def _instructions_field(self) -> bytes:
        return b',"instructions":' + messages.encode(self._instructions) if self._instructions else b""

    # -- where a URI leads

    def route_of_uri(self, uri: str) -> ToolRoute | None:
        """The route of a resource, by what is listed or by a template."""
        found = self.snapshot.resources.get(uri)
        if found is not None:
            return found
        if self._templates is None:
            self._templates = [(Template(name), route) for name, route in self.snapshot.templates.items()]
        for template, route in self._templates:
            if template.matches(uri):
                return route
        return None

    def server_of_uri(self, uri: str) -> HubServer | None:
        """Whose a URI that nobody listed must be: of the only server with resources, or of the only one with such URIs.

        Tools link to resources that are in no list (MCP Apps), and results to resources made on the way.
        """
        if self._places is None:
            self._places = self._known_places()
        for place in _places_of(uri):
            server_id = self._places.get(place)
            if server_id:
                return self.servers.get(server_id)
        holders = [server for server in self.servers.values() if b'"resources"' in server.capabilities]
        return holders[0] if len(holders) == 1 else None

    def _known_places(self) -> Mapping[str, str]:
        """Scheme and authority of every known URI -> its server; "" where several have it."""
        places: dict[str, str] = {}
        for uri, server_id in self._known_uris():
            for place in _places_of(uri):
                if places.setdefault(place, server_id) != server_id:
                    places[place] = ""
        return places

    def _known_uris(self) -> Iterable[tuple[str, str]]:
        for routes in (self.snapshot.resources, self.snapshot.templates):
            for uri, route in routes.items():
                yield uri, route.server_id
        for route in self.snapshot.tools.values():
            if b"esourceUri" in route.definition:
                uri = _linked(route.definition)
                if uri:
                    yield uri, route.server_id


def _linked(definition: bytes) -> str:
    try:
        meta = msgspec.json.decode(definition, type=_Definition).meta
    except messages.BROKEN:
        return ""
    if meta is None:
        return ""
    return meta.ui.resourceUri if meta.ui and meta.ui.resourceUri else meta.flat


def _places_of(uri: str) -> list[str]:
    """`ui://files/x/y` -> `ui://files`, `ui:`."""
    scheme, separator, rest = uri.partition(":")
    if not separator:
        return []
    if not rest.startswith("//"):
        return [scheme + ":"]
    authority = re.split(r"[/?#{]", rest[2:], maxsplit=1)[0]
    return [f"{scheme}://{authority}", scheme + ":"] if authority else [scheme + ":"]


class Template:
    """A URI template (RFC 6570), as far as telling servers apart needs it. Matching takes linear time."""

    def __init__(self, text: str) -> None:
        self._literals: list[str] = []
        self._within_segment = True
        end = 0
        for found in _EXPRESSION.finditer(text):
            self._literals.append(text[end : found.start()])
            if found[1] or found[2].endswith("*"):
                self._within_segment = False
            end = found.end()
        self._literals.append(text[end:])
        self._slashes = sum(literal.count("/") for literal in self._literals)

    def matches(self, uri: str) -> bool:
        """Do the template's literals stand in the URI, in order? A plain `{name}` holds no slash."""
        first, last = self._literals[0], self._literals[-1]
        if len(self._literals) == 1:
            return uri == first
        if not uri.startswith(first) or not uri.endswith(last) or len(uri) < len(first) + len(last):
            return False
        if self._within_segment and uri.count("/") != self._slashes:
            return False
        position, end = len(first), len(uri) - len(last)
        for literal in self._literals[1:-1]:
            position = uri.find(literal, position, end)
            if position < 0:
                return False
            position += len(literal)
        return True


def _capabilities(snapshot: HubSnapshot) -> dict[str, Any]:
    """What the hub's servers can do together. Lists may always change: the hub itself may."""
    found: dict[str, Any] = {}
    for server in snapshot.servers.values():
        own = _decoded(server.capabilities)
        for name in _LISTED:
            if name in own:
                found.setdefault(name, {"listChanged": True})
        if isinstance(own.get("resources"), dict) and own["resources"].get("subscribe"):
            found["resources"]["subscribe"] = True
        for name in _PLAIN:
            if name in own:
                found.setdefault(name, {})
        extensions = own.get("extensions")
        for name, value in extensions.items() if isinstance(extensions, dict) else ():
            if name != TASKS:
                found.setdefault("extensions", {}).setdefault(name, value)
        if len(snapshot.servers) == 1 and isinstance(own.get("experimental"), dict):
            found["experimental"] = own["experimental"]
    for name, routes in (("tools", snapshot.tools), ("prompts", snapshot.prompts), ("resources", snapshot.resources)):
        if routes:
            found.setdefault(name, {"listChanged": True})
    return found or {"tools": {"listChanged": True}}


def _decoded(data: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(data or b"{}")
    except messages.BROKEN:
        return {}
    return value if isinstance(value, dict) else {}
