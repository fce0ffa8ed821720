"""A server that hangs is ended with all it started, and begun anew; one that is only slow is left in peace."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from proxy.engine.ports import UpstreamProblem, UpstreamSpec
from proxy.owner import channel as channel_module
from proxy.owner import pulse
from proxy.owner.channel import Channel
from proxy.owner.pool import Pool
from proxy.owner.settings import OwnerSettings
from tests.owner.kit import PEERS, TALKER, OwnerProcess, call, params, until

pytestmark = pytest.mark.anyio


class Caller:
    """Remembers how its calls ended."""

    hears = False

    def __init__(self) -> None:
        self.problems: dict[int, UpstreamProblem] = {}
        self.ends: list[UpstreamProblem] = []

    def failed(self, call: int, problem: UpstreamProblem) -> None:
        self.problems[call] = problem

    def ended(self, problem: UpstreamProblem) -> None:
        self.ends.append(problem)

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


@pytest.fixture
async def pool(tmp_path: Path, anyio_backend: object, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pool]:
    monkeypatch.setattr(pulse, "PATIENCE_S", 0.2)
    made = Pool(OwnerSettings(socket=tmp_path / "owner.sock", token="x" * 16, work_dir=tmp_path / "work"))
    yield made
    await made.close()


def spec(*args: str, timeout_ms: int = 300) -> UpstreamSpec:
    return UpstreamSpec(
        server_id="srv_1",
        workspace_id="wsp",
        slug="peer",
        title="Peer",
        transport="stdio",
        command=sys.executable,
        args=args,
        fingerprint="f1",
        timeout_ms=timeout_ms,
    )


async def frozen(pool: Pool, era: Any = "handshake") -> tuple[Channel, Caller]:
    """A channel whose server hangs, with two calls on their way, the first of them given up."""
    channel = await pool.open(spec(*TALKER), era)
    caller: Any = Caller()
    channel.attach(caller)
    number = channel.request(caller, 1, "tools/call", params("freeze"), heard=False)
    assert channel.link is not None
    link = channel.link
    await until(lambda: len(link.pids()) > 1 and stopped(link.pid), "the freeze")
    channel.request(caller, 2, "tools/call", params("echo"), heard=False)
    channel.cancel(number)
    return channel, caller


def stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.parametrize("era", ["handshake", "stateless"])
async def test_a_server_that_hangs_is_ended_with_its_tree_and_started_for_the_next_call(pool: Pool, era: Any) -> None:
    channel, caller = await frozen(pool, era)
    assert channel.link is not None
    tree = channel.link.pids()
    await until(lambda: channel.over is not None, "its end")
    assert caller.problems[2].kind == "timeout"
    assert "stopped answering, a ping included" in caller.problems[2].sentence
    assert caller.ends == [channel.over]
    await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in tree), "nothing left of it")
    anew = await pool.open(spec(*TALKER), era)
    assert anew.over is None
    assert anew.incarnation != channel.incarnation


async def test_a_server_that_hangs_on_every_call_is_not_started_each_time(pool: Pool) -> None:
    for _ in range(3):
        channel, _ = await frozen(pool)
        await until(lambda one=channel: one.over is not None, "its end")  # type: ignore[misc]
    with pytest.raises(UpstreamProblem, match=r"stopped answering.*next try is possible in"):
        await pool.open(spec(*TALKER), "handshake")


async def test_a_full_line_of_calls_hides_no_hanging_server(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "MAX_IN_FLIGHT", 1)
    channel = await pool.open(spec(*TALKER), "handshake")
    caller: Any = Caller()
    channel.attach(caller)
    number = channel.request(caller, 1, "tools/call", params("freeze"), heard=False)
    pid = channel.link.pid if channel.link is not None else 0
    await until(lambda: stopped(pid), "the freeze")
    channel.cancel(number)
    channel.request(caller, 2, "tools/call", params("echo"), heard=False)
    await until(lambda: channel.over is not None, "its end")


async def test_a_server_that_does_one_thing_after_the_other_has_its_whole_time(pool: Pool) -> None:
    channel = await pool.open(spec(str(PEERS / "serial.py"), timeout_ms=5000), "handshake")
    caller: Any = Caller()
    channel.attach(caller)
    began = time.monotonic()
    slow = b'{"name":"sleep","arguments":{"seconds":1}}'
    channel.cancel(channel.request(caller, 1, "tools/call", slow, heard=False))
    reply = await asyncio.wait_for(channel.call("ping", b"{}"), 5)
    assert reply.result is not None
    assert time.monotonic() - began > 0.9  # much longer than the ping's own patience
    assert channel.over is None


async def test_a_server_that_answers_its_ping_stays(pool: Pool) -> None:
    channel = await pool.open(spec(*TALKER), "handshake")
    caller: Any = Caller()
    channel.attach(caller)
    number = channel.request(caller, 1, "tools/call", params("wait"), heard=False)
    sent_at = channel.heard_at
    channel.cancel(number)
    await until(lambda: channel.heard_at > sent_at and not channel.in_flight, "the answer to the ping")
    assert channel.over is None


async def test_callers_hear_of_it_and_the_next_call_is_answered(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER, timeout_ms=400), era="handshake")
    first = await call(session, "pid")
    with pytest.raises(UpstreamProblem, match="did not answer tools/call within"):
        await session.request("tools/call", params("freeze"))
    sentence = ""
    while "stopped answering" not in sentence:  # calls keep coming while it hangs
        with pytest.raises(UpstreamProblem) as caught:
            await session.request("tools/call", params("echo"))
        sentence = caught.value.sentence
    assert await call(session, "pid") != first
