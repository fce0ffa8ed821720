"""Processes that are kept running, and that end: in order, in time, with everything they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.launch import children
from config.launch.children import Child, Recipe, end_in_order, keep_log_small
from config.launch.folders import is_alive
from config.launch.signals import EndRequests
from tests.launch.waiting import wait_until

OBEDIENT = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: (print('ended'), sys.exit()))"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
WAIT = "print('up', flush=True)\nwhile True: signal.pause()"

Make = Callable[..., Child]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Child] = []

    def make_one(name: str, code: str, **more: object) -> Child:
        recipe = Recipe(name, [sys.executable, "-uc", code], dict(os.environ), tmp_path / name, **more)  # type: ignore[arg-type]
        made.append(Child(recipe))
        return made[-1]

    yield make_one
    for child in made:
        child.kill()


def said(child: Child) -> list[str]:
    return child.recipe.log.read_text().split() if child.recipe.log.exists() else []


def up(child: Child) -> Child:
    if child.pid is None:
        child.start()
    wait_until(lambda: "up" in said(child), f"{child.recipe.name} is up")
    return child


def test_one_that_dies_is_said_and_started_again_after_a_pause(make: Make) -> None:
    child = up(make("web-1", f"{OBEDIENT}\n{WAIT}"))
    first = child.pid or 0
    assert child.watch() is None
    os.kill(first, signal.SIGKILL)
    wait_until(child.has_ended, "it is gone")
    sentence = child.watch()
    assert sentence == f"web-1 ended (by SIGKILL); it starts again in 0.5 s. Its log: {child.recipe.log}"
    assert child.pid is None, "not at once"
    wait_until(lambda: child.watch() or child.pid, "it is started again")
    assert child.pid != first
    up(child)


def test_the_pause_grows_to_a_limit_and_a_calm_life_ends_that(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(children, "LONGEST_PAUSE", 0.05)
    child = make("beat", "raise SystemExit(3)")
    child.start()
    pauses: list[str] = []
    while len(pauses) < 5:
        if sentence := child.watch():
            assert "(code 3)" in sentence
            pauses.append(sentence.split("again in ")[1].split()[0])
    assert pauses == ["0.01", "0.02", "0.04", "0.05", "0.05"]
    assert child.deaths == 5
    monkeypatch.setattr(children, "CALM", 0.0)
    wait_until(child.watch, "the last end")
    assert child.deaths == 1


def test_one_that_dies_takes_its_own_children_with_it(make: Make) -> None:
    pool = f"import os\nif os.fork():\n print(os.getpid())\n {WAIT.splitlines()[0]}\nimport signal\nsignal.pause()"
    child = up(make("worker", pool))
    (master,) = (int(word) for word in said(child) if word != "up")
    group = [int(line) for line in subprocess.check_output(["pgrep", "-g", str(master)], text=True).split()]
    assert len(group) == 2
    os.kill(master, signal.SIGKILL)
    wait_until(child.has_ended, "it is gone")
    child.watch()
    wait_until(lambda: not any(is_alive(pid) for pid in group), "the whole group is gone")


def test_groups_end_one_after_the_other_and_who_does_not_is_killed(make: Make) -> None:
    web = up(make("web", f"{STUBBORN}\n{WAIT}", grace=0.3))
    late = (
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: (print('ended', time.time()), sys.exit()))"
    )
    owner = up(make("owner", f"{late}\n{WAIT}", grace=5.0))
    wall, started = time.time(), time.monotonic()
    end_in_order([[web], [owner]], hurried=lambda: False)
    assert time.monotonic() - started < 2
    assert not any(is_alive(child.pid or 0) for child in (web, owner))
    assert said(owner)[1] == "ended", "it was asked, not killed"
    assert float(said(owner)[2]) - wall >= 0.3, "only after the first had its time"


def test_a_second_signal_follows_for_who_has_one(make: Make) -> None:
    two = "import signal, sys\nsignal.signal(signal.SIGQUIT, lambda *_: (print('cold'), sys.exit()))"
    child = up(make("worker", f"{STUBBORN}\n{two}\n{WAIT}", signals=(signal.SIGTERM, signal.SIGQUIT), grace=0.2))
    end_in_order([[child]], hurried=lambda: False)
    assert said(child) == ["up", "cold"]


def test_in_a_hurry_nobody_gets_time(make: Make) -> None:
    child = up(make("web", f"{STUBBORN}\n{WAIT}", grace=60.0))
    started = time.monotonic()
    end_in_order([[child]], hurried=lambda: True)
    assert time.monotonic() - started < 2
    assert child.has_ended()


def test_all_of_them_together_get_no_more_than_a_limit(make: Make) -> None:
    stubborn = [[up(make(name, f"{STUBBORN}\n{WAIT}", grace=60.0))] for name in ("web", "worker", "owner")]
    started = time.monotonic()
    end_in_order(stubborn, hurried=lambda: False, within=0.3)
    assert time.monotonic() - started < 2
    assert all(child.has_ended() for (child,) in stubborn)


def test_one_that_never_started_is_no_trouble(make: Make) -> None:
    end_in_order([[make("web", WAIT)]], hurried=lambda: False)


def test_a_new_environment_comes_with_a_new_process(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "FIRST_PAUSE", 0.01)
    monkeypatch.setenv("DATABASE_URL", "old")
    child = make("web", f"{OBEDIENT}\nimport os; print(os.environ['DATABASE_URL'])\n{WAIT}")
    up(child)
    child.adopt({**os.environ, "DATABASE_URL": "new", "MORE": "not handed before, not handed now"})
    wait_until(lambda: child.watch() is None and said(child).count("up") == 2, "it is up again")
    assert said(child) == ["old", "up", "ended", "new", "up"]
    assert "MORE" not in child.recipe.environment


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part in this is Linux's")
def test_when_the_launcher_is_killed_its_processes_get_a_term(tmp_path: Path) -> None:
    log = tmp_path / "web"
    launcher = subprocess.Popen([sys.executable, "-c", LAUNCHER, str(log), f"{OBEDIENT}\n{WAIT}"])
    wait_until(lambda: log.exists() and "up" in log.read_text(), "the process is up")
    launcher.kill()
    launcher.wait()
    wait_until(lambda: "ended" in log.read_text(), "the process got its TERM")


LAUNCHER = """
import os, pathlib, signal, sys
from config.launch.children import Child, Recipe
Child(Recipe("web", [sys.executable, "-uc", sys.argv[2]], os.environ, pathlib.Path(sys.argv[1]))).start()
signal.pause()
"""


def test_one_request_that_comes_twice_is_one() -> None:
    requests = EndRequests()
    states = []
    for now in (100.0, 100.1, 105.0):
        states.append((requests.end(), requests.hurry()))
        requests.note(now)
    assert states == [(False, False), (True, False), (True, False)]
    assert requests.hurry()


def test_a_log_is_kept_small_under_its_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "LOG_BYTES", 10)
    log = tmp_path / "web.log"
    keep_log_small(log)
    with log.open("ab", buffering=0) as writer:
        writer.write(b"0123456789")
        keep_log_small(log)
        assert log.read_bytes() == b"0123456789"
        writer.write(b"a")
        keep_log_small(log)
        writer.write(b"b")
    assert log.read_bytes() == b"b"
    assert (tmp_path / "web.log.1").read_bytes() == b"0123456789a"
