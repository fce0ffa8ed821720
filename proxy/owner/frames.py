"""What owner and clients say to each other: length-prefixed msgpack frames over a Unix socket.

A client numbers its calls, the owner its sessions and asks; numbers hold within one connection. `params`, `result`,
`error`, `hello` and `capabilities` are JSON bytes that pass through unread.
"""

from __future__ import annotations

import msgspec

from proxy.engine.ports import Era, Transport, UpstreamProblem, UpstreamSpec

MAX_MESSAGE = 16 << 20
"""Bytes of one JSON-RPC message, in either direction."""
MAX_FRAME = MAX_MESSAGE + (1 << 20)
MAX_WAITING = 64 << 20
"""Bytes that may wait for a reader that does not keep up."""


class Frame(msgspec.Struct, frozen=True, array_like=True, tag=True):
    pass


class Hello(Frame, frozen=True, tag="hello"):
    token: str
    name: str
    """Who connects, for the health page: web, gateway, worker."""
    pid: int


class Welcome(Frame, frozen=True, tag="welcome"):
    generation: str
    start_timeout_s: float


class Open(Frame, frozen=True, tag="open"):
    call: int
    spec: UpstreamSpec
    era: Era
    version: str
    """The protocol version to ask for; empty for the newest of the era."""
    scope: str
    capabilities: bytes
    hears: bool


class Opened(Frame, frozen=True, tag="opened"):
    call: int
    session: int
    incarnation: str
    version: str
    hello: bytes


class Request(Frame, frozen=True, tag="request"):
    call: int
    session: int
    method: str
    params: bytes
    heard: bool
    """Someone listens for what belongs to this request."""
    headers: dict[str, str]


class Cancel(Frame, frozen=True, tag="cancel"):
    call: int


class Answer(Frame, frozen=True, tag="answer"):
    call: int
    result: bytes | None
    error: bytes | None


class Failed(Frame, frozen=True, tag="failed"):
    """The answer to a call that came to nothing: an UpstreamProblem in parts."""

    call: int
    kind: str
    sentence: str
    detail: str
    status: int


class Notify(Frame, frozen=True, tag="notify"):
    session: int
    method: str
    params: bytes


class Hear(Frame, frozen=True, tag="hear"):
    """Someone listens (or nobody any more) for what belongs to no call."""

    session: int
    hears: bool


class Leave(Frame, frozen=True, tag="leave"):
    session: int
    end: bool
    """Nobody else will want it: end the child."""


class Note(Frame, frozen=True, tag="note"):
    session: int
    call: int
    """0 when it belongs to no call."""
    method: str
    params: bytes


class Ask(Frame, frozen=True, tag="ask"):
    ask: int
    session: int
    call: int
    method: str
    params: bytes


class AskOver(Frame, frozen=True, tag="ask_over"):
    """The server no longer wants an answer to what it asked."""

    ask: int


class Told(Frame, frozen=True, tag="told"):
    """A client's answer to an Ask."""

    ask: int
    result: bytes | None
    error: bytes | None


class Ended(Frame, frozen=True, tag="ended"):
    session: int
    kind: str
    sentence: str
    detail: str


class AskStatus(Frame, frozen=True, tag="ask_status"):
    call: int
    server_id: str


class Stop(Frame, frozen=True, tag="stop"):
    call: int
    server_id: str


class EndScope(Frame, frozen=True, tag="end_scope"):
    """What the scope stood for is gone: end its sessions."""

    scope: str


class Done(Frame, frozen=True, tag="done"):
    call: int
    value: bytes
    """msgpack of what the call answers."""


class ChildStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One upstream session that the owner holds. Times UTC epoch seconds, sizes bytes."""

    server_id: str
    workspace_id: str
    title: str
    transport: Transport
    era: Era
    version: str
    scope: str
    """The start of the scope's hash; empty when it is shared by all."""
    state: str
    """starting, ready or ending."""
    pid: int
    processes: int
    rss: int
    started_at: float
    last_used_at: float
    requests: int
    in_flight: int
    attached: int
    stderr: str = ""
    """Its last output, only where one server was asked for."""


class OwnerStatus(msgspec.Struct, frozen=True, kw_only=True):
    generation: str
    pid: int
    rss: int
    started_at: float
    max_children: int
    max_per_workspace: int
    idle_s: float
    started: int
    """Children started since the owner began, and how many of those failed or ended by themselves."""
    crashed: int
    clients: dict[str, int]
    children: list[ChildStatus]


ToOwner = Hello | Open | Request | Cancel | Notify | Hear | Leave | Told | AskStatus | Stop | EndScope
ToClient = Welcome | Opened | Answer | Failed | Note | Ask | AskOver | Ended | Done

encode = msgspec.msgpack.Encoder().encode
to_owner = msgspec.msgpack.Decoder(ToOwner)
to_client = msgspec.msgpack.Decoder(ToClient)


def failed(call: int, problem: UpstreamProblem) -> Failed:
    return Failed(call, problem.kind, problem.sentence, problem.detail, problem.status)
