"""Gateways on a loop in a thread, and a plain HTTP client that speaks both eras, for tests of the engine."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from core.net import NetPolicy
from proxy.adapters.policy import DecisionPolicy
from proxy.engine.app import Gateway
from proxy.engine.config import GatewayConfig
from proxy.engine.ports import CallRecord, HubSnapshot, UpstreamSpec
from proxy.engine.upstreams import HttpUpstreams, RoutedUpstreams
from tests.engine.upstream import Upstream
from tests.peers.inthread import LoopThread
from tests.peers.memory import (
    WORKSPACE,
    WORKSPACE_ID,
    MemoryHubs,
    MemoryJournal,
    MemoryKeys,
    MemoryStore,
    key_principal,
)

KEY = "good-key"
OTHER = "other-key"
Json = dict[str, Any]
STATELESS = "2026-07-28"
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
PREFIX = "io.modelcontextprotocol/"


def eventually(check: Callable[[], Any], *, within_s: float = 5.0) -> Any:
    """Wait until `check` gives something true."""
    deadline = time.monotonic() + within_s
    while True:
        found = check()
        if found or time.monotonic() > deadline:
            assert found
            return found
        time.sleep(0.01)


def envelope(**meta: Any) -> Json:
    return {f"{PREFIX}protocolVersion": STATELESS, f"{PREFIX}clientCapabilities": {}, **meta}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Json]:
        """The messages of an event stream; of a plain body the one that it is."""
        if not self.headers.get("content-type", "").startswith("text/event-stream"):
            return [self.json]
        return [message for _, message in parse_events(self.body)]

    @property
    def last(self) -> Json:
        return self.events[-1]

    @property
    def error(self) -> Json:
        error: Json = self.last["error"]
        return error

    @property
    def result(self) -> Json:
        assert "result" in self.last, self.last
        result: Json = self.last["result"]
        return result


def parse_events(data: bytes) -> list[tuple[str, Json]]:
    found = []
    for block in data.decode().split("\n\n"):
        lines = [line.partition(": ") for line in block.split("\n")]
        event_id = next((value for name, _, value in lines if name == "id"), "")
        body = "\n".join(value for name, _, value in lines if name == "data")
        if body.strip():
            found.append((event_id, json.loads(body)))
    return found


@dataclass
class Client:
    """One client of one URL. `session` is set by `initialize`."""

    url: str
    key: str = KEY
    session: str = ""
    version: str = "2025-11-25"
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def http(
        self, verb: str, body: bytes | None = None, *, path: str = "", timeout: float = 10, **headers: str | None
    ) -> Answer:
        connection, response = self.open(verb, body, path=path, timeout=timeout, **headers)
        with contextlib.closing(connection):
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    def open(
        self, verb: str, body: bytes | None = None, *, path: str = "", timeout: float = 10, **headers: str | None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
        sent: dict[str, str | None] = {"Accept": "application/json, text/event-stream"}
        if self.key:
            sent["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(verb, path or parts.path, body, {k: v for k, v in sent.items() if v is not None})
        return connection, connection.getresponse()

    # -- handshake

    def initialize(self, version: str = "2025-11-25", **capabilities: Any) -> Answer:
        params = {"protocolVersion": version, "capabilities": capabilities, "clientInfo": {"name": "t", "version": "9"}}
        answer = self.http("POST", self.message("initialize", params))
        assert answer.status == 200, answer
        self.session = answer.headers["mcp-session-id"]
        self.version = answer.result["protocolVersion"]
        assert self.send("notifications/initialized").status == 202
        return answer

    def message(self, method: str, params: Any = None, *, message_id: Any = None) -> bytes:
        made: Json = {"jsonrpc": "2.0", "id": message_id or next(self.numbers), "method": method}
        return json.dumps(made if params is None else {**made, "params": params}).encode()

    def of_session(self) -> dict[str, str]:
        return {"Mcp_Session_Id": self.session, "MCP_Protocol_Version": self.version}

    def call(self, method: str, params: Any = None, *, message_id: Any = None, **headers: str | None) -> Answer:
        """A request in the session."""
        return self.http("POST", self.message(method, params, message_id=message_id), **(self.of_session() | headers))

    def tool(self, name: str, _meta: Any = None, /, **arguments: Any) -> Answer:
        params = {"name": name, "arguments": arguments} | ({"_meta": _meta} if _meta else {})
        return self.call("tools/call", params)

    def send(self, method: str, params: Any = None) -> Answer:
        """A notification in the session."""
        made: Json = {"jsonrpc": "2.0", "method": method, "params": params or {}}
        return self.http("POST", json.dumps(made).encode(), **self.of_session())

    def answer(self, message_id: Any, **outcome: Any) -> Answer:
        made = {"jsonrpc": "2.0", "id": message_id, **outcome}
        return self.http("POST", json.dumps(made).encode(), **self.of_session())

    # -- stateless

    def ask(
        self, method: str, params: Json | None = None, *, meta: Json | None = None, **headers: str | None
    ) -> Answer:
        """A request of 2026-07-28."""
        return self.http("POST", *self.asked(method, params, meta=meta), **self.mirrored(method, params) | headers)

    def asked(self, method: str, params: Json | None, *, meta: Json | None = None) -> tuple[bytes]:
        return (self.message(method, {**(params or {}), "_meta": envelope(**(meta or {}))}),)

    def mirrored(self, method: str, params: Json | None) -> dict[str, str | None]:
        headers: dict[str, str | None] = {"MCP_Protocol_Version": STATELESS, "Mcp_Method": method}
        if method in NAMED and params:
            headers["Mcp_Name"] = params[NAMED[method]]
        return headers


class Stream:
    """An open event stream, read message by message."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self.connection, self.response = connection, response
        self.last_id = ""

    def next(self) -> Json:
        """The next message; events without one are passed over. Raises EOFError at the end."""
        lines: list[str] = []
        while True:
            line = self.response.readline()
            if not line:
                raise EOFError
            text = line.decode().rstrip("\r\n")
            if text:
                lines.append(text)
                continue
            for found in lines:
                if found.startswith("id: "):
                    self.last_id = found[4:]
            data = "\n".join(found[6:] for found in lines if found.startswith("data: "))
            if data.strip():
                message: Json = json.loads(data)
                return message
            lines = []

    def ends(self) -> list[Json]:
        """Whatever still comes, up to the end."""
        found = []
        with contextlib.suppress(EOFError):
            while True:
                found.append(self.next())
        return found

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class Stage:
    """Gateways that share a store, and servers behind them."""

    thread: LoopThread
    keys: MemoryKeys
    hubs: MemoryHubs
    journal: MemoryJournal
    store: MemoryStore
    gateways: list[Gateway] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)
    upstreams: list[RoutedUpstreams] = field(default_factory=list)

    def gateway(self, **config: Any) -> str:
        """One more gateway process, so to speak; its base URL."""

        async def build() -> tuple[Gateway, RoutedUpstreams]:
            http = HttpUpstreams(NetPolicy(["127.0.0.0/8"]), store=self.store)
            upstreams = RoutedUpstreams(http=http)
            gateway = Gateway(
                GatewayConfig(**config), keys=self.keys, hubs=self.hubs, policy=DecisionPolicy(), journal=self.journal,
                store=self.store, upstreams=upstreams,
            )  # fmt: skip
            await gateway.start()
            return gateway, upstreams

        gateway, upstreams = self.thread.run(build())
        self.gateways.append(gateway)
        self.upstreams.append(upstreams)
        self.bases.append(self.thread.serve(gateway))
        return self.bases[-1]

    def serve(self, upstream: Upstream, slug: str = "up", **more: Any) -> UpstreamSpec:
        """Serve a scripted server; how to reach it."""
        return self.spec(slug, self.thread.serve(upstream) + "/mcp", **more)

    def spec(self, slug: str, url: str, **more: Any) -> UpstreamSpec:
        given = {"transport": "http", "url": url, "fingerprint": f"{slug}-1", "timeout_ms": 5000, **more}
        return UpstreamSpec(server_id=f"srv_{slug}", workspace_id=WORKSPACE_ID, slug=slug, title=slug.title(), **given)

    def hub(self, slug: str, *specs: UpstreamSpec, **hub: Any) -> HubSnapshot:
        if not self.bases:
            self.gateway()
        made: HubSnapshot = self.thread.run(self.hubs.add(self.upstreams[0], slug, specs, **hub))
        return made

    def url(self, slug: str, gateway: int = 0) -> str:
        return f"{self.bases[gateway]}/mcp/{WORKSPACE}/{slug}"

    def client(self, slug: str, gateway: int = 0, *, key: str = KEY) -> Client:
        return Client(self.url(slug, gateway), key=key)

    def changed(self) -> None:
        """Say that the workspace changed."""
        self.thread.loop.call_soon_threadsafe(self.hubs.changed)

    @property
    def records(self) -> list[CallRecord]:
        return self.journal.records

    def record(self, method: str = "tools/call") -> CallRecord:
        """The last record of a method, as soon as it is there."""
        found = eventually(lambda: [record for record in self.records if record.method == method])
        record: CallRecord = found[-1]
        return record


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    keys = MemoryKeys(**{KEY: key_principal(KEY), OTHER: key_principal(OTHER)})
    with LoopThread() as thread:
        made = Stage(thread, keys, MemoryHubs(), MemoryJournal(), MemoryStore())
        try:
            yield made
        finally:
            for gateway in made.gateways:
                thread.run(gateway.stop())
