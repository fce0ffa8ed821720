from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from proxy.bundled import arithmetic, texts, zones
from proxy.bundled.notebook import notebook
from proxy.bundled.toolbox import Toolbox


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {}


class Tools:
    """Calls tools as the server does, without the protocol around them."""

    def __init__(self, folder: Path) -> None:
        self.changes: list[tuple[str, bool]] = []
        self.box = Toolbox()
        note_tools, self.notes = notebook(folder, self._changed)
        for part in (zones.toolbox, arithmetic.toolbox, texts.toolbox, note_tools):
            self.box.add_all(part)

    async def _changed(self, uri: str, listed: bool) -> None:
        self.changes.append((uri, listed))

    async def __call__(self, name: str, /, **arguments: Any) -> Any:
        """What the tool gives, or the sentence with which it refuses. A trailing underscore escapes a keyword."""
        wish = {key.removesuffix("_"): value for key, value in arguments.items()}
        result = await self.box.tools[name].call(wish)
        return result.content[0].text if result.is_error else result.structured_content  # type: ignore[union-attr]


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path / "notes")
