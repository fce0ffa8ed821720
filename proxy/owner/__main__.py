"""`python -m proxy.owner`: holds every stdio child and every SSE upstream connection of this node."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import sys
from pathlib import Path
from typing import IO

import uvloop

from proxy.owner import procs
from proxy.owner.pool import Pool
from proxy.owner.server import Owner
from proxy.owner.settings import OwnerSettings, SettingProblem, read_settings

_TICK_S = 1.0


def main() -> None:
    settings = read_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s owner %(levelname)s %(message)s", stream=sys.stderr)
    os.umask(0o077)
    # The environment holds the token; a child, of the same user, must not read it from here.
    procs.hide_from_peers()
    procs.become_subreaper()
    lock = _take_place(settings.socket)
    try:
        uvloop.run(run(settings))
    finally:
        lock.close()


async def run(settings: OwnerSettings) -> None:
    """Serve until TERM or INT, then end everything within two seconds."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    pool = Pool(settings)
    owner = Owner(pool)
    await owner.listen()
    logging.getLogger(__name__).info("ready on %s, generation %s", settings.socket, pool.generation)
    while not stop.is_set():
        pool.tick()
        _collect_orphans(pool)
        try:
            await asyncio.wait_for(stop.wait(), min(_TICK_S, settings.idle_s / 2))
        except TimeoutError:
            continue
    await owner.close()
    procs.kill_all_below(limit_s=0.3)


def _collect_orphans(pool: Pool) -> None:
    """What a killed keeper left comes to us: wardens go on, anything else has lost its warden and ends."""
    strays = [pid for pid in procs.children(os.getpid()) if pid not in pool.keeper.pids]
    if strays:
        procs.kill_all_below(keep=pool.keeper.pids, limit_s=0.5)


def _take_place(path: Path) -> IO[str]:
    """The folder of the socket is ours alone, and so is the socket: a second owner is refused."""
    folder = path.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    info = folder.stat()
    if info.st_uid != os.geteuid() or info.st_mode & 0o077:
        raise SettingProblem("OWNER_SOCKET", f"lies in {folder}, which must be yours alone (mode 700).")
    lock = path.with_suffix(".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SettingProblem("OWNER_SOCKET", f"is served by another owner already ({path}).") from None
    return lock


if __name__ == "__main__":
    main()
