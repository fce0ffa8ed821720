"""What the gateway costs: CPU for each `tools/call`, with key check, permission and call record on.

    make bench BENCH=gateway    one JSON object a line: figure, value, unit

Everything is real: embedded stores of its own, one gateway process, an upstream and a load client as processes of
their own, all on loopback. CPU is the gateway process's user and system time in the window / calls answered in it.
A figure is the median of ROUNDS rounds.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from config.launch.stores import Stores

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
SECONDS = 4.0
CALLERS = (1, 16)
SEED = """
from benchmarks.seed import seed
print(seed({url!r}))
"""


def say(figure: str, value: float, unit: str) -> None:
    print(json.dumps({"figure": figure, "value": round(value, 4), "unit": unit}), flush=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(command: list[str], env: dict[str, str], stdout: int | None = None) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=stdout)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()


def environment(folder: Path, stores: Stores, port: int) -> dict[str, str]:
    urls = stores.start()
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": urls.database_url,
        "REDIS_URL": urls.redis_url,
        "DATA_DIR": str(folder),
        "SECRET_KEY": secrets.token_urlsafe(32),
        "MASTER_KEY": secrets.token_urlsafe(32),
        "OWNER_TOKEN": secrets.token_urlsafe(32),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ALLOW_NETWORKS": "127.0.0.0/8",
    }


def wait_for(url: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            if time.monotonic() > end:
                raise SystemExit(f"{url} does not answer") from None
            time.sleep(0.1)


def cpu_s(pid: int) -> float:
    """User and system seconds of a process and its children."""
    root = psutil.Process(pid)
    return sum(sum(part.cpu_times()[:2]) for part in [root, *root.children(recursive=True)])


def load(url: str, key: str, callers: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.load", url, key, "up__echo"]
    done = subprocess.run(
        [*command, "--callers", str(callers), "--seconds", str(seconds)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(url: str, key: str, pid: int) -> None:
    load(url, key, 1, 1.0)
    rounds: dict[int, list[tuple[float, float, float]]] = {callers: [] for callers in CALLERS}
    for _ in range(ROUNDS):
        for callers in CALLERS:
            before = cpu_s(pid)
            found = load(url, key, callers, SECONDS)
            spent = cpu_s(pid) - before
            rounds[callers].append((spent * 1000 / found["calls"], found["calls"] / SECONDS, found["p50_ms"]))
    for callers, results in rounds.items():
        cpu, rate, p50 = (statistics.median(column) for column in zip(*results, strict=True))
        name = "" if callers == 1 else f".{callers}_callers"
        say(f"gateway.cpu_ms_per_call{name}", cpu, "ms")
        say(f"gateway.calls_per_s{name}", rate, "1/s")
        say(f"gateway.p50_ms{name}", p50, "ms")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cr-bench-") as name, contextlib.ExitStack() as stack:
        folder, port = Path(name), free_port()
        stores = Stores(folder)
        stack.callback(stores.stop)
        env = environment(folder, stores, port)
        upstream = stack.enter_context(
            process([sys.executable, "-m", "benchmarks.upstream"], env, stdout=subprocess.PIPE)
        )
        assert upstream.stdout
        up = f"http://127.0.0.1:{upstream.stdout.readline().strip()}/mcp"
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)
        seeded = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", SEED.format(url=up)],
            cwd=ROOT,
            env=env,
            check=True,
            capture_output=True,
            text=True,
        )
        key = seeded.stdout.strip().splitlines()[-1]
        command = [sys.executable, "-m", "uvicorn", "config.gateway:application", "--host", "127.0.0.1"]
        command += ["--http", "config.serving:TimedProtocol", "--port", str(port)]
        gateway = stack.enter_context(process([*command, "--no-access-log", "--log-level", "warning"], env))
        url = f"http://127.0.0.1:{port}/mcp/bench/main"
        wait_for(url)
        measure(url, key, gateway.pid)


if __name__ == "__main__":
    main()
