from collections.abc import Iterator

import pytest

from tests.engine.kit import Stage, stage
from tests.peers.fixtures import module_peers

__all__ = ["module_peers"]


@pytest.fixture
def play() -> Iterator[Stage]:
    """Gateways and servers of one test."""
    with stage() as made:
        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[Stage]:
    """The same for a whole module, where tests leave no trace."""
    with stage() as made:
        yield made


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
