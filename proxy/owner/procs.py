"""Processes and their descendants, by the kernel's own means. Standard library only: the keeper runs on this alone.

On Linux everything below a subreaper stays findable, whatever it forks or detaches. Elsewhere (macOS) `ps` finds what
still has its parent, and what detached itself before is lost: that is the best a system without subreapers gives.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36

LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


def become_subreaper() -> None:
    """Orphaned descendants become this process's children instead of init's. Nothing outside Linux."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """SIGKILL for this process when the thread that forked it ends. Nothing outside Linux."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def hide_from_peers() -> None:
    """Other processes of the same user can no longer read this one's memory or environment. Nothing outside Linux."""
    _prctl(_PR_SET_DUMPABLE, 0)


def _prctl(option: int, value: int) -> None:
    if _libc is not None:
        _libc.prctl(option, value, 0, 0, 0)


def children(pid: int) -> list[int]:
    """The live children of one process."""
    return _reader()(pid)


def descendants(root: int) -> list[int]:
    """Every live descendant of `root`, parents before children. What is born meanwhile may be missing: ask again."""
    read = _reader()
    found: list[int] = []
    queue = [root]
    while queue:
        below = read(queue.pop())
        found.extend(below)
        queue.extend(below)
    return found


def _reader() -> Callable[[int], list[int]]:
    if LINUX and os.path.exists("/proc/thread-self/children"):
        return _children_by_file
    snapshot: dict[int, list[int]] = {}
    for pid, parent in _parents_by_stat() if LINUX else _parents_by_ps():
        snapshot.setdefault(parent, []).append(pid)
    return lambda pid: snapshot.get(pid, [])


def _children_by_file(pid: int) -> list[int]:
    found: list[int] = []
    for thread in _listed(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found.extend(map(int, file.read().split()))
        except OSError:
            continue  # it ended while we looked
    return found


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _parents_by_stat() -> Iterator[tuple[int, int]]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    # The command stands in brackets and may hold anything; state and parent follow the last bracket.
                    yield int(name), int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, IndexError):
                continue


def _parents_by_ps() -> Iterator[tuple[int, int]]:
    listing = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, check=False).stdout
    for line in listing.splitlines():
        pid, parent = line.split()
        yield int(pid), int(parent)


def send(pid: int, number: int, *, group: bool = False) -> bool:
    """Signal a process (or its group); False when it is gone or not ours to signal."""
    try:
        (os.killpg if group else os.kill)(pid, number)
    except OSError:
        return False
    return True


def reap() -> tuple[dict[int, int], bool]:
    """Collect what has ended: ({pid: exit code, negative for a signal}, whether any child is left)."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended, False
        if pid == 0:
            return ended, True
        ended[pid] = os.waitstatus_to_exitcode(status)


def kill_all_below(keep: Collection[int] = (), *, limit_s: float = 5.0) -> set[int]:
    """Kill every descendant of this process, except the children in `keep` and what is below those.

    Returns all that were collected meanwhile. Being a subreaper makes the end certain: an orphan comes back as a
    child, so none is left once no child is left.
    """
    collected: set[int] = set()
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        strays = [pid for pid in children(os.getpid()) if pid not in keep]
        for pid in strays:
            for below in (pid, *descendants(pid)):
                send(below, signal.SIGKILL)
        ended, any_left = reap()
        collected.update(ended)
        if not any_left or (keep and not strays):
            break
        time.sleep(0.002)
    return collected


def resident_bytes(pids: Iterable[int]) -> int:
    """Resident memory of these processes together, in bytes; shared pages count for each. 0 where it is not known."""
    page = os.sysconf("SC_PAGE_SIZE")
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/statm", "rb") as file:
                total += int(file.read().split()[1]) * page
        except (OSError, IndexError):
            continue
    return total
