"""A server closes idle connections when it likes; the pool learns when, and gives them up before."""

from __future__ import annotations

import asyncio
import time

from core.net import NetPolicy, parse_url
from core.net.fetch import request_head
from proxy.engine.http_client import HttpClient
from tests.peers.fixtures import Peers, peers  # noqa: F401

KEEP_ALIVE_S = 1.5


def test_the_pool_learns_when_a_server_hangs_up(peers: Peers) -> None:  # noqa: F811
    server = peers.start("plain", "--keep-alive", str(KEEP_ALIVE_S))
    target = parse_url(server.url.replace("/mcp", "/stats"))
    head = request_head("GET", target, {}).encode()

    async def play() -> None:
        client = HttpClient(NetPolicy(("127.0.0.0/8",)), max_bytes=1_000_000)
        assert (await client.send(target, head, None, timeout_s=5, safe=True)).status == 200
        (connection,) = client._idle[target.origin]
        while not connection.closed:
            await asyncio.sleep(0.01)
        patience, _ = client._patience[target.origin]
        assert 0.5 < patience < KEEP_ALIVE_S

        await client.send(target, head, None, timeout_s=5, safe=True)
        (connection,) = client._idle[target.origin]
        assert client._take(target) is connection
        connection.idle_since = time.monotonic() - patience
        client._idle[target.origin].append(connection)
        assert client._take(target) is None, "the server is about to close it"
        client.close()

    asyncio.run(play())
