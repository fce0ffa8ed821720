"""What the owner process leaves behind, and what a stdio server costs through it.

    make bench BENCH=stdio      one JSON object a line: figure, value, unit

stdio.left_over     processes left of 200 trees as npx and uvx make them, every fiftieth double-forking: half ended by
                    kill -9 of the owner, a quarter by stopping their servers, a quarter by TERM of the owner
stdio.start_ms      from asking for a session to its handshake, the server's own start included; median
stdio.call_ms       one `tools/call` through the owner, one caller; median
stdio.call_cpu_ms   the owner's share of the CPU in that
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from proxy.engine.ports import UpstreamSpec
from proxy.owner import procs
from proxy.owner.client import OwnerUpstreams

ROOT = Path(__file__).resolve().parent.parent
TREE = str(ROOT / "benchmarks" / "stdio_tree.py")
MARK = "CROSSROADS_BENCH_TREE"
STYLES = ("npx", "uvx", "helper")
TREES = 200
AT_ONCE = 16
PATIENCE_S = 10.0
STARTS = 30
CALLS = 3000


class Owner:
    """An owner process with a client. Every child carries the mark in its environment."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cr-bench-"))
        self.mark = secrets.token_hex(8)
        token = secrets.token_hex(16)
        env = {
            **os.environ,
            "OWNER_SOCKET": str(self.folder / "run" / "owner.sock"),
            "OWNER_TOKEN": token,
            "OWNER_MAX_CHILDREN": str(TREES),
            "OWNER_MAX_PER_WORKSPACE": str(TREES),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "proxy.owner"], cwd=ROOT, env=env, stderr=subprocess.DEVNULL
        )
        self.client = OwnerUpstreams(env["OWNER_SOCKET"], token, name="bench")

    def spec(self, number: int, style: str) -> UpstreamSpec:
        return UpstreamSpec(
            server_id=f"srv_{number}", workspace_id="bench", slug="tree", title="Tree", transport="stdio",
            command=sys.executable, args=("-S", "-E", TREE, style), env={MARK: self.mark}, fingerprint="bench",
        )  # fmt: skip

    async def grow(self, count: int) -> None:
        """Start that many trees; the last of each fifty double-forks."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def start(number: int) -> None:
            style = "daemon" if number % 50 == 49 else STYLES[number % len(STYLES)]
            async with gate:
                await self.client.session(self.spec(number, style), era="handshake")

        await asyncio.gather(*(start(number) for number in range(count)))

    def alive(self) -> int:
        needle = f"{MARK}={self.mark}".encode()
        found = 0
        for name in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                found += name.isdigit() and needle in Path(f"/proc/{name}/environ").read_bytes().split(b"\0")
        return found

    async def left(self, family: list[int]) -> int:
        """What still lives when all had their time to go: marked processes, and any of the owner's own below it."""
        for _ in range(int(PATIENCE_S / 0.05)):
            if not self.alive() and not any(map(_lives, family)):
                break
            await asyncio.sleep(0.05)
        return self.alive() or sum(map(_lives, family))

    async def close(self) -> None:
        await self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def say(figure: str, value: float, unit: str) -> None:
    print(json.dumps({"figure": figure, "value": round(value, 4), "unit": unit}), flush=True)


async def left_over(trees: int = TREES) -> int:
    """Grow two owners with half of the trees each, end them in the three ways, and count what is left."""
    left = 0
    for ending in (signal.SIGKILL, signal.SIGTERM):
        owner = Owner()
        half = trees // 2
        await owner.grow(half)
        grown = owner.alive()
        if grown < half * 2:
            raise SystemExit(f"only {grown} processes came of {half} trees: this measures nothing")
        if ending == signal.SIGTERM:
            await asyncio.gather(*(owner.client.stop(f"srv_{number}") for number in range(half // 2)))
        family = procs.descendants(owner.process.pid)
        owner.process.send_signal(ending)
        owner.process.wait(10)
        left += await owner.left(family)
        await owner.close()
    return left


async def start_ms(owner: Owner) -> float:
    taken = []
    for number in range(STARTS):
        began = time.perf_counter()
        await owner.client.session(owner.spec(number, "server"), era="handshake")
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


async def call_ms(owner: Owner) -> tuple[float, float]:
    """Median time of a call, and the owner's mean CPU for one, in milliseconds."""
    session = await owner.client.session(owner.spec(0, "server"), era="handshake")
    taken = []
    before = _cpu_s(owner.process.pid)
    for _ in range(CALLS):
        began = time.perf_counter()
        await session.request("tools/call", b'{"name":"x","arguments":{}}')
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), (_cpu_s(owner.process.pid) - before) / CALLS * 1000


def _lives(pid: int) -> bool:
    """A process that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def _cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure() -> None:
    owner = Owner()
    try:
        say("stdio.start_ms", await start_ms(owner), "ms")
        taken, cpu = await call_ms(owner)
        say("stdio.call_ms", taken, "ms")
        say("stdio.call_cpu_ms", cpu, "ms")
    finally:
        await owner.close()
    say("stdio.left_over", await left_over(), "processes")


if __name__ == "__main__":
    uvloop.run(measure())
