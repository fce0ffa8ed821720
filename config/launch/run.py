"""One run of Crossroads: from the lock on its folder to the end of its last process. No Django."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from config.launch.children import Child, end_in_order, keep_log_small
from config.launch.environment import BASE_DIR, children_environment, forget_run, last_run, write_run
from config.launch.folders import LaunchError, locked, make_folder, make_private, tail
from config.launch.options import Options, listen
from config.launch.recipes import Recipes
from config.launch.signals import EndRequests
from config.launch.stores import Stores, StoreUrls

READY_WITHIN = 120.0
GIVE_UP_AFTER = 3
"""Ends of one process before the first page: then it is not going to work."""
CHILDREN_END_WITHIN = 2.3
STORE_GRACE = 0.5
TICK = 0.1
ONE_TRY = 1.0


def say(text: str) -> None:
    print(text, flush=True)


class Stopped(Exception):
    """Somebody asked for the end before everything was up."""


class Run:
    """Everything that runs. The first signal ends it in order, the second one at once."""

    def __init__(self, options: Options, env: Mapping[str, str]) -> None:
        self.options = options
        self.data_dir = options.data_dir
        self.logs = self.data_dir / "logs"
        self._requests = EndRequests()
        self._env = env
        self._given = {name: env[name] for name in ("DATABASE_URL", "REDIS_URL") if env.get(name)}
        self._stores = Stores(
            self.data_dir,
            database_url=env.get("DATABASE_URL", ""),
            redis_url=env.get("REDIS_URL", ""),
            give_up=self._requests.end,
        )
        self._urls: StoreUrls | None = None
        self._environment: dict[str, str] = {}
        self._groups: list[list[Child]] = []

    def run(self) -> None:
        """Start, serve until a signal, end. Raises LaunchError when it cannot start."""
        self._requests.listen()
        make_folder(self.data_dir)
        try:
            with locked(self.data_dir / "run.lock"):
                self._run_alone()
        except BlockingIOError:
            where = last_run(self.data_dir).get("PUBLIC_URL", "")
            raise LaunchError(
                f"The data folder {self.data_dir} is in use by another run{where and f' ({where})'}. "
                "Stop that one, or give this one a folder of its own: make run DATA_DIR=..."
            ) from None

    def _run_alone(self) -> None:
        # A run that was killed a moment ago may still hold the port.
        patience = 3.0 if last_run(self.data_dir) else 0.0
        listeners = listen(self.options.port, self.options.bind, patience)
        open_listeners: list[socket.socket] = []
        try:
            if self.options.open_port:
                open_listeners = listen(self.options.open_port, "", patience)
            self._start(listeners, open_listeners)
            self._serve()
        except Stopped:
            return
        except LaunchError:
            if not self._requests.end():
                raise
        finally:
            for listener in listeners + open_listeners:
                listener.close()
            self._end()

    def _start(self, listeners: list[socket.socket], open_listeners: list[socket.socket]) -> None:
        make_private(self.logs)
        options = self.options
        chosen = children_environment(self.data_dir, self._env, options.public_url, options.demo)
        self._environment = {**self._env, **chosen}
        say(f"Crossroads is starting. Its data is in {self.data_dir}")
        write_run(self.data_dir, chosen | self._given)
        self._use(self._stores.start())
        seeded = self._prepare()
        make_private(Path(chosen["OWNER_SOCKET"]).parent)
        self._groups = Recipes(self.data_dir, self._environment).all(
            [listener.fileno() for listener in listeners], [listener.fileno() for listener in open_listeners]
        )
        web, jobs, owner = self._groups
        for child in owner + web:
            child.start()
        self._wait_for_first_page()
        for child in jobs:  # pages do without them, and they would take their time
            child.start()
        say(f"\nCrossroads is ready: {options.public_url}\n")
        if seeded:
            say(f"{seeded}\n")
        say(f"Ctrl-C stops it. Its logs are in {self.logs}")

    def _use(self, urls: StoreUrls) -> None:
        self._urls = urls
        self._environment |= {"DATABASE_URL": urls.database_url, "REDIS_URL": urls.redis_url}

    def _prepare(self) -> str:
        """Migrate, collect static files, seed; returns what the seed says to the person."""
        log = self.logs / "prepare.log"
        keep_log_small(log)
        with log.open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "config.launch.prepare"],
                cwd=BASE_DIR,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                said, _ = process.communicate(timeout=TICK)
                break
            if self._requests.end():
                process.kill()
                process.wait()
                raise Stopped
        if process.returncode:
            raise LaunchError(f"The database could not be prepared. The end of {log} says:\n{tail(log)}")
        return said.decode("utf-8", "replace").strip("\n")

    def _children(self) -> Iterator[Child]:
        for group in self._groups:
            yield from group

    def _wait_for_first_page(self) -> None:
        end = time.monotonic() + READY_WITHIN
        while not _answers(self.options):
            self._watch()
            if self._requests.end():
                raise Stopped
            for child in self._children():
                if child.deaths >= GIVE_UP_AFTER:
                    name, log = child.recipe.name, child.recipe.log
                    raise LaunchError(f"The process {name} does not stay up. The end of {log} says:\n{tail(log)}")
            if time.monotonic() > end:
                raise LaunchError(f"No page within {READY_WITHIN:g} s. The logs are in {self.logs}")
            time.sleep(TICK)

    def _serve(self) -> None:
        ticks = 0
        while not self._requests.end():
            self._watch()
            ticks += 1
            if ticks % 600 == 0:
                for log in self.logs.glob("*.log"):
                    keep_log_small(log)
            time.sleep(TICK)

    def _watch(self) -> None:
        for child in self._children():
            if sentence := child.watch():
                say(sentence)
        if missing := self._stores.missing():
            say(f"{' and '.join(missing)} ended; starting again. The logs are in {self.logs}")
            self._start_stores_again()

    def _start_stores_again(self) -> None:
        try:
            urls = self._stores.start()
        except LaunchError as problem:
            if not self._requests.end():
                say(f"{problem}\nTrying again.")
            return
        if urls != self._urls:
            # Another port: whoever knows the old one starts anew, by the rule for processes that ended.
            self._use(urls)
            for child in self._children():
                child.adopt(self._environment)

    def _end(self) -> None:
        if self._urls:
            say("\nStopping.")
        end_in_order(self._groups, hurried=self._requests.hurry, within=CHILDREN_END_WITHIN)
        self._stores.stop(0.0 if self._requests.hurry() else STORE_GRACE)
        forget_run(self.data_dir)


def _answers(options: Options) -> bool:
    """Does /healthz say 200? Asked as the proxy before us would, since other names are refused."""
    public = urlsplit(options.public_url)
    host = options.bind if options.bind not in {"", "0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104
    with contextlib.closing(http.client.HTTPConnection(host, options.port, timeout=ONE_TRY)) as connection:
        try:
            connection.request("GET", "/healthz", headers={"Host": public.netloc, "X-Forwarded-Proto": public.scheme})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
