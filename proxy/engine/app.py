"""The gateway: one ASGI application for `/mcp` and `/mcp/<workspace>/<hub>`, built from a config and ports alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from core.decision import Principal
from proxy.engine import errors, http_rules, inbound, messages, respond
from proxy.engine.call import Call
from proxy.engine.config import GatewayConfig
from proxy.engine.errors import RpcError
from proxy.engine.handshake import Handshake
from proxy.engine.http_rules import Receive, Scope, Send
from proxy.engine.parts import Parts
from proxy.engine.ports import (
    HANDSHAKE_VERSIONS,
    Hubs,
    HubSnapshot,
    InternalUpstream,
    Journal,
    KeyProblem,
    Keys,
    Peer,
    Policy,
    Reply,
    Store,
    Upstreams,
)
from proxy.engine.request import Request
from proxy.engine.stateless import Stateless
from proxy.engine.translate import Caller

_NO_HUB = "There is no such hub, or this key does not reach it."


class Gateway(Parts):
    """See the module. It starts by itself with the first request; `stop` ends it."""

    def __init__(
        self,
        config: GatewayConfig,
        *,
        keys: Keys,
        hubs: Hubs,
        policy: Policy,
        journal: Journal,
        store: Store,
        upstreams: Upstreams,
        internal: Mapping[str, InternalUpstream] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            config,
            keys=keys,
            hubs=hubs,
            policy=policy,
            journal=journal,
            store=store,
            upstreams=upstreams,
            internal=internal,
            clock=clock,
        )
        self._rules = http_rules.OriginRules(config)
        self._handshake = Handshake(self)
        self._stateless = Stateless(self)

    # -- the in-process door

    async def call(
        self,
        principal: Principal,
        hub: HubSnapshot,
        method: str,
        params: bytes,
        *,
        client_name: str,
        peer: Peer | None = None,
        call_id: str = "",
    ) -> Reply:
        """One request from this process: the same rules, the same record. The answer is the server's own, in whatever
        era it speaks, so `input_required` may be among the results. Never raises for what goes wrong on the way.

        `call_id` is the record's id, for a caller that must find it again; a new one when it is empty.
        """
        await self.start()
        try:
            fields = messages.decode_raws(params or b"{}")
        except messages.BROKEN:
            return Reply(
                error=RpcError(errors.INVALID_PARAMS, "The parameters of the request cannot be read.").object()
            )
        call = Call(
            principal,
            self.hub(hub),
            Caller("stateless", "", messages.encode({"name": client_name, "version": self.config.server_version})),
            method,
            fields,
            peer=peer,
            native=True,
        )
        call.record.id = call_id or call.record.id
        call.record.client_name = client_name
        call.record.request_bytes = len(params)
        reply = await self.calls.execute(call)
        self.calls.close(call, len(bytes(reply.result or reply.error or b"")))
        return reply

    # -- ASGI

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
            else:
                await self.stop()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        if not self._started:
            await self.start()
        out: http_rules.HeaderList = []
        message_id = b""
        try:
            headers = http_rules.header_map(scope["headers"])
            self._rules.check(headers)
            origin = headers.get(b"origin")
            verb = scope["method"]
            if verb == "OPTIONS":
                await inbound.preflight(send, http_rules.cors(origin, headers))
                return
            out = http_rules.cors(origin)
            request = await self._identified(scope, headers, receive, send, out, started)
            if verb == "POST":
                http_rules.check_content_type(headers)
                body = await http_rules.read_body(receive, headers, self.config.max_body_bytes)
                request.body_bytes = len(body)
                message = inbound.read_message(body)
                message_id = bytes(message.id)
                await self._post(request, headers, message)
            elif verb == "GET" and inbound.is_handshake(headers):
                await self._handshake.get(request)
            elif verb == "DELETE" and inbound.is_handshake(headers):
                await self._handshake.delete(request)
            else:
                raise RpcError(errors.INVALID_REQUEST, f"{verb} is not served here.", status=405)
        except RpcError as error:
            if error.status == 405:
                out = [*out, (b"allow", b"GET, POST, DELETE, OPTIONS")]
            error.status = error.status or errors.STATELESS_STATUS.get(error.code, 200)
            await respond.refuse(send, error, message_id=message_id, more=out)
        except http_rules.Disconnected:
            return
        except messages.BROKEN:
            unreadable = RpcError(errors.INVALID_PARAMS, "The request cannot be read.", status=400)
            await respond.refuse(send, unreadable, message_id=message_id, more=out)

    async def _post(self, request: Request, headers: http_rules.Headers, message: messages.Message) -> None:
        """The version's header says the era; without one a session does, or the request's own envelope."""
        version = headers.get(b"mcp-protocol-version")
        if version is not None:
            stateless = version.decode("latin-1") not in HANDSHAKE_VERSIONS
        else:
            enveloped = messages.PROTOCOL_VERSION.encode() in bytes(message.params)
            stateless = enveloped and message.method != "initialize" and b"mcp-session-id" not in headers
        if stateless:
            await self._stateless.post(request, message)
        else:
            await self._handshake.post(request, message)

    async def _identified(
        self,
        scope: Scope,
        headers: http_rules.Headers,
        receive: Receive,
        send: Send,
        out: http_rules.HeaderList,
        started: float,
    ) -> Request:
        """Whose request it is, and to which hub. Raises RpcError: 401 on every path, 404 only with a good key."""
        token = http_rules.bearer(headers)
        names = [part for part in scope["path"].split("/") if part]
        if self.config.open_listener:
            snapshot = await self._snapshot(names, "")
            if snapshot is None or not snapshot.open:
                raise RpcError(errors.NO_HUB, "There is no such open hub.", status=404)
            principal = await self.principal(token, snapshot)
        else:
            try:
                principal = await self.keys.principal(token)
            except KeyProblem as problem:
                raise respond.unauthorized(problem.reason, problem.sentence) from None
            snapshot = await self._snapshot(names, principal.hub_id)
            if snapshot is None or snapshot.workspace_id != principal.workspace_id:
                raise RpcError(errors.NO_HUB, _NO_HUB, status=404)
        accept = http_rules.accepted(headers)
        if not accept:
            text = "Accept application/json or text/event-stream, better both."
            raise RpcError(errors.NOT_ACCEPTABLE, text, status=406)

        async def find() -> HubSnapshot | None:
            return await self._snapshot(names, principal.hub_id)

        return Request(
            receive, send, headers, scope["headers"], token, principal, self.hub(snapshot), find, started, accept, out
        )

    async def _snapshot(self, names: list[str], own_hub: str) -> HubSnapshot | None:
        if len(names) == 3 and names[0] == "mcp":
            return await self.hubs.by_slug(names[1], names[2])
        if names == ["mcp"] and own_hub:
            return await self.hubs.by_id(own_hub)
        return None
