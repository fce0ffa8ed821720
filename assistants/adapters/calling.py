"""A call of `ask_…` from its beginning to its result, and what happens when the assistant asks back.

A client that shows forms is asked there and then: by a request of its own in the handshake era, by a result that
requires input in the stateless one. To any other the result says what has to be done.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

import msgspec

from assistants.adapters.asks import CONVERSATION, DEPTH, RUN, Ask, Told
from assistants.adapters.elicit import METHOD, can_elicit, question
from assistants.adapters.event_ids import is_later
from assistants.adapters.progress import Progress
from assistants.answers import Answer
from core.decision import Principal
from core.ids import new_id
from proxy.engine import messages
from proxy.engine.ports import Era, Peer, Reply, UpstreamProblem, UpstreamSession, UpstreamSpec

MOST_ROUNDS = 10
"""Forms that one call puts to a person of the handshake era, one after another."""
_METHOD_NOT_FOUND, _INVALID_PARAMS = -32601, -32602


class Workers(Protocol):
    """The workers of runs, as `assistants.adapters.upstream` reaches them."""

    async def ask(self, ask: Ask) -> Told: ...
    def cancel(self, ask: Ask, run: str) -> None: ...
    def events(self, run: str, limit_s: float, after: str = "") -> AsyncIterator[tuple[str, str, dict[str, Any]]]: ...


class AssistantSession(UpstreamSession):
    """The calls of one principal. There is nothing to keep between two of them."""

    hello = b"{}"
    generation = 0

    def __init__(self, workers: Workers, spec: UpstreamSpec, principal: Principal, era: Era, version: str) -> None:
        self.spec = spec
        self.era = era
        self.version = version
        self._workers = workers
        self._principal = principal

    async def request(
        self,
        method: str,
        params: bytes,
        *,
        peer: Peer | None = None,
        timeout_ms: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        fields = json.loads(params or b"{}")
        if method == "ping":
            return Reply(result=msgspec.Raw(b"{}"))
        if method == "prompts/get":
            told = await self._workers.ask(self._ask("prompt", fields))
            if told.code:
                return Reply(error=messages.error_object(_INVALID_PARAMS, told.sentence))
            return _result(told.result)
        if method == "tools/call":
            return await self._called(fields, peer, (timeout_ms or self.spec.timeout_ms) / 1000)
        return Reply(error=messages.error_object(_METHOD_NOT_FOUND, f"Assistants do not know {method[:100]}."))

    async def _called(self, fields: dict[str, Any], peer: Peer | None, limit_s: float) -> Reply:
        ask = self._ask("run", fields)
        state = fields.get("requestState")
        if isinstance(state, str):  # whatever stands in it, only a run of this principal's own goes on
            ask = self._answering(ask, state[:64], fields.get("inputResponses"))
        told = await self._workers.ask(ask)
        if told.code:
            return _result({"content": [{"type": "text", "text": told.sentence}], "isError": True})
        try:
            return await self._followed(ask, told, fields, peer, limit_s)
        except (asyncio.CancelledError, UpstreamProblem):
            self._workers.cancel(ask, told.run)
            raise

    async def _followed(self, ask: Ask, told: Told, fields: dict[str, Any], peer: Peer | None, limit_s: float) -> Reply:
        """To the end of the run, or to a question that has to be put to somebody else."""
        progress, stateless = Progress(peer, _meta(fields).get("progressToken")), self.era == "stateless"
        for _round in range(MOST_ROUNDS):
            if told.asks and stateless:
                return _asking(told.asks, told.run)
            answer = Answer()
            async for id, kind, data in self._workers.events(told.run, limit_s, told.after):
                answer.add(kind, data)
                if is_later(id, told.after):
                    await progress.tell(kind, data)
            if not answer.waits:
                break
            if stateless:
                if can_elicit(_meta(fields)):
                    return _asking(answer.asks, told.run)
                break
            responses = await _elicited(answer.asks, peer)
            if responses is None:
                break
            again = await self._workers.ask(self._answering(ask, told.run, responses))
            if again.code:
                break
            told = again
        answer.how = _how(told)
        return _result(_tool_result(answer, told))

    def _ask(self, kind: Any, fields: dict[str, Any]) -> Ask:
        arguments, depth = fields.get("arguments"), _meta(fields).get(DEPTH)
        return Ask(
            id=new_id("ask"),
            kind=kind,
            workspace=self.spec.workspace_id,
            principal=self._principal,
            name=str(fields.get("name", "")),
            arguments=arguments if isinstance(arguments, dict) else {},
            depth=max(0, depth) if isinstance(depth, int) else 0,
        )

    def _answering(self, ask: Ask, run: str, responses: Any) -> Ask:
        given = responses if isinstance(responses, dict) else {}
        return msgspec.structs.replace(ask, id=new_id("ask"), kind="answer", run=run, arguments=given)

    async def notify(self, method: str, params: bytes) -> None:
        """Nothing that a client says by itself concerns an assistant."""

    async def close(self) -> None:
        """There is nothing to close."""


async def _elicited(asks: list[Mapping[str, Any]], peer: Peer | None) -> dict[str, Any] | None:
    """What a person answered to each ask, by its id; None where the client cannot ask one, or got no answer."""
    if peer is None or not peer.answers(METHOD):
        return None
    found: dict[str, Any] = {}
    for ask in asks:
        reply = await peer.request(METHOD, json.dumps(question(ask), ensure_ascii=False).encode())
        if reply.result is None:
            return None
        found[str(ask["id"])] = json.loads(bytes(reply.result))
    return found


def _asking(asks: list[Any], run: str) -> Reply:
    """The stateless era's way: the client asks its person and calls again with the answers."""
    requests = {str(ask["id"]): {"method": METHOD, "params": question(ask)} for ask in asks}
    return _result({"resultType": "input_required", "inputRequests": requests, "requestState": run})


def _how(told: Told) -> dict[str, str]:
    """What whoever called can do where no form could be shown."""
    again = f'Call this tool again with a message that says it and "conversation": "{told.conversation}".'
    there = f" Ask in its chat page, where it can be confirmed: {told.chat}" if told.chat else ""
    return {
        "fill": again,
        "confirm": f"It was not called: this client cannot show the question to a person (elicitation).{there}",
    }


def _tool_result(answer: Answer, told: Told) -> dict[str, Any]:
    """The conversation's id stands in the result twice: models read no `_meta`."""
    more = {
        "type": "text",
        "text": f'To go on with this conversation, give "conversation": "{told.conversation}".',
        "annotations": {"audience": ["assistant"]},
    }
    found: dict[str, Any] = {
        "content": [*answer.blocks, more],
        "_meta": {CONVERSATION: told.conversation, RUN: told.run},
    }
    if answer.has_structured and isinstance(answer.structured, dict):
        found["structuredContent"] = answer.structured
    elif told.must_structure:
        found["isError"] = True
    if answer.poor:
        found["isError"] = True
    return found


def _result(value: dict[str, Any]) -> Reply:
    return Reply(result=msgspec.Raw(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()))


def _meta(fields: dict[str, Any]) -> dict[str, Any]:
    meta = fields.get("_meta")
    return meta if isinstance(meta, dict) else {}
