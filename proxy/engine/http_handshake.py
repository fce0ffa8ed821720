"""The handshake era (2024-11-05 to 2025-11-25) with a server over Streamable HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

import msgspec

from core.net import Response
from proxy.engine import messages, problems
from proxy.engine.http_client import HttpClient
from proxy.engine.http_server_stream import ServerStream
from proxy.engine.http_session import HttpSession, base_head
from proxy.engine.ports import Era, Peer, Reply, UpstreamProblem, UpstreamSpec

KNOWN_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
_OTHER_ERA = (-32601, -32602, -32020, -32021, -32022)
_ACCEPT = "application/json, text/event-stream"
_BYE_S = 5.0


class _Hello(msgspec.Struct):
    protocolVersion: str = ""


class Kept(msgspec.Struct):
    """What another process needs to go on with a session."""

    session_id: str
    version: str
    hello: msgspec.Raw


class HandshakeSession(HttpSession):
    """initialize once, then requests that carry the session's id; made anew when the server has forgotten it."""

    era: Era = "handshake"

    def __init__(
        self, client: HttpClient, spec: UpstreamSpec, version: str, capabilities: bytes, client_info: bytes
    ) -> None:
        super().__init__(client, spec, version)
        self.session_id = ""
        self._asked = version
        self._capabilities = capabilities
        self._client_info = client_info
        self._heads: dict[str, bytes] = {}
        self._renewing: asyncio.Task[None] | None = None
        self.stream = ServerStream(self)

    # -- opening

    async def open(self) -> None:
        """The handshake. Raises UpstreamProblem."""
        self.session_id, self.version, self._heads = "", "", {}
        params = b'{"protocolVersion":"%b","capabilities":%b,"clientInfo":%b}' % (
            self._asked.encode(), self._capabilities, self._client_info,
        )  # fmt: skip
        reply = await self._request("initialize", params, None, self.spec.timeout_ms / 1000, None)
        if reply.error is not None:
            found = messages.decode_error(reply.error)
            if found.code in _OTHER_ERA:
                raise UpstreamProblem(
                    "unsupported", "The server does not speak the protocol versions up to 2025-11-25."
                )
            raise UpstreamProblem("protocol", f"The server refused the handshake: {found.message}")
        self.hello = bytes(reply.result or b"{}")
        try:
            self.version = msgspec.json.decode(self.hello, type=_Hello).protocolVersion
        except messages.BROKEN:
            raise problems.garbage("a handshake that cannot be read", self.hello) from None
        if self.version not in KNOWN_VERSIONS:
            raise UpstreamProblem("unsupported", f"The server wants the protocol version {self.version or 'unknown'}.")
        self._heads = {}  # now with the session and its version
        await self.notify("notifications/initialized", b"{}")

    def adopt(self, kept: Kept) -> None:
        """Go on with a session that another process opened."""
        self.session_id, self.version, self.hello = kept.session_id, kept.version, bytes(kept.hello)

    def kept(self) -> Kept:
        return Kept(self.session_id, self.version, msgspec.Raw(self.hello))

    async def _renew(self, generation: int) -> None:
        """Open the session anew, once for all who found it lost."""
        if self.generation != generation:
            return
        if self._renewing is None:
            self._renewing = asyncio.get_running_loop().create_task(self._open_again())
        await asyncio.shield(self._renewing)

    async def _open_again(self) -> None:
        try:
            await self.open()
            self.generation += 1
            await self.renewed()
        finally:
            self._renewing = None
        self.stream.open()

    async def renewed(self) -> None:
        """Called after the session was made anew; the owner of shared sessions stores it."""

    # -- the port

    async def request(
        self,
        method: str,
        params: bytes,
        *,
        peer: Peer | None = None,
        timeout_ms: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        timeout_s = (timeout_ms or self.spec.timeout_ms) / 1000
        if self._renewing is not None:
            await asyncio.shield(self._renewing)
        if self.stream.opening is not None:
            await self.stream.settle()
        generation = self.generation
        try:
            return await self._request(method, params, peer, timeout_s, headers)
        except UpstreamProblem as problem:
            if problem.kind != "session_lost":
                raise
        await self._renew(generation)
        return await self._request(method, params, peer, timeout_s, headers)

    async def notify(self, method: str, params: bytes) -> None:
        await self._post(messages.notification(method, params))

    async def answer(self, message: bytes) -> None:
        await self._post(message)

    async def _post(self, body: bytes) -> None:
        response = await self._send(self._head("POST", "", b"", None), body, self.spec.timeout_ms / 1000, safe=True)
        if response.streaming:
            response.drain()
        elif response.status >= 400:
            raise problems.from_status(response, self._target)

    async def leave(self) -> None:
        """Stop using the session without ending it: other processes may go on with it."""
        self.stream.close()
        await super().close()

    async def close(self) -> None:
        """End the session at the server too, as far as it lets us."""
        await self.leave()
        if self.session_id:
            session_id, self.session_id = self.session_id, ""
            head = base_head("DELETE", self._target, self.spec, {"mcp-session-id": session_id, **self._version_field()})
            with contextlib.suppress(UpstreamProblem):
                await self._send(head, None, _BYE_S, safe=False)

    # -- what the era fills in

    def _version_field(self) -> dict[str, str]:
        return {"mcp-protocol-version": self.version} if self.version and self.version != "2024-11-05" else {}

    def _head(self, verb: str, method: str, params: bytes, extra: Mapping[str, str] | None) -> bytes:
        head = self._heads.get(verb)
        if head is None:
            fields = {"accept": _ACCEPT if verb == "POST" else "text/event-stream", **self._version_field()}
            if verb == "POST":
                fields["content-type"] = "application/json"
            if self.session_id:
                fields["mcp-session-id"] = self.session_id
            head = self._heads[verb] = base_head(verb, self._target, self.spec, fields)
        return head

    def _note(self, response: Response) -> None:
        if not self.version:
            self.session_id = response.header(b"mcp-session-id")

    def _reply(self, response: Response, request_id: int) -> Reply:
        if response.status == 404 and self.session_id and self.version:
            raise UpstreamProblem("session_lost", "The server has ended the session.", status=404)
        return super()._reply(response, request_id)

    def _lost(self, found: messages.Message, status: int) -> bool:
        """Some servers say 400 and "session" where the protocol wants 404."""
        return bool(self.session_id and self.version) and status == 400 and b"session" in bytes(found.error).lower()

    def _gave_up(self, request_id: int) -> None:
        if self.version:
            params = b'{"requestId":%d,"reason":"The client gave up."}' % request_id
            self.background(self.notify, "notifications/cancelled", params)

    async def resume(self, last_event_id: str, timeout_s: float) -> Response | None:
        return await self.get(last_event_id, timeout_s)

    async def get(self, last_event_id: str, timeout_s: float) -> Response | None:
        """A stream of the server, or None when it has none."""
        head = self._head("GET", "", b"", None)
        if last_event_id and last_event_id.isascii() and last_event_id.isprintable():
            head += b"last-event-id: " + last_event_id.encode() + b"\r\n"
        response = await self._send(head, None, timeout_s, safe=True)
        return response if response.streaming else None

    # -- what belongs to no request

    def attach(self, peer: Peer) -> None:
        """`peer` hears what the server says of itself from now on, for as long as the session lives."""
        self.stream.attach(peer)

    def detach(self, peer: Peer) -> None:
        self.stream.detach(peer)
