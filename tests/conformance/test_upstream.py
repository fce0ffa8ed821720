"""The gateway as a client of servers: the official suite's client scenarios, but those of authorization."""

from __future__ import annotations

import sys

import pytest

from tests.conformance import runner

COMMAND = f"{sys.executable} -m tests.conformance.upstream"
SCENARIOS = [
    ("2025-11-25", "initialize"),
    ("2025-11-25", "tools_call"),
    ("2025-11-25", "elicitation-sep1034-client-defaults"),
    ("2025-11-25", "sse-retry"),
    ("2026-07-28", "tools_call"),
    ("2026-07-28", "request-metadata"),
    ("2026-07-28", "sep-2322-client-request-state"),
    ("2026-07-28", "http-standard-headers"),
    ("2026-07-28", "http-custom-headers"),
    ("2026-07-28", "http-invalid-tool-headers"),
    ("2026-07-28", "json-schema-ref-no-deref"),
]


@pytest.mark.node
@pytest.mark.parametrize(("revision", "scenario"), SCENARIOS)
def test_gateway_speaks_to_servers(revision: str, scenario: str) -> None:
    failed, said = runner.run_client(COMMAND, scenario, revision)
    assert failed == [], said[-3000:]
