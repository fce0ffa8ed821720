"""One MCP session with a server over Streamable HTTP: what both eras share, and the handshake era."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from core.net import ReplyTimeout, Response, Target, parse_url
from core.net.fetch import request_head
from proxy.engine import messages, problems
from proxy.engine.http_client import HttpClient, redirect
from proxy.engine.http_reading import Reading
from proxy.engine.ports import Era, Peer, Reply, UpstreamProblem, UpstreamSession, UpstreamSpec

_MAX_REDIRECTS = 3


def target_of(spec: UpstreamSpec) -> Target:
    """Where a server is. Raises UpstreamProblem for a URL that cannot be used."""
    try:
        return parse_url(spec.url)
    except ValueError as error:
        raise UpstreamProblem("refused", str(error)) from None


class HttpSession(UpstreamSession):
    """What both eras share: a request out, a reply or a stream of messages back."""

    era: Era

    def __init__(self, client: HttpClient, spec: UpstreamSpec, version: str) -> None:
        self.spec = spec
        self.version = version
        self.hello = b"{}"
        self.generation = 0
        self.in_flight = 0
        self.last_used = time.monotonic()
        self.max_bytes = client.max_bytes
        self._client = client
        self._target = target_of(spec)
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    # -- what an era fills in

    def _head(self, verb: str, method: str, params: bytes, extra: Mapping[str, str] | None) -> bytes:
        raise NotImplementedError

    def _note(self, response: Response) -> None:
        """Look at the head of a reply."""

    def _gave_up(self, request_id: int) -> None:
        """Whoever waited for a request stopped waiting, and its connection is closed."""

    async def resume(self, last_event_id: str, timeout_s: float) -> Response | None:
        """A stream broke off: go on after this event, where the era can."""
        return None

    async def answer(self, message: bytes) -> None:
        """Send the server the answer to a request of its own, where the era has such."""

    # -- requests

    async def _request(
        self, method: str, params: bytes, peer: Peer | None, timeout_s: float, extra: Mapping[str, str] | None
    ) -> Reply:
        request_id = next(self._ids)
        body = b'{"jsonrpc":"2.0","id":%d,"method":"%b","params":%b}' % (request_id, method.encode(), params or b"{}")
        self.in_flight += 1
        try:
            head = self._head("POST", method, params, extra)
            response = await self._send(head, body, timeout_s, safe=method != "tools/call")
            self._note(response)
            if response.streaming:
                return await Reading(self, response, request_id, peer, timeout_s).reply()
            return self._reply(response, request_id)
        except asyncio.CancelledError:
            self._gave_up(request_id)
            raise
        finally:
            self.in_flight -= 1
            self.last_used = time.monotonic()

    async def _send(self, head: bytes, body: bytes | None, timeout_s: float, *, safe: bool) -> Response:
        target = self._target
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                response = await self._client.send(target, head, body, timeout_s=timeout_s, safe=safe)
            except ReplyTimeout:
                raise problems.silence(timeout_s) from None
            except problems.TROUBLE as error:
                raise problems.from_trouble(error, target) from error
            moved = redirect(target, response) if response.status >= 300 else None
            if moved is None:
                return response
            head = head.replace(target.path.encode(), moved.path.encode(), 1)
            target = moved
        raise UpstreamProblem("protocol", "The server redirects in circles.")

    def _reply(self, response: Response, request_id: int) -> Reply:
        kind = response.headers.get(b"content-type", b"")
        if kind[:16].lower() == b"application/json":
            reply = self._decoded(response.body, request_id, response.status)
            if reply is not None:
                return reply
        if response.status == 202:
            raise UpstreamProblem(
                "protocol", "The server took the request and promised no answer (HTTP 202).", status=202
            )
        if response.status >= 300:
            raise problems.from_status(response, self._target)
        raise problems.not_mcp(response, self._target)

    def _decoded(self, body: bytes, request_id: int, status: int) -> Reply | None:
        """The reply in a JSON body; None when it is none and the HTTP status has the word. Raises UpstreamProblem."""
        try:
            found = _answer_in(body)
        except messages.BROKEN:
            if status >= 300:
                return None
            raise problems.garbage("an answer that is no JSON-RPC message", body) from None
        if found.error:
            if status in (401, 403):
                return None
            if self._lost(found, status):
                raise UpstreamProblem("session_lost", "The server has ended the session.", status=status)
            return Reply(error=found.error)
        if status >= 300:
            return None
        if found.jsonrpc != "2.0" or not found.result:
            return None
        if bytes(found.id) != b"%d" % request_id:
            raise problems.garbage("an answer that belongs to another request", body)
        return Reply(result=found.result)

    def _lost(self, found: messages.Message, status: int) -> bool:
        return False

    # -- tasks

    def background(self, work: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        """Do something beside everything else; its failure is nobody's."""
        task = asyncio.get_running_loop().create_task(_quietly(work, *arguments))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()


async def _quietly(work: Callable[..., Awaitable[None]], *arguments: Any) -> None:
    with contextlib.suppress(UpstreamProblem):
        await work(*arguments)


def _answer_in(body: bytes) -> messages.Message:
    """The one answer of a JSON body. Some servers of 2025-03-26 answer with a batch."""
    try:
        return messages.decode_message(body)
    except msgspec.ValidationError:
        answers = [found for found in messages.decode_batch(body) if not found.method]
        if len(answers) != 1:
            raise
        return answers[0]


def base_head(verb: str, target: Target, spec: UpstreamSpec, fields: Mapping[str, str]) -> bytes:
    """Request line and headers; the server's own (its secrets) last. Raises UpstreamProblem for a bad header."""
    try:
        return request_head(verb, target, {**fields, **spec.headers}).encode("latin-1")
    except (ValueError, UnicodeEncodeError):
        raise UpstreamProblem("refused", "A header of this server holds characters that cannot be sent.") from None
