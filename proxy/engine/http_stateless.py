"""The stateless era (2026-07-28) with a server over Streamable HTTP."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from proxy.engine import messages
from proxy.engine.headers import encode_header_value
from proxy.engine.http_client import HttpClient
from proxy.engine.http_session import HttpSession, base_head
from proxy.engine.ports import Era, Peer, Reply, UpstreamProblem, UpstreamSpec

_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


class _Discovered(msgspec.Struct):
    supportedVersions: list[str] = []


class StatelessSession(HttpSession):
    """No state at the server: the object keeps what server/discover said, and who we say we are."""

    era: Era = "stateless"

    def __init__(
        self, client: HttpClient, spec: UpstreamSpec, version: str, capabilities: bytes, client_info: bytes
    ) -> None:
        super().__init__(client, spec, version)
        self._meta = {
            messages.PROTOCOL_VERSION: messages.encode(version),
            messages.CLIENT_INFO: client_info,
            messages.CLIENT_CAPABILITIES: capabilities,
        }
        self._base = base_head(
            "POST",
            self._target,
            spec,
            {
                "accept": "application/json, text/event-stream",
                "content-type": "application/json",
                "mcp-protocol-version": version,
            },
        )

    async def open(self) -> None:
        """Ask once what the server is. Raises UpstreamProblem, `unsupported` when it does not know the era."""
        try:
            reply = await self.request("server/discover", b"{}")
        except UpstreamProblem as problem:
            if problem.status in (400, 404, 405, 406, 415, 202) or problem.kind == "not_mcp":
                raise _unsupported() from problem
            raise
        if reply.result is None:
            raise _unsupported()
        try:
            found = msgspec.json.decode(reply.result, type=_Discovered)
        except messages.BROKEN:
            raise _unsupported() from None
        if self.version not in found.supportedVersions:
            raise _unsupported()
        self.hello = bytes(reply.result)

    async def request(
        self,
        method: str,
        params: bytes,
        *,
        peer: Peer | None = None,
        timeout_ms: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        if messages.PROTOCOL_VERSION.encode() not in params:
            params = self._enveloped(params)
        return await self._request(method, params, peer, (timeout_ms or self.spec.timeout_ms) / 1000, headers)

    def _enveloped(self, params: bytes) -> bytes:
        """The parameters with the envelope that the era wants in `_meta`."""
        fields = messages.decode_raws(params or b"{}")
        meta = messages.decode_raws(fields.get("_meta") or b"{}")
        for name, value in self._meta.items():
            meta.setdefault(name, msgspec.Raw(value))
        fields["_meta"] = msgspec.Raw(messages.encode(meta))
        return messages.encode(fields)

    async def notify(self, method: str, params: bytes) -> None:
        """The era has no notifications of clients over HTTP."""

    def _head(self, verb: str, method: str, params: bytes, extra: Mapping[str, str] | None) -> bytes:
        head = b"%bmcp-method: %b\r\n" % (self._base, method.encode())
        if method in _NAMED:
            found = messages.decode_named(params)
            name = found.uri if method == "resources/read" else found.name
            if isinstance(name, str):
                head += b"mcp-name: %b\r\n" % encode_header_value(name).encode()
        if extra:
            head += "".join(f"{field}: {value}\r\n" for field, value in extra.items()).encode("ascii")
        return head


def _unsupported() -> UpstreamProblem:
    return UpstreamProblem("unsupported", "The server does not speak the protocol version 2026-07-28.")
