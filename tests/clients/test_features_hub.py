"""The scenarios of `features` through a hub: with the server's own era on both sides, and several servers in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.clients.features import (
    SCENARIOS,
    STATELESS,
    Scenario,
    Way,
    asks_back,
    hears_of_changed_tools,
    hears_of_touched_resources,
)
from tests.peers.fixtures import Peers, module_peers  # noqa: F401
from tests.peers.gateway import Served, http_spec, serve_gateway

pytestmark = pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")


@pytest.fixture(scope="module")
def served(module_peers: Peers) -> Iterator[Served]:  # noqa: F811
    with serve_gateway() as made:
        rich = http_spec("rich", module_peers.start("rich", "--page-size", "3").url, session_scope="client")
        made.add("mixed", rich, http_spec("plain", module_peers.start("plain").url))
        late = module_peers.start("rich", "--late-streams", "0.3").url
        made.add("far", http_spec("far", late, session_scope="client"))
        yield made


@pytest.mark.parametrize("mode", ["legacy", STATELESS])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_feature(served: Served, scenario: Scenario, mode: str) -> None:
    url = f"{served.base}/mcp/memory/mixed"
    asyncio.run(scenario(Way(url, served.key, mode, prefix="rich__")))


@pytest.mark.parametrize("mode", ["legacy", STATELESS])
@pytest.mark.parametrize("scenario", [asks_back, hears_of_changed_tools, hears_of_touched_resources])
def test_nothing_is_missed_of_a_server_far_away(served: Served, scenario: Scenario, mode: str) -> None:
    """What a client was promised to hear of it hears, even while streams to the server are still being opened."""
    asyncio.run(scenario(Way(f"{served.base}/mcp/memory/far", served.key, mode, prefix="far__")))
