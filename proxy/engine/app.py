"""The gateway: one ASGI application for `/mcp` and `/mcp/<workspace>/<hub>`, built from a config and ports alone."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Coroutine

import msgspec

from core.decision import Principal
from proxy.engine import errors, http_rules, messages, respond
from proxy.engine.calls import Call, Calls
from proxy.engine.config import GatewayConfig
from proxy.engine.errors import RpcError
from proxy.engine.handshake import Handshake
from proxy.engine.http_rules import Receive, Scope, Send
from proxy.engine.hub import Hub
from proxy.engine.links import Links
from proxy.engine.outbox import Outbox
from proxy.engine.ports import (
    HANDSHAKE_VERSIONS,
    Hubs,
    HubSnapshot,
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
from proxy.engine.sessions import Sessions
from proxy.engine.signals import Asks, Signals
from proxy.engine.stateless import Stateless
from proxy.engine.streams import Guard
from proxy.engine.translate import Caller
from proxy.engine.watches import Watches

log = logging.getLogger(__name__)

_MAX_HUBS = 2000
_RETRY_S = 1.0
_NO_HUB = "There is no such hub, or this key does not reach it."


class Gateway:
    """See the module. `start` and `stop` bracket its life; it starts by itself with the first request."""

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
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.config = config
        self.keys = keys
        self.hubs = hubs
        self.policy = policy
        self.journal = journal
        self.store = store
        self.upstreams = upstreams
        self.clock = clock
        self.guards: dict[str, set[Guard]] = {}
        """What lasts, by workspace: streams and long calls."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = False
        self._known_hubs: dict[tuple[str, str, str], Hub] = {}
        self._tokens = itertools.count(1)
        self._rules = http_rules.OriginRules(config)
        self.signals = Signals(store)
        self.asks = Asks(self.signals)
        self.outbox = Outbox(store)
        self.sessions = Sessions(store, self.signals, self.asks, ttl_s=config.session_ttl_s)
        self.watches = Watches(self)
        self.links = Links(self)
        self.calls = Calls(self)
        self._handshake = Handshake(self)
        self._stateless = Stateless(self)

    # -- its life

    async def start(self) -> None:
        if not self._started:
            self._started = True
            self.background(self.signals.hear())
            self.background(self._follow_changes())

    async def stop(self) -> None:
        """End open streams with their last word, then everything else."""
        for guard in [guard for held in self.guards.values() for guard in held]:
            guard.stop("stopping")
        self.watches.close()
        for task in list(self._tasks):
            task.cancel()
        await self.upstreams.close()

    def background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("a task of the gateway failed", exc_info=failure)

    async def _follow_changes(self) -> None:
        """Keys, rules and hubs change: whatever lasts looks again."""
        while True:
            try:
                async for workspace_id in self.hubs.changes():
                    held = self.guards.values() if not workspace_id else [self.guards.get(workspace_id, set())]
                    await asyncio.gather(
                        *(guard.changed() for guards in held for guard in list(guards)), return_exceptions=True
                    )
            except asyncio.CancelledError:
                raise
            except Exception:
                log.warning("changes are not heard of at the moment", exc_info=True)
            await asyncio.sleep(_RETRY_S)

    # -- what its parts share

    def hub(self, snapshot: HubSnapshot) -> Hub:
        """A snapshot made ready, once for each."""
        key = (snapshot.workspace_id, snapshot.hub_id, snapshot.slug)
        hub = self._known_hubs.get(key)
        if hub is None or hub.snapshot is not snapshot:
            if len(self._known_hubs) >= _MAX_HUBS:
                del self._known_hubs[next(iter(self._known_hubs))]
            hub = self._known_hubs[key] = Hub(snapshot, self.config)
        return hub

    def progress_token(self) -> bytes:
        """A progress token that no other call has (JSON)."""
        return b'"%b.%d"' % (self.signals.process.encode(), next(self._tokens))

    async def principal(self, token: str, snapshot: HubSnapshot) -> Principal:
        """Who a key is; on the open listener, whoever calls. Raises KeyProblem."""
        if not self.config.open_listener:
            return await self.keys.principal(token)
        who = f"anon:{snapshot.hub_id}"
        return Principal(
            kind="anonymous", id=who, label="open", workspace_id=snapshot.workspace_id, hub_id=snapshot.hub_id
        )

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
        call = Call(
            principal,
            self.hub(hub),
            Caller("stateless", "", messages.encode({"name": client_name, "version": self.config.server_version})),
            method,
            messages.decode_raws(params or b"{}"),
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
                await _preflight(send, http_rules.cors(origin, headers))
                return
            out = http_rules.cors(origin)
            request = await self._identified(scope, headers, receive, send, out, started)
            if verb == "POST":
                http_rules.check_content_type(headers)
                body = await http_rules.read_body(receive, headers, self.config.max_body_bytes)
                request.body_bytes = len(body)
                message = _message(body)
                message_id = bytes(message.id)
                await self._post(request, headers, message)
            elif verb == "GET" and _is_handshake(headers):
                await self._handshake.get(request)
            elif verb == "DELETE" and _is_handshake(headers):
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
        version = headers.get(b"mcp-protocol-version")
        if version is None:
            stateless = messages.PROTOCOL_VERSION.encode() in bytes(message.params) and message.method != "initialize"
        else:
            stateless = version.decode("latin-1") not in HANDSHAKE_VERSIONS
        if stateless and b"mcp-session-id" not in headers:
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


def _is_handshake(headers: http_rules.Headers) -> bool:
    version = headers.get(b"mcp-protocol-version", b"").decode("latin-1")
    return not version or version in HANDSHAKE_VERSIONS


def _message(body: bytes) -> messages.Message:
    """The one message of a body. Raises RpcError (400)."""
    try:
        message = messages.decode_message(body)
    except msgspec.ValidationError:
        if body.lstrip()[:1] == b"[":
            text = "Batches are not served: send each message in a request of its own."
        else:
            text = "The body must be one JSON-RPC message."
        raise RpcError(errors.INVALID_REQUEST, text, status=400) from None
    except messages.BROKEN:
        raise RpcError(errors.PARSE_ERROR, "The body is not JSON.", status=400) from None
    if message.jsonrpc != "2.0":
        raise RpcError(errors.INVALID_REQUEST, '"jsonrpc" must be "2.0".', status=400)
    if message.id and not messages.is_id(message.id):
        message.id = messages.EMPTY
        raise RpcError(errors.INVALID_REQUEST, '"id" must be a text or a whole number.', status=400)
    if message.params and not messages.is_object(message.params):
        raise RpcError(errors.INVALID_REQUEST, '"params" must be an object.', status=400)
    if not message.method and not (message.id and (message.result or message.error)):
        raise RpcError(errors.INVALID_REQUEST, "The body is neither a request nor an answer.", status=400)
    return message


async def _preflight(send: Send, headers: http_rules.HeaderList) -> None:
    headers = [*headers, (b"allow", b"GET, POST, DELETE, OPTIONS")]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


__all__ = ["Gateway", "GatewayConfig"]
