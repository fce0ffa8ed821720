"""The engine's ports: the types and Protocols that it is built from.

Everything here is free of Django. `proxy.adapters` implements the Protocols over raw psycopg and redis.asyncio;
tests implement them in memory. Bytes named `...json` are UTF-8 JSON; times are UTC epoch seconds (float) unless the
name says otherwise; durations in records are integer microseconds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Literal, Protocol

import msgspec

from core.decision import Decision, Principal

Era = Literal["handshake", "stateless"]
Transport = Literal["stdio", "http", "sse", "internal"]
"""How a server is reached; `internal` is one that this installation is itself."""
Kind = Literal["tool", "resource", "template", "prompt"]
Outcome = Literal["answered", "tool_error", "failed", "refused", "cancelled", "input_required"]

HANDSHAKE_VERSIONS: tuple[str, ...] = ("2025-11-25", "2025-06-18", "2025-03-26")
STATELESS_VERSIONS: tuple[str, ...] = ("2026-07-28",)


class UpstreamSpec(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach one server, its secrets already opened. Never logged, never stored."""

    server_id: str
    workspace_id: str
    slug: str
    title: str
    transport: Transport
    command: str = ""
    args: tuple[str, ...] = ()
    cwd: str = ""
    env: Mapping[str, str] = {}
    url: str = ""
    headers: Mapping[str, str] = {}
    eras: tuple[Era, ...] = ()
    """What discovery found the server to speak; empty when it has not been asked yet."""
    session_scope: Literal["client", "person", "workspace"] = "workspace"
    timeout_ms: int = 60_000
    fingerprint: str = ""
    """Changes whenever anything above changes; a session made under another fingerprint is not reused."""


class ToolRoute(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a hub offers: the name clients see, and where it leads."""

    kind: Kind
    name: str
    """Name (tool, prompt), URI (resource) or URI template as clients of the hub see it."""
    real: str
    """The same as the server knows it."""
    server_id: str
    definition: bytes
    """The definition as JSON object under the hub's name, ready to be joined into a list result."""
    read_only: bool = False
    listed: bool = True
    """False: in no list, since its server is paused; whoever asks for it by name is told so."""
    input_headers: Mapping[str, str] = {}
    """`x-mcp-header` parameters: JSON property -> header suffix (2026-07-28). A nested property's key is its path,
    joined by "."."""


class HubServer(msgspec.Struct, frozen=True, kw_only=True):
    """What a hub needs to know of one of its servers without opening secrets."""

    server_id: str
    slug: str
    title: str
    transport: Transport
    eras: tuple[Era, ...]
    capabilities: bytes = b"{}"
    """The server's capabilities object, as discovery found it."""
    instructions: str = ""
    """What the server says of itself; shown to clients of a one-server hub that has no instructions of its own."""
    fingerprint: str = ""
    enabled: bool = True
    barred: str = ""
    """Why it is not enabled, where it is not that somebody paused it."""
    session_scope: Literal["client", "person", "workspace"] = "workspace"
    timeout_ms: int = 60_000


class HubSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled, immutable hub. `version` is the workspace's version it was compiled at."""

    hub_id: str
    """Empty for the implicit hub of one server, as the inspector uses."""
    workspace_id: str
    workspace_slug: str
    slug: str
    title: str
    version: int
    instructions: str = ""
    read_only: bool = False
    record_payloads: bool = False
    open: bool = False
    """Served without a key on the open listener only (principal `anon:<hub>`)."""
    servers: Mapping[str, HubServer] = {}
    tools: Mapping[str, ToolRoute] = {}
    resources: Mapping[str, ToolRoute] = {}
    templates: Mapping[str, ToolRoute] = {}
    prompts: Mapping[str, ToolRoute] = {}


class CallRecord(msgspec.Struct, kw_only=True):
    """One request through a hub. Lives first in the journal, then in `proxy_call`."""

    id: str
    workspace_id: str
    hub_id: str
    server_id: str = ""
    principal_id: str = ""
    """`key_…`, `usr_…` or `anon:<hub>`."""
    user_id: str = ""
    key_id: str = ""
    client_name: str = ""
    client_version: str = ""
    protocol: str = ""
    method: str = ""
    name: str = ""
    """Tool, prompt or URI as the client named it."""
    outcome: Outcome = "answered"
    error_code: int = 0
    error: str = ""
    started_at: float = 0.0
    duration_us: int = 0
    stages: dict[str, int] = {}
    """Microseconds by stage: read, route, policy, connect, upstream, reply."""
    request_bytes: int = 0
    reply_bytes: int = 0
    arguments: bytes | None = None
    result: bytes | None = None
    request_id: str = ""


class KeyProblem(Exception):
    """Why a credential does not pass. `reason`: missing, malformed, unknown, revoked or expired."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


class Keys(Protocol):
    async def principal(self, token: str) -> Principal:
        """The principal of a bearer token. Warm look-ups touch no database. Raises KeyProblem."""
        ...


class Hubs(Protocol):
    async def by_slug(self, workspace_slug: str, hub_slug: str) -> HubSnapshot | None:
        """The current snapshot; None when there is none of that name. One load serves all waiters."""
        ...

    async def by_id(self, hub_id: str) -> HubSnapshot | None: ...

    async def of_server(self, server_id: str) -> HubSnapshot | None:
        """The implicit hub of one server under bare names."""
        ...

    async def spec(self, server_id: str) -> UpstreamSpec | None:
        """How to reach a server, secrets opened."""
        ...

    def changes(self) -> AsyncIterator[str]:
        """Workspace ids whose version was raised, as they happen: for list_changed and closing revoked streams.

        "" means that any may have changed (the connection was lost and is back). Whoever implements it has dropped
        what it kept of that workspace (keys, snapshots) before it yields.
        """
        ...

    def stale(self, server_id: str) -> None:
        """A server said that its lists changed: have it discovered again soon. Never blocks, never raises."""
        ...


class Policy(Protocol):
    def decide(self, principal: Principal, action: str, hub: HubSnapshot, route: ToolRoute | None) -> Decision: ...


class Journal(Protocol):
    def record(self, record: CallRecord) -> None:
        """Take a record; never blocks and never raises for a full disk (it counts the loss and says so in health)."""
        ...


class Store(Protocol):
    """Shared memory of all gateway processes (Redis). Values expire; losing them ends sessions, not data."""

    async def get(self, key: str) -> bytes | None: ...
    async def set(self, key: str, value: bytes, *, ttl_s: int) -> None: ...
    async def add(self, key: str, value: bytes, *, ttl_s: int) -> bool:
        """Set if absent; True when it was set. Used for leases."""
        ...

    async def delete(self, key: str) -> None: ...
    async def append(self, stream: str, value: bytes, *, ttl_s: int, max_len: int = 1000) -> str:
        """Add to a stream of events and return the event's id; for resuming with Last-Event-ID."""
        ...

    async def read(self, stream: str, after: str) -> list[tuple[str, bytes]]: ...
    async def publish(self, channel: str, value: bytes) -> int: ...
    def subscribe(self, channel: str) -> AsyncIterator[bytes]:
        """Messages of one channel. The first item is b"" and says that the subscription holds: nothing published after
        it is lost. b"" comes again when the connection was lost and is back (messages in between may be lost)."""
        ...


class Reply(msgspec.Struct, frozen=True):
    """The answer to one request: exactly one of both is set. `error` is a JSON-RPC error object."""

    result: msgspec.Raw | None = None
    error: msgspec.Raw | None = None


class Peer(Protocol):
    """Whoever made a request: hears what the server says before it answers."""

    async def notification(self, method: str, params: bytes) -> None: ...

    async def request(self, method: str, params: bytes) -> Reply:
        """A server-to-client request (sampling, elicitation, roots, ping)."""
        ...

    def answers(self, method: str) -> bool:
        """Can it be asked this? Whoever asks it all the same gets an error."""
        return False


class UpstreamProblem(Exception):
    """A server that could not answer. `kind` is stable for programs, `sentence` says what is wrong in plain words.

    Kinds: not_found (command), exited, tls, unauthorized, forbidden, not_mcp, timeout, refused (connection), address
    (not allowed by core.net), closed (mid-answer), too_large, protocol, unsupported, session_lost.
    """

    def __init__(self, kind: str, sentence: str, *, detail: str = "", status: int = 0) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.detail = detail
        """Evidence: the last lines of stderr, the start of a body. May hold secrets: for those who manage it."""
        self.status = status


class UpstreamSession(Protocol):
    """One warm session with a server, over any transport. Requests may overlap; ids are the session's own."""

    spec: UpstreamSpec
    era: Era
    version: str
    hello: bytes
    """InitializeResult or DiscoverResult as JSON."""
    generation: int
    """Raised when the session was made anew behind the same object: what was set in it (log level, subscriptions)
    is gone."""

    async def request(
        self,
        method: str,
        params: bytes,
        *,
        peer: Peer | None = None,
        timeout_ms: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request (params: JSON object bytes) and wait. Cancelling the task cancels it upstream.

        `timeout_ms` counts silence: whatever the server sends starts it anew, and it stands still while `peer` is
        asked.
        In the stateless era the session adds what `params._meta` lacks of protocol version, client info and client
        capabilities (those of the session), and over HTTP the headers that mirror the body; `headers` adds to them.
        Raises UpstreamProblem.
        """
        ...

    async def notify(self, method: str, params: bytes) -> None: ...

    async def close(self) -> None: ...


class Upstreams(Protocol):
    """Opens and keeps sessions. `scope` is "" for a session shared by all, else what it belongs to."""

    async def session(
        self,
        spec: UpstreamSpec,
        *,
        era: Era,
        version: str = "",
        scope: str = "",
        capabilities: bytes = b"{}",
        peer: Peer | None = None,
    ) -> UpstreamSession:
        """A warm session, or a new one; one handshake for all waiters. `peer` hears what belongs to no request.

        `version` is the protocol version to ask for, "" the newest of the era. Raises UpstreamProblem, of kind
        `unsupported` when the server does not speak the era.
        """
        ...

    async def end(self, scope: str) -> None:
        """What `scope` stands for is gone (a client session was ended): close its sessions."""
        ...

    async def close(self) -> None: ...


class InternalUpstream(Protocol):
    """A server that this installation is itself; `UpstreamSpec.command` names it. It knows who calls."""

    async def session(self, spec: UpstreamSpec, *, principal: Principal, era: Era, version: str) -> UpstreamSession:
        """A session for the calls of one principal. It speaks every era and version. Raises UpstreamProblem."""
        ...

    async def close(self) -> None: ...
