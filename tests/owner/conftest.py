from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.owner.kit import OwnerProcess


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
async def owners(anyio_backend: object) -> AsyncIterator[Callable[..., OwnerProcess]]:
    """Makes owners with settings of their own."""
    made: list[OwnerProcess] = []

    def make(**settings: str) -> OwnerProcess:
        made.append(OwnerProcess(**settings).start())
        return made[-1]

    yield make
    for one in made:
        await one.finish()


@pytest.fixture
async def owner(owners: Callable[..., OwnerProcess]) -> OwnerProcess:
    return owners()
