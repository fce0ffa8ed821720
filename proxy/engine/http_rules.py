"""The gateway's own checks of an HTTP request: host, origin, headers, body. No framework stands before it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from proxy.engine import errors
from proxy.engine.config import GatewayConfig
from proxy.engine.errors import RpcError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]
HeaderList = list[tuple[bytes, bytes]]

JSON, SSE = 1, 2
_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip")
_ONCE = frozenset({b"mcp-protocol-version", b"mcp-method", b"mcp-name", b"mcp-session-id", b"authorization", b"host"})
_ALLOW_HEADERS = (
    b"authorization, content-type, accept, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id"
)


class Disconnected(Exception):
    """The client hung up while it was still sending."""


class OriginRules:
    """Which Host and Origin headers are let in (DNS rebinding)."""

    def __init__(self, config: GatewayConfig) -> None:
        self._hosts = frozenset(host.lower() for host in config.allowed_hosts)
        self._suffixes = tuple(host for host in self._hosts if host.startswith("."))
        self._origins = frozenset(origin.lower().rstrip("/") for origin in config.allowed_origins)
        self._good_hosts: set[bytes] = set()
        self._open_listener = config.open_listener

    def check(self, headers: Headers) -> None:
        """Raises RpcError with status 403."""
        host = headers.get(b"host", b"")
        if host not in self._good_hosts:
            if not self._host(host.decode("latin-1").lower()):
                raise RpcError(errors.NOT_ACCEPTABLE, "This host name is not served here.", status=403)
            if len(self._good_hosts) < 1000:
                self._good_hosts.add(host)
        origin = headers.get(b"origin")
        if origin is not None and not self.origin(origin):
            raise RpcError(errors.NOT_ACCEPTABLE, "Web pages of this origin may not call the gateway.", status=403)
        if self._open_listener and any(name in headers for name in _FORWARDED):
            raise RpcError(errors.NOT_ACCEPTABLE, "The open listener serves no forwarded requests.", status=403)

    def origin(self, origin: bytes) -> bool:
        text = origin.decode("latin-1").lower()
        if text in self._origins or "*" in self._origins:
            return True
        scheme, _, host = text.partition("://")
        return scheme in ("http", "https") and "*" not in self._hosts and self._host(host)

    def _host(self, host: str) -> bool:
        if not host:
            return False
        if host in self._hosts or "*" in self._hosts:
            return True
        name = host.rpartition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
        return name in self._hosts or name.endswith(self._suffixes or ("\0",))


def header_map(raw: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Header -> value. Of a header that stands twice the last counts, except where that would be ambiguous.

    Raises RpcError (400) for a routing header that stands more than once: two readers could take different ones.
    """
    headers: Headers = {}
    for name, value in raw:
        if name in headers and name in _ONCE:
            text = f"The header {name.decode('latin-1')} stands more than once in the request."
            raise RpcError(errors.HEADER_MISMATCH, text, status=400)
        headers[name] = value
    return headers


def param_values(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, list[str]]:
    """The `Mcp-Param-*` headers: lower-case name -> all values."""
    found: dict[str, list[str]] = {}
    for name, value in raw:
        if name.startswith(b"mcp-param-"):
            found.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return found


def accepted(headers: Headers) -> int:
    """What the client takes as an answer: JSON | SSE. Without an Accept header, both."""
    accept = headers.get(b"accept")
    if not accept or accept == b"application/json, text/event-stream":
        return JSON | SSE
    kinds = {part.split(b";", 1)[0].strip() for part in accept.lower().split(b",")}
    if b"*/*" in kinds:
        return JSON | SSE
    json = JSON if kinds & {b"application/json", b"application/*"} else 0
    return json | (SSE if kinds & {b"text/event-stream", b"text/*"} else 0)


def check_content_type(headers: Headers) -> None:
    kind = headers.get(b"content-type", b"")
    if kind != b"application/json" and kind.split(b";", 1)[0].strip().lower() != b"application/json":
        raise RpcError(errors.INVALID_REQUEST, "Send JSON, with the content type application/json.", status=415)
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise RpcError(errors.INVALID_REQUEST, "Send the body without compression.", status=415)


def bearer(headers: Headers) -> str:
    """The key of the Authorization header, "" when there is none."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else ""


async def read_body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """The whole body. Raises RpcError (413) as soon as it is too large, Disconnected when the client hung up."""
    length = headers.get(b"content-length")
    if length is not None and (not length.isdigit() or len(length) > 15 or int(length) > limit):
        raise _too_large(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if message["type"] == "http.disconnect":
            raise Disconnected
        if len(body) > limit:
            raise _too_large(limit)
        return body
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def _too_large(limit: int) -> RpcError:
    return RpcError(errors.INVALID_REQUEST, f"The request is larger than {limit} bytes.", status=413)


def cors(origin: bytes | None, headers: Headers | None = None) -> HeaderList:
    """CORS headers for an origin that passed; with `headers` (of a preflight) what it may send, too."""
    if origin is None:
        return []
    found = [
        (b"access-control-allow-origin", origin),
        (b"vary", b"origin"),
        (b"access-control-expose-headers", b"mcp-session-id, www-authenticate"),
    ]
    if headers is not None:
        asked = headers.get(b"access-control-request-headers", b"").lower()
        params = [name.strip() for name in asked.split(b",") if name.strip().startswith(b"mcp-param-")]
        found += [
            (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
            (b"access-control-allow-headers", b", ".join([_ALLOW_HEADERS, *params])),
            (b"access-control-max-age", b"600"),
        ]
    return found
