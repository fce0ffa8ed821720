"""The client programs work against a server directly, so that a failure through the hub is the hub's."""

from __future__ import annotations

import pytest

from tests.clients.programs import PROGRAMS, Program
from tests.peers.fixtures import Peers, module_peers  # noqa: F401


@pytest.mark.node
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_client_lists_and_calls(module_peers: Peers, program: Program) -> None:  # noqa: F811
    server = module_peers.start("plain")
    seen = program(server.url, "key", [("echo", {"text": "Ahoy"}), ("add", {"a": 1, "b": 2})])
    assert {"echo", "add"} <= set(seen.tools)
    assert seen.answers == ["Ahoy", "3"]
