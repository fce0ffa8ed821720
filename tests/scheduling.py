"""How tests are shared out to processes: file by file, and those of one site and one browser together, they first."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling

TOGETHER = "tests/browser/"
"""Its fixtures take the better part of a minute to make, and hold while its tests run without others between."""
SLOW = (TOGETHER, "tests/assistants/test_runtime_models.py", "tests/clients/", "tests/launch/", "tests/site/")
"""What takes minutes begins early, so that no process works alone at the end."""


class Scheduling(LoadFileScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER if nodeid.startswith(TOGETHER) else str(super()._split_scope(nodeid))


def put_slow_ones_first(items: list[pytest.Item]) -> None:
    """In place; the order of equals stays, whatever shuffled them."""

    def place(item: pytest.Item) -> int:
        return next((at for at, start in enumerate(SLOW) if item.nodeid.startswith(start)), len(SLOW))

    items.sort(key=place)
