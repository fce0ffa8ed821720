"""The fixture server passes the suite directly: what fails through the gateway is then the gateway's."""

from __future__ import annotations

import pytest

from tests.conformance import runner
from tests.peers.fixtures import Peers, module_peers  # noqa: F401


@pytest.mark.node
@pytest.mark.parametrize("revision", runner.REVISIONS)
def test_fixture_passes_directly(module_peers: Peers, revision: str) -> None:  # noqa: F811
    report = runner.run(module_peers.start("conformance_server").url, revision)
    assert len(report.scenarios) == runner.REQUIRED[revision]
    assert report.failed == []
    assert report.warned == []
