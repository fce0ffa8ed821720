"""A whole Crossroads as `make run` starts it, on a free port with a folder of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from config.launch.environment import BASE_DIR
from config.launch.folders import free_port, is_alive
from tests.launch.waiting import wait_until

# What the tests' own process has in its environment must not reach the launcher: it is to find its own.
NOT_INHERITED = {
    *("ALLOW_NETWORKS", "DATABASE_URL", "DATA_DIR", "DEBUG", "DEMO", "DJANGO_SETTINGS_MODULE", "MASTER_KEY"),
    *("OWNER_SOCKET", "OWNER_TOKEN", "PORT", "PUBLIC_URL", "REDIS_PREFIX", "REDIS_URL", "SECRET_KEY", "STDIO_POLICY"),
}


def clean_environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in NOT_INHERITED} | more


def _as_in_a_terminal() -> None:
    """Whoever runs the tests in the background ignores SIGINT, and a child would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Site:
    """One run. `output` grows while it runs."""

    def __init__(self, data_dir: Path, **env: str) -> None:
        self.data_dir = data_dir
        self.port = int(env.pop("PORT", "") or free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = ""
        self.env = clean_environment(DATA_DIR=str(data_dir), PORT=str(self.port), **env)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "config.launch"],
            cwd=BASE_DIR,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_as_in_a_terminal,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.output += line

    def wait_ready(self) -> None:
        wait_until(lambda: "is ready" in self.output or self._process.poll() is not None, "the site is ready", 150)
        assert "is ready" in self.output, self.output
        wait_until(lambda: "Ctrl-C stops it" in self.output, "all is said")

    def status(self, path: str) -> int:
        """The status that the site answers with; 0 when nobody does."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as problem:
            return problem.code
        except OSError:
            return 0

    def processes(self) -> dict[int, str]:
        """Every process of this run, with its command: below the launcher, or in the data folder."""
        table = subprocess.check_output(["ps", "-wweo", "pid=,ppid=,args="], text=True).splitlines()
        rows = {int(pid): (int(parent), args) for pid, parent, args in (row.split(None, 2) for row in table)}
        found: dict[int, str] = {}
        for pid, (_, args) in rows.items():
            if str(self.data_dir) in args or _in_folder(pid, self.data_dir) or self._is_below(pid, rows):
                found[pid] = args
        return {pid: args for pid, args in found.items() if is_alive(pid)}

    def _is_below(self, pid: int, rows: Mapping[int, tuple[int, str]]) -> bool:
        while pid in rows:
            if pid == self._process.pid:
                return True
            pid = rows[pid][0]
        return False

    def pids(self, words: str) -> list[int]:
        return [pid for pid, args in self.processes().items() if words in args]

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait_end(self, seconds: float = 60.0) -> int:
        """The exit code, when it ends within the time."""
        code = self._process.wait(seconds)
        self._reader.join(5)
        return code

    def close(self) -> None:
        """Whatever a failed test left."""
        if self._process.poll() is None:
            left = self.processes()
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()


def _in_folder(pid: int, folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
    return False


@contextlib.contextmanager
def running_site(data_dir: Path, **env: str) -> Iterator[Site]:
    site = Site(data_dir, **env)
    try:
        site.wait_ready()
        yield site
    finally:
        site.close()
