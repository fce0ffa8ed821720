"""One upstream session shared by several listeners: whose answer, whose progress, whom to ask.

A channel gives every request an id of its own, so that callers in different processes never meet. It knows nothing of
processes or sockets: a link below carries its lines, listeners above are the attached clients.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Mapping

import msgspec

from proxy.engine.ports import Era, Reply, UpstreamProblem, UpstreamSpec
from proxy.owner import jsonrpc, problems
from proxy.owner.jsonrpc import Envelope
from proxy.owner.parts import Ask, Link, Listener, Pending

MAX_IN_FLIGHT = 1000
MAX_ASKS = 100
_BEFORE_READY = frozenset({"initialize", "server/discover"})
_NOT_FOUND = -32601


_asks = itertools.count(1)


class Channel:
    """A session with one server. `asked` is the version to ask for; the handshake sets `version` and `hello`, the end
    sets `over`."""

    def __init__(
        self, spec: UpstreamSpec, era: Era, version: str, scope: str, capabilities: bytes, incarnation: str
    ) -> None:
        self.spec = spec
        self.era: Era = era
        self.scope = scope
        self.capabilities = capabilities
        self.incarnation = incarnation
        self.asked = version
        self.version = ""
        self.hello = b""
        self.link: Link | None = None
        self.over: UpstreamProblem | None = None
        self.superseded = False
        self.started_at = time.time()
        self.last_used = time.monotonic()
        self.heard_at = 0.0
        """When the server last said anything; monotonic seconds."""
        self.on_given_up: Callable[[float], None] = lambda sent_at: None
        self.requests = 0
        self.listeners: list[Listener] = []
        self._pending: dict[int, Pending] = {}
        self._asks: dict[int, Ask] = {}
        self._subscribed: set[str] = set()
        self._numbers = itertools.count(1)

    @property
    def in_flight(self) -> int:
        return len(self._pending)

    @property
    def busy(self) -> bool:
        """Something is under way, or somebody listens for resources that were subscribed to."""
        return bool(self._pending) or bool(self._subscribed and any(one.hears for one in self.listeners))

    @property
    def asking(self) -> bool:
        """The server waits for an answer itself."""
        return bool(self._asks)

    # --- from the listeners

    def attach(self, listener: Listener) -> None:
        self.listeners.append(listener)

    def detach(self, listener: Listener) -> None:
        """The listener is gone: what it waits for is cancelled, what it was asked is refused."""
        self.listeners = [one for one in self.listeners if one is not listener]
        for number in [n for n, pending in self._pending.items() if pending.listener is listener]:
            self.cancel(number)
        for ask in [n for n, asked in self._asks.items() if asked.listener is listener]:
            self.told(ask, None, jsonrpc.error_body(-32603, "The client went away."))

    def request(
        self,
        listener: Listener,
        call: int,
        method: str,
        params: bytes,
        *,
        heard: bool,
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """Send a client's request; its number, for `cancel`. Raises UpstreamProblem."""
        self.last_used = time.monotonic()
        self.requests += 1
        if method == "resources/subscribe":
            self._subscribed.add(str(jsonrpc.field(params, "uri")))
        elif method == "resources/unsubscribe":
            self._subscribed.discard(str(jsonrpc.field(params, "uri")))
        return self._send(Pending(listener, call, heard, None), method, params, headers)

    async def call(self, method: str, params: bytes) -> Reply:
        """The owner's own request. Raises UpstreamProblem."""
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        number = self._send(Pending(None, 0, False, future), method, params, None)
        try:
            return await future
        finally:
            self._pending.pop(number, None)

    def notify(self, method: str, params: bytes) -> None:
        """Raises UpstreamProblem."""
        self._link().send(jsonrpc.notification_line(method, params))

    def cancel(self, number: int) -> None:
        """Nobody waits for this request any more."""
        pending = self._pending.pop(number, None)
        if pending is None:
            return
        self._drop_asks_of(pending)
        params = b'{"requestId":%d,"reason":"The caller no longer waits."}' % number
        with contextlib.suppress(UpstreamProblem):  # there may be no one left to tell
            self.notify("notifications/cancelled", params)
        self.on_given_up(pending.sent_at)

    def told(self, ask: int, result: bytes | None, error: bytes | None) -> None:
        """A listener's answer to what the server asked."""
        asked = self._asks.pop(ask, None)
        if asked is None:
            return
        self._answer_server(asked.raw_id, result, error)

    # --- from the link

    def received(self, line: bytes) -> int | None:
        """Take a line; what it costs the reader, None when it is no JSON-RPC."""
        try:
            messages = jsonrpc.read_line(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        self.heard_at = time.monotonic()
        cost = 0
        for message in messages:
            if not message.method:
                self._answered(message)
            elif message.id:
                self._asked(message)
                cost += 1
            else:
                self._noted(message)
                cost += 1
        return cost

    def end(self, problem: UpstreamProblem) -> None:
        """The session is over: everyone hears why, once."""
        if self.over is not None:
            return
        self.over = problem
        pending, self._pending = self._pending, {}
        asks, self._asks = self._asks, {}
        for ask, asked in asks.items():
            asked.listener.ask_over(ask)
        # What was sent may have been done: it must not look like something that can be sent again.
        unanswered = problem
        if problem.kind == "session_lost":
            unanswered = UpstreamProblem("closed", problem.sentence, detail=problem.detail)
        for one in pending.values():
            one.fail(unanswered)
        for listener in self.listeners:
            listener.ended(problem)
        self.listeners = []

    # --- inside

    def _link(self) -> Link:
        if self.over is not None or self.link is None:
            raise problems.ended(self.over.sentence.rstrip(".") if self.over else "it has not begun")
        return self.link

    def _send(self, pending: Pending, method: str, params: bytes, headers: Mapping[str, str] | None) -> int:
        link = self._link()
        if len(self._pending) >= MAX_IN_FLIGHT and pending.listener is not None:
            sentence = f"The server already has {MAX_IN_FLIGHT} requests to answer."
            raise UpstreamProblem("refused", sentence, status=429)
        number = next(self._numbers)
        if method not in _BEFORE_READY:
            try:
                params, pending.token = jsonrpc.stamped(
                    params, number=number, era=self.era, version=self.version, capabilities=self.capabilities
                )
            except msgspec.MsgspecError as problem:
                raise UpstreamProblem("protocol", f"The parameters of {method} are not a JSON object.") from problem
        pending.sent_at = time.monotonic()
        self._pending[number] = pending
        try:
            line = jsonrpc.request_line(number, method, params)
            link.send(line, headers, lambda problem: self._failed(number, problem))
        except UpstreamProblem:
            self._pending.pop(number, None)
            raise
        return number

    def _failed(self, number: int, problem: UpstreamProblem) -> None:
        """A request could not be delivered."""
        pending = self._pending.pop(number, None)
        if pending is not None:
            self._drop_asks_of(pending)
            pending.fail(problem)

    def _answered(self, message: Envelope) -> None:
        pending = self._pending.pop(jsonrpc.number_of(message.id), None)
        if pending is None:
            return
        self.last_used = time.monotonic()
        result = bytes(message.result) if message.result else None
        error = bytes(message.error) if message.error else None
        if result is None and error is None:
            error = jsonrpc.error_body(-32603, "The server answered without a result.")
        if result is not None:
            error = None
        self._drop_asks_of(pending)
        if pending.listener is not None:
            pending.listener.answered(pending.call, result, error)
        elif pending.future is not None and not pending.future.done():
            raw = msgspec.Raw
            pending.future.set_result(Reply(raw(result) if result else None, raw(error) if error else None))

    def _noted(self, message: Envelope) -> None:
        params = bytes(message.params)
        pending = None
        if message.method == "notifications/progress":
            pending = self._pending.get(jsonrpc.number_of(jsonrpc.encode(jsonrpc.field(params, "progressToken"))))
            if pending is None or pending.token is None or pending.listener is None:
                return
            params = jsonrpc.with_token(params, pending.token)
        elif message.method == "notifications/cancelled":
            self._ask_withdrawn(params)
            return
        elif message.method == "notifications/message":
            pending = self._newest()
        elif b"subscriptionId" in params:
            subscription = jsonrpc.field(params, "_meta", jsonrpc.SUBSCRIPTION)
            pending = self._pending.get(jsonrpc.number_of(jsonrpc.encode(subscription)))
        if pending is not None and pending.listener is not None:
            pending.listener.note(pending.call, message.method, params)
            return
        for listener in self.listeners:
            if listener.hears:
                listener.note(0, message.method, params)

    def _newest(self, *, heard: bool = False) -> Pending | None:
        """The newest request of a client (that listens, when `heard`)."""
        for pending in reversed(self._pending.values()):
            if pending.listener is not None and (not heard or pending.heard or pending.listener.hears):
                return pending
        return None

    def _asked(self, message: Envelope) -> None:
        if message.method == "ping":
            self._answer_server(message.id, b"{}", None)
            return
        pending = self._newest(heard=True)
        listener = pending.listener if pending is not None else None
        if listener is None:
            listener = next((one for one in reversed(self.listeners) if one.hears), None)
        if listener is None or len(self._asks) >= MAX_ASKS:
            refusal = jsonrpc.error_body(_NOT_FOUND, f"No client that could answer {message.method} is attached.")
            self._answer_server(message.id, None, refusal)
            return
        ask = next(_asks)
        self._asks[ask] = Ask(message.id.copy(), listener, pending)
        params = bytes(message.params) or b"{}"
        listener.ask(ask, pending.call if pending is not None else 0, message.method, params)

    def _ask_withdrawn(self, params: bytes) -> None:
        wanted = jsonrpc.field(params, "requestId")
        for ask, asked in list(self._asks.items()):
            if msgspec.json.decode(asked.raw_id) == wanted:
                del self._asks[ask]
                asked.listener.ask_over(ask)

    def _drop_asks_of(self, pending: Pending) -> None:
        if self._asks:
            for ask in [n for n, asked in self._asks.items() if asked.pending is pending]:
                asked = self._asks.pop(ask)
                asked.listener.ask_over(ask)
                self._answer_server(asked.raw_id, None, jsonrpc.error_body(-32603, "Nobody waits for it any more."))

    def _answer_server(self, raw_id: msgspec.Raw, result: bytes | None, error: bytes | None) -> None:
        body = error or jsonrpc.error_body(-32603, "The client gave no answer.")
        line = jsonrpc.result_line(raw_id, result) if result is not None else jsonrpc.error_line(raw_id, body)
        with contextlib.suppress(UpstreamProblem):  # it may be gone
            self._link().send(line)
