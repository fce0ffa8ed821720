"""A name that leads to a good address at first and to a forbidden one later: nothing ever connects to the latter."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from core.net import NetPolicy
from proxy.engine.ports import UpstreamProblem, UpstreamSpec
from proxy.engine.upstreams import HttpUpstreams
from tests.engine.upstream import Asked, Upstream, text
from tests.peers.inthread import LoopThread
from tests.peers.serving import bind

GOOD, BAD = "127.0.0.2", "127.0.0.1"


class Resolver:
    """Answers for `rebind.example` what `says` holds: for each question the next list, for ever the last one."""

    def __init__(self, *says: list[str]) -> None:
        self.says = list(says)
        self.asked = 0

    async def getaddrinfo(self, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        assert host == "rebind.example"
        self.asked += 1
        addresses = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]


class Trap:
    """What listens at the forbidden address, at the server's own port."""

    def __init__(self, port: int) -> None:
        self.socket = bind(BAD, port)

    @property
    def caught(self) -> bool:
        try:
            self.socket.accept()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    with LoopThread() as made:
        yield made


@pytest.fixture
def served(thread: LoopThread) -> Iterator[tuple[UpstreamSpec, Trap]]:
    upstream = Upstream(eras=("stateless", "handshake"))

    @upstream.tool("wait")
    async def wait(asked: Asked) -> Any:
        await asyncio.sleep(0.2)  # so that calls at the same time need a connection each
        return text("done")

    port = int(thread.serve(upstream, host=GOOD).rpartition(":")[2])
    trap = Trap(port)
    url = f"http://rebind.example:{port}/mcp"
    yield (
        UpstreamSpec(
            server_id="srv_r", workspace_id="wsp", slug="r", title="R", transport="http", url=url, fingerprint="f"
        ),
        trap,
    )
    trap.socket.close()


@pytest.mark.parametrize("era", ["handshake", "stateless"])
@pytest.mark.parametrize("later", [[BAD], [BAD, GOOD]])
def test_each_connection_goes_to_an_address_that_was_checked(
    thread: LoopThread, served: tuple[UpstreamSpec, Trap], monkeypatch: pytest.MonkeyPatch, era: Any, later: list[str]
) -> None:
    spec, trap = served
    resolver = Resolver([GOOD], later)
    monkeypatch.setattr(thread.loop, "getaddrinfo", resolver.getaddrinfo)

    async def scenario() -> list[Any]:
        upstreams = HttpUpstreams(NetPolicy([f"{GOOD}/32"]))
        try:
            session = await upstreams.session(spec, era=era)
            calls = (session.request("tools/call", b'{"name":"wait","arguments":{}}') for _ in range(4))
            return await asyncio.gather(*calls, return_exceptions=True)
        finally:
            await upstreams.close()

    found = thread.run(scenario())
    assert resolver.asked > 1, "new connections ask again"
    assert not trap.caught
    problems = [one for one in found if isinstance(one, UpstreamProblem)]
    assert len(problems) < len(found), "the connection that was open goes on"
    if later == [BAD]:
        assert {problem.kind for problem in problems} == {"address"}
    else:
        assert not problems
