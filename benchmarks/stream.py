"""How long our first token comes after the provider's, at a reader of server-sent events.

    make bench BENCH=stream     one JSON object a line: figure, value, unit

stream.added_ms          95th percentile over RUNS runs
stream.added_median_ms   their median
stream.start_ms          median from saying something to the provider's first token

Everything is real, each part a process of its own on loopback: stores, a model provider (a peer of the tests that
writes into each piece when it left), the worker of the runs as `make run` starts it, a server of the events, a reader.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from benchmarks.gateway import ROOT, free_port, process, say
from config.launch.stores import Stores

RUNS = 60
WARM = 5
SEED = "from benchmarks.stream import seed; seed({url!r})"
SERVE = "from benchmarks.stream import serve; serve({port})"
SAY = "from benchmarks.stream import converse; converse()"
WORKER = ("-Q", "runs", "--pool", "threads", "--concurrency", "4", "--hostname", "runs@%h")
PATIENCE_S = 60.0


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="crossroads-bench-") as folder:
        stores = Stores(Path(folder) / "stores", durable=False)
        try:
            urls = stores.start()
            measure(environment(Path(folder), urls.database_url, urls.redis_url))
        finally:
            stores.stop()


def environment(folder: Path, database_url: str, redis_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secrets.token_urlsafe(32),
        "MASTER_KEY": secrets.token_urlsafe(32),
        "OWNER_TOKEN": secrets.token_urlsafe(32),
        "OWNER_SOCKET": str(folder / "owner.sock"),
        "DATA_DIR": str(folder),
        "PUBLIC_URL": "http://localhost:8000",
        "ALLOW_NETWORKS": "127.0.0.0/8",
        "DEMO": "0",
    }


def measure(env: dict[str, str]) -> None:
    run(env, "-m", "django", "migrate", "--verbosity", "0")
    with peer(env) as url:
        run(env, "-c", SEED.format(url=url))
        port = free_port()
        worker = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", *WORKER, "--loglevel", "WARNING"]
        serving = [sys.executable, "-c", SERVE.format(port=port)]
        talking = [sys.executable, "-c", SAY]
        with process(worker, env), process(serving, env), conversation(talking, env) as begin:
            asyncio.run(read_all(port, begin))


def run(env: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=env, check=True)


@contextlib.contextmanager
def peer(env: dict[str, str]) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.peers.model_openai", "--pieces", "4", "--pause", "0.02"]
    with process(command, env, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        yield str(json.loads(child.stdout.readline())["url"])


@contextlib.contextmanager
def conversation(command: list[str], env: dict[str, str]) -> Iterator[Callable[[], str]]:
    """Begins a run each time it is called; gives its id."""
    child = subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None and child.stdout is not None
    wish, told = child.stdin, child.stdout

    turn = threading.Lock()

    def begin() -> str:
        with turn:
            wish.write("go\n")
            wish.flush()
            return told.readline().strip()

    try:
        yield begin
    finally:
        wish.close()
        child.wait(10)


async def read_all(port: int, begin: Callable[[], str]) -> None:
    await reachable(port)
    for _ in range(WARM):
        await one(port, begin)
    alone = [await one(port, begin) for _ in range(RUNS)]
    say("stream.added_ms", percentile([added for added, _ in alone]), "ms")
    say("stream.added_median_ms", statistics.median(added for added, _ in alone), "ms")
    say("stream.start_ms", statistics.median(start for _, start in alone), "ms")


def percentile(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


async def reachable(port: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise RuntimeError("the events are not served")


async def one(port: int, begin: Callable[[], str]) -> tuple[float, float]:
    """Milliseconds from the provider's first token to ours, and from saying it to the provider's."""
    asked = time.time_ns()
    run_id = await asyncio.to_thread(begin)  # other runs are being read meanwhile
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /{run_id} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    first = left = 0
    async with asyncio.timeout(PATIENCE_S):
        while line := await reader.readline():
            now = time.time_ns()
            if line.startswith(b"event: "):
                kind = line[7:].strip()
            elif line.startswith(b"data: ") and kind == b"text" and not first:
                first, left = now, int(json.loads(line[6:])["text"].split()[0])
            elif line.startswith(b"data: ") and kind == b"error":
                raise RuntimeError(line.decode())
    writer.close()
    if not first:
        raise RuntimeError("the run said nothing")
    return (first - left) / 1e6, (left - asked) / 1e6


# -- what the processes do


def seed(url: str) -> None:
    """A workspace with a model provider and an assistant without tools."""
    import django

    django.setup()
    from accounts.permissions import person
    from accounts.services import create_person, create_workspace
    from assistants.models import Assistant, AssistantVersion, ModelProvider
    from core.permissions import SYSTEM
    from core.secrets import seal_for

    user = create_person(actor=SYSTEM, email="owner@example.com", name="Owner")
    workspace = create_workspace(actor=person(user), name="Bench", slug="bench")
    key = seal_for(workspace.id, {"key": "sk-bench"})
    ModelProvider.objects.create(
        workspace=workspace, kind="openai", name="Peer", base_url=url, secret=key, is_default=True
    )
    made = {"instructions": "Tell the time.", "model": {"name": "clock"}}
    assistant = Assistant.objects.create(
        workspace=workspace, slug="clock", name="Clock", letters="CL", draft=made, state="running"
    )
    assistant.deployed = AssistantVersion.objects.create(
        assistant=assistant, number=1, configuration=made, content_hash="0" * 64
    )
    assistant.save()


def converse() -> None:
    """Begin a conversation for each line that comes in; write its run's id."""
    import django

    django.setup()
    from accounts.models import User
    from accounts.permissions import principal_for
    from assistants.models import Assistant
    from assistants.services.conversations import say as tell
    from assistants.services.conversations import start_conversation

    assistant = Assistant.objects.select_related("workspace").get()
    actor = principal_for(User.objects.get(email="owner@example.com"), assistant.workspace)
    for _line in sys.stdin:
        started = tell(actor=actor, conversation=start_conversation(actor=actor, assistant=assistant), text="Go")
        sys.stdout.write(started.id + "\n")
        sys.stdout.flush()


def serve(port: int) -> None:
    """The events of any run at /<run id>."""
    import django
    import uvicorn

    django.setup()
    from assistants.adapters.sse import sse_events

    async def app(scope: dict[str, object], receive: object, send: Callable[..., Awaitable[None]]) -> None:
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        async for chunk in sse_events(str(scope["path"]).strip("/")):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
