"""One command starts everything, keeps it running, and ends it without a trace."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.launch.environment import BASE_DIR
from config.launch.folders import is_alive
from tests.launch.waiting import wait_until
from tests.launch.whole_site import Site, clean_environment, running_site

PARTS = {"config.asgi:application": 2, "celery -A config.celery beat": 1, "proxy.owner": 1, "valkey-server": 1}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


def launch(**env: str) -> subprocess.CompletedProcess[str]:
    """A launcher that is expected to refuse."""
    command = [sys.executable, "-m", "config.launch"]
    environment = clean_environment(**env)
    return subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, timeout=60)


def test_it_serves_on_one_port_from_two_processes_and_says_where(site: Site) -> None:
    assert f"Crossroads is ready: http://localhost:{site.port}\n" in site.output
    assert site.status("/") == 200
    for words, number in PARTS.items():
        assert len(site.pids(words)) >= number, words
    assert len(site.pids("config.asgi:application")) == 2


def test_what_the_seed_says_is_passed_on(site: Site) -> None:
    (line,) = re.findall(r"^ +(curl .*)$", site.output.split("is ready", 1)[1], re.M)
    answer = subprocess.run(shlex.split(line), capture_output=True, text=True, timeout=60)
    assert '"result"' in answer.stdout, "the printed line calls a tool as it stands"
    assert "Asia/Tokyo" in answer.stdout


def test_secrets_and_logs_are_ours_alone(site: Site) -> None:
    assert stat.S_IMODE((site.data_dir / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((site.data_dir / "run.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((site.data_dir / "logs").stat().st_mode) == 0o700
    kept = json.loads((site.data_dir / "secrets.json").read_text())
    logs = "".join(log.read_text() for log in (site.data_dir / "logs").iterdir())
    for secret in kept.values():
        assert secret not in logs
        assert secret not in site.output


def test_the_owner_gets_no_key_and_no_store(site: Site) -> None:
    (owner, *_) = site.pids("-m proxy.owner")
    names = {entry.split(b"=")[0].decode() for entry in Path(f"/proc/{owner}/environ").read_bytes().split(b"\0")}
    assert {"OWNER_SOCKET", "OWNER_TOKEN", "ALLOW_NETWORKS"} <= names
    assert not {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MASTER_KEY"} & names


def test_a_second_run_in_the_same_folder_is_refused(site: Site) -> None:
    refused = launch(DATA_DIR=str(site.data_dir), PORT="1")
    assert refused.returncode == 1
    assert refused.stderr == (
        f"Crossroads cannot start. The data folder {site.data_dir} is in use by another run "
        f"(http://localhost:{site.port}). Stop that one, or give this one a folder of its own: make run DATA_DIR=...\n"
    )
    wait_until(lambda: site.status("/healthz") == 200, "the first one goes on")


def test_a_second_run_on_the_same_port_is_refused(site: Site, tmp_path: Path) -> None:
    refused = launch(DATA_DIR=str(tmp_path / "other"), PORT=str(site.port))
    assert refused.returncode == 1
    assert f"Port {site.port} is taken by another program" in refused.stderr
    assert not (tmp_path / "other/postgres").exists(), "nothing was started for it"


def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path) -> None:
    refused = launch(DATA_DIR=str(tmp_path), PORT="many")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "Crossroads cannot start. PORT is 'many'. Write a number from 1 to 65535.\n"


def test_manage_finds_the_running_stores_through_the_folder(site: Site) -> None:
    code = "from accounts.models import User; print('people:', User.objects.count())"
    shown = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code],
        cwd=BASE_DIR,
        env=clean_environment(DATA_DIR=str(site.data_dir)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "people:" in shown.stdout, shown.stderr


@pytest.mark.parametrize("words", ["config.asgi:application", "-m proxy.owner", "celery -A config.celery beat"])
def test_a_process_that_is_killed_comes_back_and_that_is_said(site: Site, words: str) -> None:
    before = site.pids(words)
    said = site.output.count("it starts again in")
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: not is_alive(before[0]), "it is gone")
    wait_until(lambda: len(site.pids(words)) >= len(before), "it is back", 30)
    assert before[0] not in site.pids(words)
    wait_until(lambda: site.output.count("it starts again in") > said, "it is said")
    wait_until(lambda: site.status("/") == 200, "pages are served")


@pytest.mark.parametrize("name", ["valkey/pid", "postgres/data/postmaster.pid"])
def test_a_store_that_is_killed_comes_back(site: Site, name: str) -> None:
    pid = int((site.data_dir / name).read_text().split("\n")[0])
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid), "it is gone")
    wait_until(lambda: "ended; starting again" in site.output, "it is said")
    wait_until(lambda: site.status("/healthz") == 200, "the site is healthy", 60)


def hold_connections(site: Site) -> list[socket.socket]:
    """A request that never ends, and a connection that is kept for another one."""
    held = [socket.create_connection(("127.0.0.1", site.port), timeout=5) for _ in range(2)]
    held[0].sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf")
    held[1].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"200" in held[1].recv(1000)
    return held


def open_stream(site: Site) -> http.client.HTTPResponse:
    """The stream on which a hub tells its client of changes, open until somebody ends it."""
    ((path, key),) = re.findall(rf"http://localhost:{site.port}(/mcp/\S+)\s+(cr_\S+)\n", site.output)
    version = "2025-11-25"
    client = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client}
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    connection = http.client.HTTPConnection("localhost", site.port, timeout=30)
    connection.request("POST", path, json.dumps(hello), headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()
    headers |= {"Mcp-Session-Id": answer.headers["Mcp-Session-Id"], "MCP-Protocol-Version": version}
    connection.request("GET", path, headers=headers | {"Accept": "text/event-stream"})
    stream = connection.getresponse()
    assert stream.status == 200, stream.read()
    return stream


def test_a_term_ends_everything_in_time_and_a_start_finds_it_all_again(tmp_path: Path) -> None:
    with running_site(tmp_path) as site:
        secrets = (tmp_path / "secrets.json").read_bytes()
        (link,) = re.findall(rf"http://localhost:{site.port}(/setup/\S+)", site.output)
        assert site.status(link) == 200, "the operator is made by a link"
        held = hold_connections(site)
        stream = open_stream(site)
        everything = site.processes()
        started = time.monotonic()
        site.signal(signal.SIGTERM)
        assert site.wait_end() == 0, site.output
        assert time.monotonic() - started <= 3.0
        assert [args for pid, args in everything.items() if is_alive(pid)] == []
        assert site.processes() == {}
        assert site.output.endswith("\nStopping.\n")
        assert not (tmp_path / "run.json").exists()
        with contextlib.suppress(http.client.IncompleteRead):  # cut off; a client then resumes it
            stream.read()
        for connection in held:
            connection.close()
    with running_site(tmp_path) as again:
        assert (tmp_path / "secrets.json").read_bytes() == secrets
        everything = again.processes()
        again.signal(signal.SIGINT)
        assert again.wait_end() == 0
        assert not any(is_alive(pid) for pid in everything)


def test_after_a_kill_of_the_launcher_the_next_run_takes_over(tmp_path: Path) -> None:
    with running_site(tmp_path, DEMO="0") as site:
        left = site.processes()
        site.signal(signal.SIGKILL)
        site.wait_end()
        ours = [pid for pid, args in left.items() if "bin/python" in args]
        wait_until(lambda: not any(is_alive(pid) for pid in ours), "the processes follow the launcher")
    with running_site(tmp_path, DEMO="0", PORT=str(site.port)) as again:
        assert again.status("/healthz") == 200
        again.signal(signal.SIGTERM)
        assert again.wait_end() == 0
    assert not any(is_alive(pid) for pid in left), "the stores that were left are ended too"


def test_a_signal_during_the_start_ends_it(tmp_path: Path) -> None:
    site = Site(tmp_path)
    try:
        wait_until(lambda: (tmp_path / "logs/prepare.log").exists(), "the database is being prepared")
        started = time.monotonic()
        site.signal(signal.SIGTERM)
        assert site.wait_end() == 0
        assert time.monotonic() - started <= 3.0
        assert "is ready" not in site.output
        assert site.processes() == {}
    finally:
        site.close()
