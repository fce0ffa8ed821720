"""The way of one request through a hub, whoever brings it: route, rule, server, answer, record."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING

import msgspec

from proxy.engine import errors, headers, messages, routing, translate
from proxy.engine.call import Call
from proxy.engine.errors import RpcError
from proxy.engine.lists import CAPABILITY, FIELDS, list_page
from proxy.engine.ports import CallRecord, Era, HubServer, Outcome, Reply, UpstreamProblem, UpstreamSession

if TYPE_CHECKING:
    from proxy.engine.parts import Parts

_now = time.perf_counter


class Calls:
    """Carries out calls for one gateway."""

    def __init__(self, gateway: Parts) -> None:
        self._gateway = gateway
        self._policy = gateway.policy
        self._learned: dict[tuple[str, str], tuple[Era, ...]] = {}

    async def execute(self, call: Call, local: Coroutine[None, None, Reply] | None = None) -> Reply:
        """Carry out a call and fill its record; `close` it when the answer is out. Never raises for what went wrong.

        `local` is the work of a request that the gateway answers itself.
        """
        record = call.record
        record.started_at = self._gateway.clock() - (_now() - call.started)
        try:
            if local is not None:
                return await self._locally(call, local)
            return await self._dispatch(call)
        except RpcError as error:
            self._failed(record, error, "refused" if error.code == errors.REFUSED else "failed")
            return Reply(error=error.object())
        except messages.BROKEN:
            failure = RpcError(errors.INVALID_PARAMS, "The parameters of the request cannot be read.")
            self._failed(record, failure, "failed")
            return Reply(error=failure.object())

    def _failed(self, record: CallRecord, error: RpcError, outcome: Outcome) -> None:
        record.outcome = outcome
        record.error_code = error.code
        record.error = error.message

    def close(self, call: Call, reply_bytes: int) -> None:
        """The answer is out: hand the record in."""
        record = call.record
        record.reply_bytes = reply_bytes
        record.duration_us = round((_now() - call.started) * 1_000_000)
        self._gateway.journal.record(record)

    async def _dispatch(self, call: Call) -> Reply:
        method = call.method
        if method in routing.ROUTED:
            return await self._forward(call)
        self._allow(call, "hub.use", None)
        if method in FIELDS and (call.caller.era == "handshake" or CAPABILITY[method] in call.hub.can):
            gateway = self._gateway
            page = list_page(
                call.hub, self._policy, call.principal, method, call.fields, call.caller.era, gateway.config.page_size
            )
            return Reply(result=msgspec.Raw(page))
        raise RpcError(errors.METHOD_NOT_FOUND, f"This hub does not know the method {method[:100]}.")

    async def _locally(self, call: Call, local: Coroutine[None, None, Reply]) -> Reply:
        try:
            self._allow(call, "hub.use", None)
        except RpcError:
            local.close()
            raise
        reply = await local
        if reply.error is not None:
            self._judge(call, reply)
        return reply

    def _allow(self, call: Call, action: str, way: routing.Way | None) -> None:
        decision = self._policy.decide(call.principal, action, call.hub.snapshot, way.route if way else None)
        if not decision.allowed:
            raise errors.refused(decision)

    # -- on to a server

    async def _forward(self, call: Call) -> Reply:
        method, record = call.method, call.record
        way = routing.find(call.hub, method, call.fields, call.caller.era)
        server = way.server
        record.name, record.server_id = way.name, server.server_id
        if call.exchange is not None:
            call.exchange.server_id = server.server_id
        if call.hub.snapshot.record_payloads:
            record.arguments = bytes(call.fields.get("arguments", b"")) or None
        now = call.stage("route", call.started)
        self._allow(call, "tool.call" if method == "tools/call" else "hub.use", way)
        if not server.enabled:
            raise errors.paused(server)
        extra = self._param_headers(call, way)
        now = call.stage("policy", now)
        try:
            session = await self.upstream(call, server)
            now = call.stage("connect", now)
            params = self._params(call, way, session)
            answer = session.request(method, params, peer=call.peer, timeout_ms=server.timeout_ms, headers=extra)
            peer = self._gateway.links.peer_of(call.session, server)
            if peer is not None and call.exchange is not None:
                reply = await peer.carrying(call.exchange, answer)
            else:
                reply = await answer
        except UpstreamProblem as problem:
            raise errors.upstream(server, problem) from problem
        now = call.stage("upstream", now)
        reply = self._answer(call, reply, session, server)
        self._judge(call, reply)
        call.stage("reply", now)
        return reply

    def _param_headers(self, call: Call, way: routing.Way) -> Mapping[str, str] | None:
        """`Mcp-Param-*`: checked for a stateless client, made for the server."""
        route = way.route
        if route is None or not route.input_headers:
            return None
        arguments = bytes(call.fields.get("arguments", b"{}"))
        if call.params_headers is not None:
            wrong = headers.param_mismatch(route.input_headers, arguments, call.params_headers)
            if wrong:
                raise RpcError(errors.HEADER_MISMATCH, wrong)
        return headers.param_headers(route.input_headers, arguments)

    def _params(self, call: Call, way: routing.Way, session: UpstreamSession) -> bytes:
        """The parameters as the server gets them: its own name, a progress token of our own, the era's envelope.

        They are always written anew, so that a field that stands twice cannot mean one thing here and another there.
        """
        fields = call.fields
        routing.renamed(fields, call.method, way)
        translate.drop_retry(fields, session.era)
        raw = fields.get("_meta")
        if raw is not None or session.era == "stateless":
            meta = messages.decode_raws(raw) if raw is not None else {}
            token = meta.get("progressToken")
            if token is not None and call.exchange is not None:
                given = self._gateway.progress_token()
                call.exchange.progress = (given, bytes(token))
                meta["progressToken"] = msgspec.Raw(given)
            if not call.native:
                meta = translate.request_meta(meta, call.caller, session.era, session.version)
            fields["_meta"] = msgspec.Raw(messages.encode(meta))
        return messages.encode(fields)

    def _answer(self, call: Call, reply: Reply, session: UpstreamSession, server: HubServer) -> Reply:
        if call.native:
            return reply
        exchange = call.exchange
        if exchange is not None and exchange.asked:
            self._blame_asking(call, reply, session, server, exchange.asked)
        return translate.answer(reply, call.method, call.caller, session.era, session.version, server)

    def _blame_asking(self, call: Call, reply: Reply, session: UpstreamSession, server: HubServer, asked: str) -> None:
        """The server asked for what it could not have: if it failed then, that is why."""
        if reply.error is not None:
            said = messages.decode_error(reply.error).message
        elif b'"isError"' in bytes(reply.result or b"") and messages.decode_result(reply.result or b"{}").isError:
            said = "the tool failed."
        else:
            return
        if call.caller.era == session.era:
            raise errors.not_offered(server, asked, said)
        raise errors.cannot_carry(server, asked, call.caller.version, session.version, said)

    def _judge(self, call: Call, reply: Reply) -> None:
        """The record's outcome."""
        record = call.record
        if reply.error is not None:
            found = messages.decode_error(reply.error)
            record.outcome, record.error_code, record.error = "failed", found.code, found.message[:1000]
            return
        result = bytes(reply.result or b"")
        if b'"isError"' in result or b'"input_required"' in result:
            head = messages.decode_result(result)
            if head.isError:
                record.outcome = "tool_error"
            elif head.resultType == "input_required":
                record.outcome = "input_required"
        if call.hub.snapshot.record_payloads:
            record.result = result

    # -- sessions with servers

    async def upstream(self, call: Call, server: HubServer) -> UpstreamSession:
        """A session with a server for this call. Raises UpstreamProblem."""
        key = (server.server_id, server.fingerprint)
        eras = routing.eras_to_try(server, call.caller.era, self._learned.get(key, ()))
        for position, era in enumerate(eras):
            try:
                session = await self._gateway.links.session(call.principal, call.session, call.caller, server, era)
            except UpstreamProblem as problem:
                if problem.kind != "unsupported":
                    raise
                if position + 1 == len(eras):
                    # A server known to speak the era that is no MCP server now: say that, not what follows from it.
                    raise problem.__cause__ if isinstance(problem.__cause__, UpstreamProblem) else problem from None
                continue
            if not server.eras:
                self._learned[key] = (era,)
            return session
        raise UpstreamProblem("unsupported", "The server speaks no protocol version that the gateway knows.")
