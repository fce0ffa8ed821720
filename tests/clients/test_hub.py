"""The official clients list and call tools through a hub, with every server of the proof behind it at once."""

from __future__ import annotations

import pytest

from tests.clients.conftest import Endpoint
from tests.clients.programs import PROGRAMS, Program


@pytest.mark.node
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_client_uses_every_server(endpoint: Endpoint, program: Program) -> None:
    calls = [(server.tool, dict(server.call.arguments)) for server in endpoint.upstreams]
    seen = program(endpoint.url, endpoint.key, calls)
    assert {server.tool for server in endpoint.upstreams} <= set(seen.tools)
    assert len(seen.tools) == len(set(seen.tools)) >= 50
    for server, answer in zip(endpoint.upstreams, seen.answers, strict=True):
        assert server.call.expected in answer, server.slug


def test_a_wrong_key_is_refused(endpoint: Endpoint) -> None:
    from tests.clients.programs import python_stateless

    with pytest.raises(BaseException):  # noqa: B017 - each mode wraps the 401 differently
        python_stateless(endpoint.url, "wrong", [])
