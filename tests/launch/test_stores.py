"""The embedded stores: started, found, stopped, killed, and started again with everything still there."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from config.launch.folders import LaunchError, is_alive, locked
from config.launch.stores import Stores, StoreUrls, running
from tests.launch.waiting import wait_until


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One cluster for the whole file: making one takes longer than all that is done with it."""
    folder = tmp_path_factory.mktemp("stores")
    yield folder
    Stores(folder).stop()


@pytest.fixture
def urls(data_dir: Path) -> StoreUrls:
    return Stores(data_dir, durable=False).start()


def pids(data_dir: Path) -> dict[str, int]:
    postmaster = (data_dir / "postgres/data/postmaster.pid").read_text().split("\n")[0]
    return {"postgres": int(postmaster), "valkey": int((data_dir / "valkey/pid").read_text())}


def query(urls: StoreUrls, sql: str) -> object:
    with psycopg.connect(urls.database_url, autocommit=True) as connection:
        row = connection.execute(sql).fetchone()
        assert row
        return row[0]


def put(urls: StoreUrls, word: str) -> None:
    with psycopg.connect(urls.database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
        connection.execute("INSERT INTO words VALUES (%s)", [word])
    with redis.Redis.from_url(urls.redis_url) as client:
        client.set(word, "kept")


def has(urls: StoreUrls, word: str) -> bool:
    with redis.Redis.from_url(urls.redis_url) as client:
        return query(urls, f"SELECT count(*) FROM words WHERE word = '{word}'") == 1 and client.get(word) == b"kept"


def test_a_stop_leaves_no_process_and_a_start_finds_everything_where_it_was(data_dir: Path, urls: StoreUrls) -> None:
    put(urls, "stopped")
    before = pids(data_dir)
    Stores(data_dir).stop()
    assert not any(is_alive(pid) for pid in before.values())
    assert running(data_dir) is None
    again = Stores(data_dir, durable=False).start()
    assert again == urls, "the ports are kept"
    assert has(again, "stopped")
    assert set(pids(data_dir).values()).isdisjoint(before.values())


def test_a_kill_loses_nothing(data_dir: Path, urls: StoreUrls) -> None:
    put(urls, "killed")
    with redis.Redis.from_url(urls.redis_url) as client:
        # What this server has answered is in its file after the next sync, at most a second later.
        wait_until(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0, "the append-only file is synced")
    before = pids(data_dir)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in before.values()), "both are gone")
    assert has(Stores(data_dir, durable=False).start(), "killed")


def test_a_second_start_finds_the_running_pair(data_dir: Path, urls: StoreUrls) -> None:
    before = pids(data_dir)
    assert running(data_dir) == urls
    assert Stores(data_dir).start() == urls
    assert pids(data_dir) == before


def test_two_starts_at_once_make_one_pair(data_dir: Path, urls: StoreUrls) -> None:
    Stores(data_dir).stop()
    command = [sys.executable, "-m", "config.launch.dev_stores", str(data_dir)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert said[0] == said[1] == f"export DATABASE_URL='{urls.database_url}' REDIS_URL='{urls.redis_url}'\n"


def test_it_says_so_when_another_start_does_not_end(data_dir: Path, urls: StoreUrls) -> None:
    with locked(data_dir / "stores.lock"), pytest.raises(LaunchError, match="does not come to an end"):
        Stores(data_dir, patience=0.0).start()


def test_a_port_that_was_taken_meanwhile_is_given_up(data_dir: Path, urls: StoreUrls) -> None:
    Stores(data_dir).stop()
    old = urlsplit(urls.database_url).port
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", old or 0))
        thief.listen()
        again = Stores(data_dir, durable=False).start()
    assert urlsplit(again.database_url).port != old
    assert again.redis_url == urls.redis_url
    assert query(again, "SELECT 1") == 1


def test_a_pid_file_that_names_a_stranger_does_not_stop_a_start(data_dir: Path, urls: StoreUrls) -> None:
    file = data_dir / "postgres/data/postmaster.pid"
    left = file.read_text()
    Stores(data_dir).stop()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        file.write_text(re.sub(r"^\d+", str(stranger.pid), left))
        assert query(Stores(data_dir, durable=False).start(), "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.communicate()


def test_only_who_knows_the_password_gets_in_and_only_from_here(data_dir: Path, urls: StoreUrls) -> None:
    for name in ("postgres/password", "postgres/superuser_password", "valkey/password", "valkey/valkey.conf"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600, name
    for url in (urls.database_url, urls.redis_url):
        parts = urlsplit(url)
        assert parts.hostname == "127.0.0.1"
        assert len(parts.password or "") >= 40
    sockets, addresses = (data_dir / "postgres/data/postmaster.pid").read_text().splitlines()[4:6]
    assert (sockets, addresses) == ("", "127.0.0.1")
    wrong = urlsplit(urls.database_url)
    wrong = wrong._replace(netloc=wrong.netloc.replace(wrong.password or "", "guess"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong.geturl())
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=urlsplit(urls.redis_url).port or 0).ping()


def test_the_product_is_no_superuser_and_has_what_it_needs(urls: StoreUrls) -> None:
    assert query(urls, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert query(urls, "SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user") is True
    assert query(urls, "SELECT '[1,2]'::vector <-> '[1,4]'::vector") == 2
    assert query(urls, "SELECT upper('é')") == "É"
    assert query(urls, "SHOW timezone") == "UTC"


def test_durable_is_the_default(data_dir: Path, urls: StoreUrls) -> None:
    Stores(data_dir).stop()
    urls = Stores(data_dir).start()
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert query(urls, f"SHOW {name}") == "on"
    with redis.Redis.from_url(urls.redis_url) as client:
        assert client.config_get("append*")["appendonly"] == "yes"
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_server_that_dies_is_missed(data_dir: Path, urls: StoreUrls) -> None:
    stores = Stores(data_dir)
    assert stores.missing() == []
    os.kill(pids(data_dir)["valkey"], signal.SIGKILL)
    wait_until(lambda: stores.missing() == ["Valkey"], "Valkey is missed")
    assert stores.start() == urls
    assert stores.missing() == []


def test_given_addresses_replace_the_embedded_servers(tmp_path: Path, urls: StoreUrls) -> None:
    both = Stores(tmp_path, database_url="postgresql://far/away", redis_url="redis://far")
    assert both.start() == StoreUrls("postgresql://far/away", "redis://far")
    assert both.missing() == []
    both.stop()
    one = Stores(tmp_path, database_url=urls.database_url)
    try:
        assert one.start().database_url == urls.database_url
        assert not (tmp_path / "postgres").exists()
    finally:
        one.stop()
    assert query(urls, "SELECT 1") == 1, "what was given is not ours to stop"


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    (tmp_path / "postgres/data").mkdir(parents=True)
    (tmp_path / "postgres/password").write_text("x")
    stores = Stores(tmp_path, redis_url="redis://far")
    with pytest.raises(LaunchError, match=r"(?s)PostgreSQL does not start.*postgresql.conf|data directory"):
        stores.start()


def test_the_guard_ends_the_pair_and_its_folder_with_its_input(tmp_path: Path) -> None:
    folder = tmp_path / "guarded"
    guard = subprocess.Popen(
        [sys.executable, "-m", "config.launch.dev_stores", str(folder), "--guard"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert guard.stdout
    assert guard.stdout.readline().startswith("export DATABASE_URL='postgresql://")
    left = pids(folder)
    guard.send_signal(signal.SIGINT)
    guard.communicate(timeout=30)
    assert guard.returncode == 0
    assert not any(is_alive(pid) for pid in left.values())
    assert not folder.exists()
