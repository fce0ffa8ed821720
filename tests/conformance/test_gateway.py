"""The official suite through the gateway: an open hub of one server under bare names, on the open listener."""

from __future__ import annotations

import pytest

from tests.conformance import runner
from tests.peers.fixtures import Peers, module_peers  # noqa: F401
from tests.peers.gateway import http_spec, serve_gateway

CONTENTS = {
    "test_simple_text", "test_image_content", "test_audio_content", "test_embedded_resource",
    "test_multiple_content_types", "test_tool_with_progress", "test_simple_prompt", "test_prompt_with_arguments",
    "test_prompt_with_embedded_resource", "test_prompt_with_image", "test://static-text", "test://static-binary",
    "test://template/123/data",
}  # fmt: skip
ASKING = ("elicitation", "sampling", "list_roots", "request_state", "multiple_inputs", "multi_round", "prompt")
SEEN = {
    "2025-11-25": CONTENTS | {"test_sampling", "test_elicitation", "test_tool_with_logging"},
    "2026-07-28": CONTENTS | {f"test_input_required_result_{name}" for name in ASKING},
}


@pytest.mark.node
@pytest.mark.parametrize("revision", runner.REVISIONS)
def test_gateway_passes(module_peers: Peers, revision: str) -> None:  # noqa: F811
    server = module_peers.start("conformance_server")
    with serve_gateway(open_listener=True) as served:
        url = served.add("open", http_spec("conformance", server.url), naming="bare", open=True)
        report = runner.run(url, revision)
        records = served.journal.records
        hub = served.snapshot("open")
    assert len(report.scenarios) == runner.REQUIRED[revision]
    assert report.failed == []
    assert report.warned == []
    # Some scenarios are content with any answer: see that the calls were answered by the fixture, and for whom.
    answered = {record.name for record in records if record.outcome in ("answered", "input_required")}
    expected = SEEN[revision]
    assert expected <= answered
    assert {record.principal_id for record in records} == {f"anon:{hub.hub_id}"}
    assert {record.protocol for record in records if record.name in expected} == {revision}
