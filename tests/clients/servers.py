"""The servers behind the hub: how each is started, one call of it, and what must come back.

The Python ones live in `.venv-peers`, made on first use from `servers.txt`; the node ones in `tests/node`.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.node import tools

ROOT = Path(__file__).resolve().parents[2]
PINS = Path(__file__).parent / "servers.txt"
PYTHON_PEERS = ROOT / ".venv-peers"


@dataclass(frozen=True)
class Call:
    """A call under the server's own name; `expected` is in the text of its answer."""

    tool: str
    arguments: Mapping[str, Any]
    expected: str


@dataclass(frozen=True)
class Upstream:
    slug: str
    command: str
    args: list[str]
    call: Call
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = ""

    @property
    def tool(self) -> str:
        """The call's tool as clients of the hub see it."""
        return f"{self.slug}__{self.call.tool}"

    def as_configuration(self) -> dict[str, Any]:
        """As Claude Desktop, Cursor and VS Code write it."""
        return {"command": self.command, "args": self.args, **({"env": dict(self.env)} if self.env else {})}


@functools.cache
def python_peers() -> Path:
    """The `bin` of the environment with the Python servers; made when its pins have changed."""
    wanted = hashlib.sha256(PINS.read_bytes()).hexdigest()
    stamp = PYTHON_PEERS / ".installed"
    with PINS.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (stamp.exists() and stamp.read_text() == wanted):
            _make_environment()
            stamp.write_text(wanted)
    return PYTHON_PEERS / "bin"


def _make_environment() -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    python = str(PYTHON_PEERS / "bin" / "python")
    if uv:
        _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(PYTHON_PEERS))
        _run(uv, "pip", "install", "--quiet", "--python", python, "-r", str(PINS))
    else:
        _run(sys.executable, "-m", "venv", "--clear", str(PYTHON_PEERS))
        _run(python, "-m", "pip", "install", "--quiet", "-r", str(PINS))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr[-2000:]}")


def _repository(folder: Path) -> Path:
    """A git repository with one commit."""
    place = folder / "repository"
    place.mkdir()
    (place / "readme.txt").write_text("Crossroads was here\n")
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    _run("git", "-C", str(place), "init", "--quiet")
    _run("git", "-C", str(place), "add", "readme.txt")
    _run("git", "-C", str(place), *who, "commit", "--quiet", "-m", "The first commit")
    return place


def _python_servers(folder: Path) -> list[Upstream]:
    peers = python_peers()
    repository = _repository(folder)
    rome = {"source_timezone": "Europe/Rome", "time": "12:00", "target_timezone": "Asia/Tokyo"}
    log = Call("git_log", {"repo_path": str(repository)}, "The first commit")
    return [
        Upstream("time", str(peers / "mcp-server-time"), [], Call("convert_time", rome, "Asia/Tokyo")),
        Upstream("git", str(peers / "mcp-server-git"), ["--repository", str(repository)], log),
    ]


def _node_servers(folder: Path) -> list[Upstream]:
    node = str(tools.node())
    shared = folder / "shared"
    shared.mkdir()
    (shared / "hello.txt").write_text("Hello from a file")

    def script(name: str) -> str:
        return str(tools.script(f"@modelcontextprotocol/server-{name}", "dist/index.js"))

    remembered = folder / "memory.jsonl"
    ada = {"type": "entity", "name": "Ada", "entityType": "person", "observations": ["wrote the first program"]}
    remembered.write_text(json.dumps(ada) + "\n")
    return [
        Upstream("everything", node, [script("everything"), "stdio"], Call("echo", {"message": "Ahoy"}, "Ahoy")),
        Upstream(
            "filesystem",
            node,
            [script("filesystem"), str(shared)],
            Call("read_text_file", {"path": str(shared / "hello.txt")}, "Hello from a file"),
        ),
        Upstream(
            "memory",
            node,
            [script("memory")],
            Call("open_nodes", {"names": ["Ada"]}, "wrote the first program"),
            env={"MEMORY_FILE_PATH": str(remembered)},
        ),
    ]


def _bundled(folder: Path) -> Upstream:
    """The server that the product brings along."""
    sum_of_two = Call("calculate", {"expression": "2 * (3 + 4)"}, "14")
    arguments = ["-m", "proxy.bundled"]
    return Upstream(
        "bundled", sys.executable, arguments, sum_of_two, env={"NOTES_DIR": str(folder / "notes")}, cwd=str(ROOT)
    )


def all_servers(folder: Path) -> list[Upstream]:
    """Every server of the proof, working in `folder`; skips where this machine has no node."""
    return [_bundled(folder), *_python_servers(folder), *_node_servers(folder)]
