"""Which processes there are, and how each of them is started and ended. No Django."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.launch.children import Child, Recipe

WEB_PROCESSES = 2
NOT_FOR_THE_OWNER = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MASTER_KEY")
"""The owner starts other people's programs. It gets nothing that it does not need."""
OPEN_APPLICATION = "config.gateway:open_application"


class Recipes:
    """All processes of one run, with one environment and one folder for their logs."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str]) -> None:
        self._data_dir = data_dir
        self._logs = data_dir / "logs"
        self._environment = environment

    def all(self, listeners: Sequence[int], open_listeners: Sequence[int]) -> list[list[Child]]:
        """Every process, in groups, in the order in which they end. The arguments are descriptors of bound sockets."""
        web = [self._web(f"web-{n}", "config.asgi:application", listeners) for n in range(1, WEB_PROCESSES + 1)]
        if open_listeners:
            web.append(self._web("open", OPEN_APPLICATION, open_listeners))
        workers = [self._worker(), self._runs(), self._beat()]
        return [[Child(recipe) for recipe in group] for group in (web, workers, [self._owner()])]

    def _web(self, name: str, application: str, listeners: Sequence[int]) -> Recipe:
        command = [sys.executable, "-m", "config.launch.web", application, *map(str, listeners)]
        log = self._logs / f"{name}.log"
        return Recipe(name, command, self._environment, log, descriptors=listeners, grace=1.2)

    def _celery(self, name: str, *arguments: str) -> Recipe:
        command = [sys.executable, "-m", "celery", "-A", "config.celery", *arguments, "--loglevel", "INFO"]
        # A TERM lets the worker finish what it does, a QUIT gives its jobs back to the queue.
        signals = (signal.SIGTERM, signal.SIGQUIT)
        return Recipe(name, command, self._environment, self._logs / f"{name}.log", signals=signals, grace=0.4)

    def _worker(self) -> Recipe:
        queues = ("-Q", "calls,discovery,billing,default", "--concurrency", "2")
        return self._celery("worker", "worker", *queues, "--without-gossip", "--without-mingle")

    def _runs(self) -> Recipe:
        """Assistants answer in this one, hundreds at once: its threads only hand them to its event loop."""
        queues = ("-Q", "runs", "--pool", "threads", "--concurrency", "4", "--hostname", "runs@%h")
        return self._celery("runs", "worker", *queues, "--without-gossip", "--without-mingle")

    def _beat(self) -> Recipe:
        return self._celery("beat", "beat", "--schedule", str(self._data_dir / "beat"), "--pidfile=")

    def _owner(self) -> Recipe:
        environment = {name: value for name, value in self._environment.items() if name not in NOT_FOR_THE_OWNER}
        command = [sys.executable, "-m", "proxy.owner"]
        return Recipe("owner", command, environment, self._logs / "owner.log", grace=1.2)
