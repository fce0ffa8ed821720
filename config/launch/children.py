"""One process that the launcher keeps running: started, watched, started again, ended. No Django."""

from __future__ import annotations

import ctypes
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
CALM = 60.0
"""Seconds. A process that lived as long as this is started again at once; others wait longer each time."""
LOG_BYTES = 20_000_000
_SET_PARENT_DEATH_SIGNAL = 1


def _end_with_parent() -> Callable[[], None] | None:
    """For the new process: ask the kernel for a TERM when the launcher dies, even by kill -9. Linux only."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # loaded before the fork: after it, little is safe
    launcher = os.getpid()

    def ask() -> None:
        prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGTERM))
        if os.getppid() != launcher:
            os._exit(1)

    return ask


@dataclass(frozen=True)
class Recipe:
    """How a process is started and ended. `grace`: seconds after each of `signals`, before the kill."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    descriptors: Sequence[int] = ()
    signals: Sequence[signal.Signals] = (signal.SIGTERM,)
    grace: float = 0.8


class Child:
    """A process in a session of its own, so that the terminal's Ctrl-C reaches only the launcher."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.deaths = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._not_before = math.inf  # until it is started

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        keep_log_small(self.recipe.log)
        with self.recipe.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.recipe.command,
                env=dict(self.recipe.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self.recipe.descriptors,
                start_new_session=True,
                preexec_fn=_end_with_parent(),
            )
        self._started = time.monotonic()

    def watch(self) -> str | None:
        """Look after a process that was started: say that it has just ended, start it anew when its pause is over."""
        if self._process is None:
            if time.monotonic() >= self._not_before:
                self.start()
            return None
        code = self._process.poll()
        if code is None:
            return None
        # What it left in its session goes with it: a half-dead pool would go on taking work.
        self._kill_group()
        self._process = None
        now = time.monotonic()
        self.deaths = 1 if now - self._started > CALM else self.deaths + 1
        pause = min(FIRST_PAUSE * 2 ** (self.deaths - 1), LONGEST_PAUSE)
        self._not_before = now + pause
        return f"{self.recipe.name} ended ({_how(code)}); it starts again in {pause:g} s. Its log: {self.recipe.log}"

    def adopt(self, environment: Mapping[str, str]) -> None:
        """From now on with other addresses of the stores: end it, the next `watch` starts it anew."""
        old = self.recipe.environment
        fresh = {name: environment[name] for name in old if name in environment}
        self.recipe = replace(self.recipe, environment=fresh)
        self.ask_to_end(signal.SIGTERM)

    def ask_to_end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """At once, with everything in its session."""
        if self._process is not None:
            self._kill_group()
            self._process.wait()

    def _kill_group(self) -> None:
        assert self._process
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
            return


def _how(code: int) -> str:
    return f"code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"


def keep_log_small(log: Path) -> None:
    """Past the limit, what is there becomes `NAME.1`. Its writers append, so truncating under them is safe."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.with_name(f"{log.name}.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)


def end_in_order(groups: Sequence[Sequence[Child]], *, hurried: Callable[[], bool], within: float = math.inf) -> None:
    """End group after group; within a group all at once. Who is there after its grace is killed.

    `within`: seconds for all of them. When they are over, or `hurried()` turns true, nobody gets any more time.
    """
    end = time.monotonic() + within
    for group in groups:
        patience = max((child.recipe.grace for child in group), default=0.0)
        steps = max((len(child.recipe.signals) for child in group), default=0)
        for step in range(steps):
            for child in group:
                if step < len(child.recipe.signals):
                    child.ask_to_end(child.recipe.signals[step])
            until = min(time.monotonic() + patience, end)
            while not all(child.has_ended() for child in group) and time.monotonic() < until and not hurried():
                time.sleep(0.01)
        for child in group:
            child.kill()
