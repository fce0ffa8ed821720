"""The embedded PostgreSQL: the binaries of a wheel, on loopback, with passwords. No Django.

A home folder holds everything:

    data/               the cluster, made by initdb in one step
    port                the port it had last, taken again while it is free
    password            of the role `crossroads`, which the product uses and which is no superuser
    superuser_password  of the role `postgres`, for the first set-up and for repairs
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

from config.launch.folders import (
    LaunchError,
    command_line,
    is_alive,
    kept_port,
    kept_secret,
    make_private,
    read_pid,
    send,
    tail,
    take_port,
)
from config.launch.runas import Runner

ROLE = DATABASE = "crossroads"
ATTEMPTS = 10
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FORGETFUL = DURABLE | {"fsync": "off", "full_page_writes": "off"}


class Postgres:
    """One embedded server. `durable=False` is for tests: a crash of the machine may then lose it all."""

    def __init__(self, home: Path, log: Path, *, durable: bool = True, give_up: Callable[[], bool]) -> None:
        self.home = home
        self.data = home / "data"
        self.log = log
        self._settings = SETTINGS | (DURABLE if durable else FORGETFUL)
        self._give_up = give_up
        self._process: subprocess.Popen[bytes] | None = None

    @cached_property
    def _runner(self) -> Runner:  # late: only a start needs the binaries
        return Runner(self.home)

    def start(self, timeout: float = 300.0) -> str:
        """Start the server, or find it running, and return the address of the product's database.

        After a kill -9 of the server its orphans need a moment to go, so a start is tried more than once. A server that
        repairs itself is waited for.

        """
        make_private(self.home)
        end = time.monotonic() + timeout
        attempts = 0
        if not self.data.exists():
            self._make_cluster()
        while not self._answers():
            if self.pid() is None:
                attempts += 1
                if attempts > ATTEMPTS:
                    break
                if attempts > 1:
                    time.sleep(0.4)
                self._spawn()
            if time.monotonic() > end or self._give_up():
                break
            time.sleep(0.03)
        else:
            self._set_up()
            return self._address(ROLE, "password", DATABASE)
        raise LaunchError(f"PostgreSQL does not start. The end of {self.log} says:\n{tail(self.log)}")

    def url(self) -> str | None:
        """The address of the product's database when the server answers."""
        return self._address(ROLE, "password", DATABASE) if self._answers() else None

    def stop(self, timeout: float = 10.0) -> None:
        """End the server in order within `timeout` seconds, else at once, which its next start repairs."""
        for number, patience in ((signal.SIGINT, timeout), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            pid = self.pid()
            if pid is None:
                break
            send(pid, number)
            end = time.monotonic() + patience
            while self.pid() is not None and time.monotonic() < end:
                time.sleep(0.02)
        self._process = None

    def _make_cluster(self) -> None:
        """initdb beside, then one rename: a cluster that is there is a whole one."""
        new = self.home / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        kept_secret(self.home / "superuser_password")
        kept_secret(self.home / "password")
        new.mkdir(mode=0o700)
        self._runner.lend(new)
        self._runner.lend(self.home / "superuser_password")
        command = self._runner.arguments("initdb", "-D", new, "-U", "postgres")
        command += ["--pwfile", str(self.home / "superuser_password"), "--auth=scram-sha-256", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
        done = subprocess.run(command, capture_output=True, text=True, **self._runner.options)
        if done.returncode:
            raise LaunchError(f"PostgreSQL could not make its folder {new}:\n{done.stderr.strip()}")
        new.rename(self.data)

    def _spawn(self) -> None:
        self._forget_stale_pid()
        command = self._runner.arguments("postgres", "-D", self.data, "-p", str(take_port(self.home / "port")))
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._runner.options)

    def pid(self) -> int | None:
        """The server's process, ready or not; None when there is none of this cluster."""
        if self._process is not None and self._process.poll() is None:
            return self._process.pid
        pid = read_pid(self.data / "postmaster.pid")
        if pid is None or pid == os.getpid():
            return None
        command = command_line(pid)
        return pid if command is None or str(self.data) in command else None

    def _forget_stale_pid(self) -> None:
        """Remove a pid file that names a stranger (after a reboot), for which the server would wait forever.

        Its own orphans keep their working directory in the cluster; with one of these alive the file stays.
        """
        file = self.data / "postmaster.pid"
        if read_pid(file) is None:
            return
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if Path(os.readlink(process / "cwd")) == self.data and is_alive(int(process.name)):
                    return
        file.unlink(missing_ok=True)

    def _address(self, role: str, password_file: str, database: str) -> str:
        password = (self.home / password_file).read_text(encoding="utf-8")
        return f"postgresql://{role}:{password}@127.0.0.1:{kept_port(self.home / 'port')}/{database}"

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            self._address("postgres", "superuser_password", database), autocommit=True, connect_timeout=3
        )

    def _answers(self) -> bool:
        """Only a connection tells: a dying server still looks alive in its files."""
        if self.pid() is None:
            return False
        try:
            self._connect("postgres").close()
        except (psycopg.Error, OSError):
            return False
        return True

    def _set_up(self) -> None:
        """The product's own role and database, and pgvector in every database made from now on."""
        with self._connect("postgres") as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                return
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                password = (self.home / "password").read_text(encoding="utf-8")
                create = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
                connection.execute(create.format(sql.Identifier(ROLE), sql.Literal(password)))
            with self._connect("template1") as template:
                template.execute("CREATE EXTENSION IF NOT EXISTS vector")
            create = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(ROLE)))
