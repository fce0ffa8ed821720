"""Real descriptions of MCP servers, for tests that import or draw them.

They lie outside of the repository, in the folder that `CROSSROADS_TEST_DATA` names, else in `../shared/data`. Tests
that need them are skipped where they are not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Entry = dict[str, Any]


def folder() -> Path:
    return Path(os.environ.get("CROSSROADS_TEST_DATA") or ROOT.parent / "shared" / "data")


def _lines(name: str) -> Iterator[Entry]:
    path = folder() / name
    if not path.is_file():
        pytest.skip(f"needs {name}, which is not in {folder()}; CROSSROADS_TEST_DATA may name another folder")
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def servers_with_tools() -> list[Entry]:
    """Servers with `name`, `type`, `meta`, `about`, `config`; some with `tools`, a list of definitions."""
    return list(_lines("servers_with_tools.jsonl"))


def servers() -> list[Entry]:
    """Packages with `packageName`, `runtime`, `description`, `env` (which variables, which required), `category`."""
    return list(_lines("servers.jsonl"))


def tools() -> list[Entry]:
    """Every tool definition that a server of `servers_with_tools` brings."""
    return [tool for server in servers_with_tools() for tool in server.get("tools") or []]
