"""How long from `make run` to the first page.

run.first_page_s   installed packages, an empty data folder (median of ROUNDS, 5 unless told)
run.cold_s         a fresh clone with nothing installed (once)
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 600.0
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_served(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def environment() -> dict[str, str]:
    """The person's own, without what the surrounding make or an activated environment left in it."""
    names = INHERITED + tuple(name for name in os.environ if name.startswith(("PIP_", "UV_", "SSL_")))
    found = {name: os.environ[name] for name in names if name in os.environ}
    own = str(ROOT / ".venv")
    return found | {"PATH": os.pathsep.join(part for part in found["PATH"].split(os.pathsep) if own not in part)}


def seconds_to_first_page(folder: Path, data: Path) -> float:
    """Run `make run` in a folder until its first page is there; stop it again. Raises RuntimeError when it is not."""
    port = free_port()
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            ["make", "run", f"PORT={port}", f"DATA_DIR={data}"],
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            while not is_served(f"http://127.0.0.1:{port}/"):
                if process.poll() is not None or time.monotonic() - started > PATIENCE:
                    said.seek(0)
                    raise RuntimeError(f"no page came; make run said:\n{said.read()}")
                time.sleep(0.02)
            return time.monotonic() - started
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def report(figure: str, seconds: float) -> None:
    print(json.dumps({"figure": figure, "value": round(seconds, 2), "unit": "s"}), flush=True)


def main() -> int:
    rounds = int(os.environ.get("ROUNDS", "5"))
    work = Path(tempfile.mkdtemp(prefix="crossroads-bench-"))
    try:
        warm = [seconds_to_first_page(ROOT, work / f"data-{number}") for number in range(rounds)]
        report("run.first_page_s", statistics.median(warm))
        clone = work / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        report("run.cold_s", seconds_to_first_page(clone, work / "data-cold"))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
