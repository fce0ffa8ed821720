"""The scenarios of `features` pass without a hub: what fails through one is the hub's."""

from __future__ import annotations

import asyncio

import pytest

from tests.clients.features import SCENARIOS, Scenario, Way
from tests.peers.fixtures import Peers, module_peers  # noqa: F401

pytestmark = pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_feature(module_peers: Peers, scenario: Scenario, mode: str) -> None:  # noqa: F811
    server = module_peers.start("rich")
    asyncio.run(scenario(Way(server.url, "", mode)))
