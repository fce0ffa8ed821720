"""What is asked for is checked before anything starts, and refused in plain words."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.launch.environment import BASE_DIR
from config.launch.folders import LaunchError, free_port, kept_secret, locked, make_folder, make_private, take_port
from config.launch.options import listen, read_options


@contextlib.contextmanager
def taken(address: str = "127.0.0.1") -> Iterator[int]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as holder:
        holder.bind((address, 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_nothing_said_means_this_machine_with_the_demo() -> None:
    options = read_options({})
    assert (options.port, options.bind, options.data_dir) == (8000, "", BASE_DIR / "var")
    assert (options.public_url, options.demo) == ("http://localhost:8000", True)


def test_what_is_said_is_taken() -> None:
    options = read_options({"PORT": "8123", "DATA_DIR": "/somewhere", "DEMO": "0"})
    assert (options.port, options.data_dir, options.demo) == (8123, Path("/somewhere"), False)
    assert options.public_url == "http://localhost:8123"


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"PORT": "http"}, "PORT is 'http'. Write a number from 1 to 65535."),
        ({"PORT": "70000"}, "PORT is '70000'"),
        ({"PORT": "0"}, "PORT is '0'"),
        ({"DEMO": "maybe"}, "DEMO is 'maybe'. Write 1 or 0."),
        ({"DEMO": "1", "PUBLIC_URL": "https://hub.example.com"}, "DEMO=1 opens a demo sign-in to everyone"),
        ({"DEMO": "1", "BIND": "0.0.0.0"}, "DEMO=1 opens a demo sign-in to everyone"),
    ],
)
def test_what_cannot_be_used_is_named(env: dict[str, str], message: str) -> None:
    with pytest.raises(LaunchError) as problem:
        read_options(env)
    assert str(problem.value).startswith(message)


@pytest.mark.parametrize(
    ("env", "demo"),
    [
        ({"PUBLIC_URL": "https://hub.example.com"}, False),
        ({"BIND": "0.0.0.0"}, False),
        ({"BIND": "::1", "PUBLIC_URL": "http://127.0.0.1:8000"}, True),
        ({"DEMO": "0"}, False),
    ],
)
def test_the_demo_is_there_only_where_nobody_else_gets_to(env: dict[str, str], demo: bool) -> None:
    assert read_options(env).demo is demo


def test_both_loopback_addresses_are_listened_on() -> None:
    port = free_port()
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(listener) for listener in listen(port)]
        names = [listener.getsockname()[:2] for listener in sockets]
        assert names == [("127.0.0.1", port), ("::1", port)][: len(names)]
        for name in names:
            socket.create_connection(name, timeout=5).close()


def test_one_address_can_be_chosen() -> None:
    port = free_port()
    (listener,) = listen(port, "127.0.0.2")
    with listener:
        assert listener.getsockname() == ("127.0.0.2", port)


def test_a_taken_port_is_said_with_what_to_do() -> None:
    with taken() as port, pytest.raises(LaunchError) as problem:
        listen(port)
    assert str(problem.value) == (
        f"Port {port} is taken by another program. Stop that one, or choose another: make run PORT={port + 1}"
    )


def test_a_port_that_is_taken_on_ipv6_alone_counts_and_nothing_stays_bound() -> None:
    with taken("::1") as port:
        with pytest.raises(LaunchError, match="is taken by another program"):
            listen(port)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(LaunchError, match=r"^Cannot listen on 192\.0\.2\.1, port \d+: "):
        listen(free_port(), "192.0.2.1")


def test_a_lock_is_for_one_and_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path), pytest.raises(BlockingIOError), locked(path, wait=0.1):
        pass
    with locked(path):
        pass


def test_a_secret_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    made = kept_secret(path)
    assert len(made) == 43
    assert kept_secret(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("")
    assert kept_secret(path) != made
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_a_port_is_kept_while_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "port"
    first = take_port(path)
    assert take_port(path) == first
    with taken() as other:
        path.write_text(str(other))
        assert take_port(path) != other


def test_a_new_folder_is_closed_and_one_that_was_there_stays_as_it_is(tmp_path: Path) -> None:
    new, old = tmp_path / "new" / "inner", tmp_path / "old"
    old.mkdir(mode=0o755)
    assert stat.S_IMODE(make_folder(new).stat().st_mode) == 0o700
    assert stat.S_IMODE(make_folder(old).stat().st_mode) == 0o755
    assert stat.S_IMODE(make_private(old).stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LaunchError, match=r"^The folder .*/file/inner cannot be made: Not a directory\.$"):
        make_folder(tmp_path / "file" / "inner")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_private_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    with pytest.raises(LaunchError, match="belongs to another user"):
        make_private(folder)
