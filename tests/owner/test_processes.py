"""Process trees: what they get, how they end, and that nothing of them is ever left."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.engine.ports import UpstreamProblem
from proxy.owner import procs
from proxy.owner.settings import SettingProblem, read_settings
from tests.owner.kit import MARK, PEERS, TALKER, OwnerProcess, call, until

pytestmark = pytest.mark.anyio

PEER = ("-m", "tests.peers.stdio_peer")
LAUNCHER = str(PEERS / "launcher.py")
STYLES = ("npx", "uvx", "daemon")


def launched(style: str) -> tuple[str, ...]:
    return LAUNCHER, style, sys.executable, *TALKER


async def test_a_child_gets_little_of_our_environment_and_no_secret(owners: Callable[..., OwnerProcess]) -> None:
    owner = owners(OWNER_PASS_ENV="HTTPS_PROXY, UNSET", HTTPS_PROXY="http://proxy")
    session = await owner.client().session(owner.spec(*TALKER, env={"API_KEY": "k"}), era="handshake")
    env = await call(session, "env")
    allowed = {"PATH", "HOME", "LANG", "TMPDIR", "HTTPS_PROXY", "API_KEY", "PYTHONPATH", MARK, "LC_CTYPE", "PWD"}
    assert set(env) <= allowed
    assert env["API_KEY"] == "k"
    assert env["HTTPS_PROXY"] == "http://proxy"
    assert str(Path(sys.executable).parent) in env["PATH"].split(os.pathsep)


async def test_a_child_starts_in_a_folder_of_its_own_server(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    where = Path(await call(session, "where"))
    assert where.name == "srv_test"
    assert stat.S_IMODE(where.stat().st_mode) == 0o700


@pytest.mark.parametrize("style", STYLES)
async def test_a_launched_server_serves_and_its_whole_tree_ends_with_the_session(
    owner: OwnerProcess, style: str
) -> None:
    client = owner.client()
    session = await client.session(owner.spec(*launched(style)), era="handshake")
    assert await call(session, "echo") == {}
    assert len(owner.left()) >= (1 if style == "daemon" else 2)
    child = (await client.status()).children[0]
    assert child.processes == len(owner.left())
    assert child.rss > 1 << 20
    await client.stop("srv_test")
    assert owner.left() == []


async def test_a_child_that_ignores_termination_and_its_detached_grandchild_are_killed(owner: OwnerProcess) -> None:
    client = owner.client()
    await client.session(owner.spec(*PEER, "--ignore-term", "--fork"), era="handshake")
    assert len(owner.left()) == 3
    await client.stop("srv_test")
    assert owner.left() == []


async def test_termination_of_the_owner_ends_all_within_two_seconds(owner: OwnerProcess) -> None:
    client = owner.client()
    stubborn = owner.spec(*PEER, "--ignore-term", "--fork", server_id="srv_stubborn")
    specs = [stubborn, *(owner.spec(*launched(style), server_id=f"srv_{style}") for style in STYLES)]
    await asyncio.gather(*(client.session(spec, era="handshake") for spec in specs))
    assert len(owner.left()) >= 8
    assert owner.stop() < 2.5  # two seconds, and what a busy machine adds
    assert owner.left() == []


async def test_nothing_is_left_of_twenty_trees_when_the_owner_is_killed(owner: OwnerProcess) -> None:
    client = owner.client()
    specs = [owner.spec(*launched(STYLES[n % 3]), server_id=f"srv_{n}") for n in range(19)]
    specs.append(owner.spec(*PEER, "--ignore-term", "--fork", server_id="srv_stubborn"))
    await asyncio.gather(*(client.session(spec, era="handshake") for spec in specs))
    assert len(owner.left()) >= 40
    family = _descendants_of(owner)
    assert len(family) >= 61  # with the keeper and a warden for each tree
    owner.kill9()
    await until(lambda: not owner.left() and not any(map(_lives, family)), "every process gone", limit_s=10)


async def test_a_killed_warden_takes_its_tree_with_it_and_the_server_comes_back(owner: OwnerProcess) -> None:
    client = owner.client()
    session = await client.session(owner.spec(*PEER, "--fork"), era="handshake")
    pid = (await client.status()).children[0].pid
    warden = next(one for one in _descendants_of(owner) if pid in procs.children(one))
    before = set(owner.left())
    os.kill(warden, signal.SIGKILL)
    await until(lambda: not before & set(owner.left()) and session.lost, "the tree is gone")
    assert (await session.request("tools/list", b"{}")).result is not None


async def test_a_killed_keeper_is_replaced_and_its_trees_go_on(owner: OwnerProcess) -> None:
    client = owner.client()
    session = await client.session(owner.spec(*TALKER), era="handshake")
    pid = await call(session, "pid")
    assert owner.process is not None
    (keeper,) = procs.children(owner.process.pid)
    os.kill(keeper, signal.SIGKILL)
    other = await client.session(owner.spec(*TALKER, server_id="srv_other"), era="handshake")
    assert await call(other, "echo") == {}
    assert await call(session, "pid") == pid
    owner.kill9()
    await until(lambda: not owner.left(), "every process gone", limit_s=10)


async def test_sessions_open_again_by_themselves_after_the_owner_was_restarted(owner: OwnerProcess) -> None:
    client = owner.client()
    spec = owner.spec(*TALKER)
    session = await client.session(spec, era="handshake")
    before = session.incarnation
    owner.kill9()
    owner.start()
    await until(lambda: session.lost, "the end is noticed")
    assert await call(session, "echo") == {}
    assert session.generation == 1
    assert session.incarnation.split(".")[0] != before.split(".")[0]
    assert await client.session(spec, era="handshake") is session
    owner.kill9()
    owner.start()
    # Not noticed yet: what changes nothing is asked again by itself.
    assert (await session.request("tools/list", b"{}")).result is not None
    assert session.generation == 2


async def test_a_call_under_way_when_the_owner_dies_fails_and_is_not_sent_again(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    watch = owner.client()
    task = asyncio.create_task(call(session, "wait"))
    while (await watch.status()).children[0].in_flight == 0:
        await asyncio.sleep(0.01)
    owner.kill9()
    owner.start()
    with pytest.raises(UpstreamProblem) as caught:
        await task
    assert caught.value.kind == "closed"
    assert await call(session, "count") == 1


async def test_an_idle_child_is_ended_and_comes_back_when_it_is_needed(owners: Callable[..., OwnerProcess]) -> None:
    owner = owners(OWNER_IDLE_S="0.3")
    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    pid = await call(session, "pid")
    await until(lambda: not owner.left(), "it was idled out")
    assert await call(session, "pid") != pid


async def test_a_child_that_is_working_is_not_idle(owners: Callable[..., OwnerProcess]) -> None:
    owner = owners(OWNER_IDLE_S="0.2")
    session = await owner.client().session(owner.spec(*PEER), era="handshake")
    body = b'{"name":"slow","arguments":{"ms":1500}}'
    assert (await session.request("tools/call", body)).result is not None


async def test_the_limits_are_kept_and_named(owners: Callable[..., OwnerProcess]) -> None:
    owner = owners(OWNER_MAX_CHILDREN="3", OWNER_MAX_PER_WORKSPACE="2")
    client = owner.client()

    def spec(number: int, workspace: str) -> object:
        return owner.spec(*TALKER, server_id=f"srv_{number}", workspace_id=workspace)

    await client.session(spec(1, "a"), era="handshake")  # type: ignore[arg-type]
    await client.session(spec(2, "a"), era="handshake")  # type: ignore[arg-type]
    with pytest.raises(UpstreamProblem, match="this workspace already runs 2 servers") as caught:
        await client.session(spec(3, "a"), era="handshake")  # type: ignore[arg-type]
    assert caught.value.status == 429
    await client.session(spec(4, "b"), era="handshake")  # type: ignore[arg-type]
    with pytest.raises(UpstreamProblem, match="this installation already runs 3 servers"):
        await client.session(spec(5, "c"), era="handshake")  # type: ignore[arg-type]
    await client.stop("srv_1")
    await client.session(spec(3, "a"), era="handshake")  # type: ignore[arg-type]


async def test_what_a_scope_stood_for_is_gone_and_so_are_its_children_in_every_process(owner: OwnerProcess) -> None:
    one, two = owner.client(), owner.client()
    mine = await one.session(owner.spec(*TALKER), era="handshake", scope="cli_1")
    await one.session(owner.spec(*TALKER), era="handshake", scope="cli_2")
    assert len(owner.left()) == 2
    await two.end("cli_1")
    await until(lambda: len(owner.left()) == 1, "its child ended")
    before = mine.incarnation
    assert await call(mine, "echo") == {}
    assert mine.incarnation != before


async def test_status_shows_what_is_held(owner: OwnerProcess) -> None:
    client = owner.client("web")
    session = await client.session(owner.spec(*TALKER), era="handshake", scope="cli_1")
    await call(session, "echo")
    status = await client.status()
    child = status.children[0]
    assert owner.process is not None
    assert (status.pid, status.clients) == (owner.process.pid, {"web": 1})
    assert (child.server_id, child.title, child.state, child.requests) == ("srv_test", "Peer", "ready", 1)
    assert (child.pid, child.version) == (await call(session, "pid"), "2025-11-25")
    assert child.scope and "cli_1" not in child.scope
    assert (await client.status("srv_none")).children == []


async def test_the_socket_is_ours_alone_and_a_second_owner_is_refused(owner: OwnerProcess) -> None:
    await owner.client().status()
    assert stat.S_IMODE(owner.socket.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(owner.socket.stat().st_mode) == 0o600
    env = {**os.environ, "OWNER_SOCKET": str(owner.socket), "OWNER_TOKEN": owner.token}
    second = subprocess.run([sys.executable, "-m", "proxy.owner"], env=env, capture_output=True, text=True, timeout=30)
    assert second.returncode == 1
    assert "served by another owner already" in second.stderr
    owner.socket.parent.chmod(0o755)
    env["OWNER_SOCKET"] = str(owner.socket.with_name("other.sock"))
    open_to_all = subprocess.run(
        [sys.executable, "-m", "proxy.owner"], env=env, capture_output=True, text=True, timeout=30
    )
    assert "must be yours alone" in open_to_all.stderr


async def test_the_owners_environment_cannot_be_read_by_its_children(owner: OwnerProcess) -> None:
    await owner.client().status()
    assert owner.process is not None
    # The kernel gives the files of such a process to root, so that no other process of its user can open them.
    assert Path(f"/proc/{owner.process.pid}/environ").stat().st_uid == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OWNER_TOKEN", "short"),
        ("OWNER_SOCKET", "/" + "x" * 120),
        ("OWNER_IDLE_S", "soon"),
        ("OWNER_MAX_CHILDREN", "0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    env = {"OWNER_SOCKET": "/run/owner.sock", "OWNER_TOKEN": "x" * 16}
    assert read_settings(env).max_per_workspace == 50
    with pytest.raises(SettingProblem, match=name):
        read_settings({**env, name: value})
    with pytest.raises(SettingProblem, match="is required"):
        read_settings({})


def test_descendants_are_found_without_children_files_too(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = subprocess.Popen(["/bin/sh", "-c", "sleep 60 & wait"])
    try:
        while len(procs.descendants(parent.pid)) != 1:
            pass
        by_file = procs.descendants(parent.pid)
        monkeypatch.setattr("os.path.exists", lambda path: False)
        assert procs.descendants(parent.pid) == by_file
    finally:
        for pid in [*procs.descendants(parent.pid), parent.pid]:
            os.kill(pid, signal.SIGKILL)
        parent.wait()


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def _descendants_of(owner: OwnerProcess) -> list[int]:
    assert owner.process is not None
    return procs.descendants(owner.process.pid)
