"""The whole product as `make run` starts it: its own stores, two web processes, worker, owner; driven by its API."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.peers.fixtures import ROOT
from tests.peers.serving import bind

READY_S = 120.0
STOP_S = 15.0
STATE_S = 60.0
STORES = ("DATABASE_URL", "REDIS_URL")
OURS = ("SECRET_KEY", "MASTER_KEY", "OWNER_TOKEN", "OWNER_SOCKET", "PUBLIC_URL", "REDIS_PREFIX")


def free_port() -> int:
    with bind("127.0.0.1", 0, listen=False) as sock:
        return int(sock.getsockname()[1])


class Product:
    """A running installation. `api` speaks for the owner of the demo workspace."""

    workspace = "demo"

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port, self.open_port = free_port(), free_port()
        self.base = f"http://localhost:{self.port}"
        self.said: list[str] = []
        left_out = {*STORES, *OURS}
        self._environment = {name: value for name, value in os.environ.items() if name not in left_out} | {
            "DATA_DIR": str(folder), "PORT": str(self.port), "OPEN_PORT": str(self.open_port), "DEMO": "1",
            "STDIO_POLICY": "everyone", **settings,
        }  # fmt: skip
        self._ready = threading.Event()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.launch"],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if "is ready" in line:
                self._ready.set()
        self._ready.set()

    def wait(self) -> None:
        if not self._ready.wait(READY_S) or self.process.poll() is not None:
            raise RuntimeError(f"the product did not start:\n{''.join(self.said)}")
        self.key = self.command("create_key", "--workspace", self.workspace, "--scopes", "admin,write,read,mcp")

    def command(self, *arguments: str) -> str:
        """What a management command prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode != 0:
            raise RuntimeError(f"manage.py {arguments[0]}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def api(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """A request below the workspace, e.g. `servers`; its JSON."""
        url = f"{self.base}/api/v1/workspaces/{self.workspace}/{path}"
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        given = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, given, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()[:2000]}") from None
        return json.loads(text) if text else None

    def connect(self, **server: Any) -> str:
        """Connect a server and wait until it was discovered; its id."""
        made = self.api("POST", "servers", server)
        end = time.monotonic() + STATE_S
        while made["state"] == "new":
            if time.monotonic() > end:
                raise AssertionError(f"{server['title']} was not discovered: {made}")
            time.sleep(0.1)
            made = self.api("GET", f"servers/{made['id']}")
        if made["state"] != "running":
            raise AssertionError(f"{server['title']}: {made}")
        return str(made["id"])

    def add_hub(self, slug: str, servers: list[str], **more: Any) -> str:
        """Make a hub of servers; its URL."""
        self.api("POST", "hubs", {"title": slug.title(), "slug": slug, "servers": servers, **more})
        return f"{self.base}/mcp/{self.workspace}/{slug}"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_S)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def run_product(folder: Path, **settings: str) -> Iterator[Product]:
    """Start it in `folder`, which keeps its data; `settings` are environment variables."""
    product = Product(folder, **settings)
    try:
        product.wait()
        yield product
    finally:
        product.stop()
