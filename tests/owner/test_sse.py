"""Servers of the deprecated HTTP+SSE transport: the owner holds the stream, all processes share it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from proxy.engine.ports import UpstreamProblem, UpstreamSpec
from tests.owner.kit import Listener, OwnerProcess, params, until
from tests.owner.peers.sse_app import FLOOD, SseApp
from tests.peers.fixtures import Peers, peers  # noqa: F401
from tests.peers.inthread import LoopThread

pytestmark = pytest.mark.anyio


class Served:
    def __init__(self, app: SseApp, base: str) -> None:
        self.app = app
        self.base = base

    def spec(self, kind: str, **more: Any) -> UpstreamSpec:
        return UpstreamSpec(
            server_id=f"srv_{kind}", workspace_id="wsp", slug="sse", title="Old server", transport="sse",
            url=f"{self.base}/{kind}/sse", fingerprint="f1", timeout_ms=5000, **more,
        )  # fmt: skip


@pytest.fixture
def served() -> Iterator[Served]:
    app = SseApp()
    with LoopThread() as thread:
        yield Served(app, thread.serve(app))


async def test_one_stream_serves_all_who_attach(owner: OwnerProcess, served: Served) -> None:
    spec = served.spec("good", headers={"authorization": "Bearer secret"})
    sessions = [await owner.client().session(spec, era="handshake") for _ in range(3)]
    replies = await asyncio.gather(*(session.request("tools/list", b"{}") for session in sessions))
    assert [json.loads(bytes(reply.result or b""))["method"] for reply in replies] == ["tools/list"] * 3
    assert served.app.streams == 1
    assert sessions[0].version == "2024-11-05"
    assert [post["method"] for post in served.app.posts[:2]] == ["initialize", "notifications/initialized"]
    assert {headers[b"authorization"] for headers in served.app.headers} == {b"Bearer secret"}
    child = (await owner.client().status()).children[0]
    assert (child.transport, child.pid, child.processes) == ("sse", 0, 0)


async def test_a_redirect_of_the_server_to_itself_is_followed(owner: OwnerProcess, served: Served) -> None:
    session = await owner.client().session(served.spec("moved"), era="handshake")
    assert (await session.request("ping", b"{}")).result is not None


async def test_a_server_on_the_official_sdk_tells_and_asks(owner: OwnerProcess, peers: Peers) -> None:  # noqa: F811
    peer = peers.start("rich", "--sse")
    spec = UpstreamSpec(
        server_id="srv_rich",
        workspace_id="wsp",
        slug="rich",
        title="Rich",
        transport="sse",
        url=peer.url,
        fingerprint="f",
    )
    session = await owner.client().session(
        spec, era="handshake", scope="cli_1", capabilities=b'{"roots":{},"sampling":{},"elicitation":{"form":{}}}'
    )

    async def reply(method: str, with_: Any) -> Any:
        return {"action": "accept", "content": {"name": "Ada"}}

    listener = Listener(reply)
    tools = json.loads(bytes((await session.request("tools/list", b"{}")).result or b""))["tools"]
    assert tools
    body = json.dumps({"name": "work", "arguments": {"steps": 3}, "_meta": {"progressToken": 7}}).encode()
    result = await session.request("tools/call", body, peer=listener)
    assert result.result is not None
    tokens = [note["progressToken"] for method, note in listener.notes if method == "notifications/progress"]
    assert tokens == [7] * 3
    asked = await session.request("tools/call", params("ask_name"), peer=listener)
    assert asked.result is not None
    assert [method for method, _ in listener.asked] == ["elicitation/create"]


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("401", "unauthorized", "HTTP 401"),
        ("404", "not_mcp", "HTTP 404"),
        ("405", "not_mcp", "HTTP 405"),
        ("500", "protocol", "HTTP 500"),
        ("page", "not_mcp", "does not answer as an MCP server"),
        ("ends", "closed", "closed its stream"),
        ("elsewhere", "protocol", "endpoint at another server"),
    ],
)
async def test_a_server_that_cannot_serve_says_why(
    owner: OwnerProcess, served: Served, path: str, kind: str, said: str
) -> None:
    with pytest.raises(UpstreamProblem) as caught:
        await owner.client().session(served.spec(path), era="handshake")
    assert (caught.value.kind, said in caught.value.sentence) == (kind, True), caught.value.sentence


async def test_a_request_that_is_not_taken_fails_alone(owner: OwnerProcess, served: Served) -> None:
    session = await owner.client().session(served.spec("refuses"), era="handshake")
    with pytest.raises(UpstreamProblem, match="HTTP 500"):
        await session.request("tools/call", params("x"))
    assert (await session.request("ping", b"{}")).result is not None
    assert served.app.streams == 1


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("giant", "too_large", "larger than 16 MB"),
        ("endless", "too_large", "larger than 16 MB"),
        ("turns", "protocol", "endpoint at another server"),
    ],
)
async def test_a_server_that_turns_hostile_is_let_go(
    owner: OwnerProcess, served: Served, path: str, kind: str, said: str
) -> None:
    session = await owner.client().session(served.spec(path), era="handshake")
    with pytest.raises(UpstreamProblem) as caught:
        await session.request("ping", b"{}", timeout_ms=30_000)  # 16 MB take their time on a busy machine
    assert (caught.value.kind, said in caught.value.sentence) == (kind, True), caught.value.sentence
    await until(lambda: session.lost, "the end is noticed")
    assert (await session.request("tools/list", b"{}")).result is not None, "the next one starts afresh"
    assert (await owner.client().status()).rss < 300 << 20


async def test_a_flood_of_events_takes_only_a_share(owner: OwnerProcess, served: Served) -> None:
    client = owner.client()
    session = await client.session(served.spec("floods"), era="handshake")
    other = await client.session(served.spec("good"), era="handshake")
    flood = asyncio.create_task(session.request("ping", b"{}", timeout_ms=30_000))
    began, slowest = time.monotonic(), 0.0
    while not flood.done():
        asked = time.monotonic()
        await other.request("ping", b"{}")
        slowest = max(slowest, time.monotonic() - asked)
    assert (await flood).result is not None
    assert time.monotonic() - began > 0.7 * FLOOD / 20_000, "20,000 events a second are read"
    assert slowest < 1.5


@pytest.mark.parametrize("path", ["forgets", "hangs_up"])
async def test_a_session_that_the_server_dropped_is_opened_again(
    owner: OwnerProcess, served: Served, path: str
) -> None:
    session = await owner.client().session(served.spec(path), era="handshake")
    if path == "forgets":
        with pytest.raises(UpstreamProblem):
            await session.request("tools/call", params("x"))
    else:
        await session.request("ping", b"{}")
    await until(lambda: session.lost, "the end is noticed")
    assert (await session.request("tools/list", b"{}")).result is not None
    assert served.app.streams == 2


async def test_a_stopped_session_closes_its_stream(owner: OwnerProcess, served: Served) -> None:
    client = owner.client()
    session = await client.session(served.spec("good"), era="handshake", scope="cli_1")
    await session.close()
    while (await client.status()).children:
        await asyncio.sleep(0.01)


async def test_an_address_that_is_not_allowed_is_refused(owners: Callable[..., OwnerProcess], served: Served) -> None:
    owner = owners(ALLOW_NETWORKS="")
    with pytest.raises(UpstreamProblem) as caught:
        await owner.client().session(served.spec("good"), era="handshake")
    assert caught.value.kind == "address"
    assert served.app.streams == 0
