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


def all_children(data_dir: Path, environment: Mapping[str, str], listeners: Sequence[int]) -> list[list[Child]]:
    """Every process, in groups, in the order in which they end. `listeners`: descriptors of the bound sockets."""
    logs = data_dir / "logs"
    celery = [sys.executable, "-m", "celery", "-A", "config.celery"]
    worker = [*celery, "worker", "-Q", "calls,discovery,billing,default", "--concurrency", "2"]
    worker += ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    beat = [*celery, "beat", "--schedule", str(data_dir / "beat"), "--pidfile=", "--loglevel", "INFO"]
    for_owner = {name: value for name, value in environment.items() if name not in NOT_FOR_THE_OWNER}
    web = [
        Recipe(
            f"web-{number}",
            [sys.executable, "-m", "config.launch.web", *map(str, listeners)],
            environment,
            logs / f"web-{number}.log",
            descriptors=listeners,
            grace=1.0,
        )
        for number in range(1, WEB_PROCESSES + 1)
    ]
    # A TERM lets the worker finish what it does, a QUIT gives its jobs back to the queue.
    gentle = (signal.SIGTERM, signal.SIGQUIT)
    jobs = [
        Recipe("worker", worker, environment, logs / "worker.log", signals=gentle, grace=0.5),
        Recipe("beat", beat, environment, logs / "beat.log", grace=0.5),
    ]
    owner = [Recipe("owner", [sys.executable, "-m", "proxy.owner"], for_owner, logs / "owner.log", grace=0.6)]
    return [[Child(recipe) for recipe in group] for group in (web, jobs, owner)]
