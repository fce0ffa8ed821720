"""The pool in this process: who gives way to whom when places are few or a configuration changed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from proxy.engine.ports import UpstreamProblem, UpstreamSpec
from proxy.owner import pool as pool_module
from proxy.owner.pool import Pool
from proxy.owner.settings import OwnerSettings
from tests.owner.kit import TALKER, until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(tmp_path: Path, anyio_backend: object) -> AsyncIterator[Pool]:
    settings = OwnerSettings(
        socket=tmp_path / "owner.sock", token="x" * 16, work_dir=tmp_path / "work", max_children=3, max_per_workspace=2
    )
    made = Pool(settings)
    yield made
    await made.close()


def spec(number: int = 1, **more: Any) -> UpstreamSpec:
    return UpstreamSpec(
        **{
            "server_id": f"srv_{number}",
            "workspace_id": "wsp",
            "slug": "peer",
            "title": f"Peer {number}",
            "transport": "stdio",
            "command": sys.executable,
            "args": TALKER,
            "fingerprint": "f1",
            **more,
        }
    )


def held(pool: Pool) -> list[str]:
    return sorted(channel.spec.title for channel, state in pool.channels() if state == "ready")


async def test_the_child_that_rested_longest_gives_its_place_away(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "EVICTABLE_AFTER_S", 0)
    for number in (1, 2, 1, 3):
        await pool.open(spec(number), "handshake")
    assert held(pool) == ["Peer 1", "Peer 3"]
    await pool.open(spec(4, workspace_id="other"), "handshake")
    await pool.open(spec(5, workspace_id="third"), "handshake")
    assert held(pool) == ["Peer 3", "Peer 4", "Peer 5"]


async def test_what_somebody_has_for_himself_keeps_its_place_for_longer(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "EVICTABLE_AFTER_S", 0)
    await pool.open(spec(1), "handshake", scope="cli_1")
    await pool.open(spec(1), "handshake", scope="cli_2")
    with pytest.raises(UpstreamProblem, match="already runs 2 servers"):
        await pool.open(spec(2), "handshake")
    monkeypatch.setattr(pool_module, "SCOPED_EVICTABLE_AFTER_S", 0)
    await pool.open(spec(2), "handshake")
    assert held(pool) == ["Peer 1", "Peer 2"]


async def test_a_child_of_an_earlier_configuration_is_let_go_soon(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    old = await pool.open(spec(1), "handshake")
    await pool.open(spec(1, fingerprint=""), "handshake", scope="draft")
    pool.tick()
    assert not old.superseded
    await pool.end_scope("draft")
    new = await pool.open(spec(1, fingerprint="f2"), "handshake")
    monkeypatch.setattr(pool_module, "SUPERSEDED_IDLE_S", 0)
    pool.tick()
    assert (old.over is not None, new.over) == (True, None)


async def test_somebody_who_waits_for_resources_keeps_a_child_from_being_idle(pool: Pool) -> None:
    class Hearing:
        hears = True

        def __getattr__(self, name: str) -> Any:
            return lambda *_: None

    channel = await pool.open(spec(1), "handshake")
    listener = Hearing()
    channel.attach(listener)
    uri = b'{"uri":"note://1"}'
    channel.request(listener, 1, "resources/subscribe", uri, heard=False)
    await until(lambda: not channel.in_flight, "the answer")
    assert channel.busy
    channel.request(listener, 2, "resources/unsubscribe", uri, heard=False)
    await until(lambda: not channel.in_flight, "the answer")
    assert not channel.busy


async def test_capabilities_that_are_no_object_and_starts_after_the_end_are_refused(pool: Pool) -> None:
    with pytest.raises(UpstreamProblem, match="not a JSON object"):
        await pool.open(spec(1), "handshake", capabilities=b"[")
    starting = asyncio.create_task(pool.open(spec(1, args=("-c", "import sys; sys.stdin.read()")), "handshake"))
    await until(lambda: any(channel.link is not None and channel.link.pid for channel, _ in pool.channels()), "a start")
    await pool.close()
    with pytest.raises((UpstreamProblem, asyncio.CancelledError)):
        await starting
    with pytest.raises(UpstreamProblem, match="the owner stops"):
        await pool.open(spec(2), "handshake")


async def test_a_server_that_ends_soon_after_it_was_ready_counts_as_failing(pool: Pool) -> None:
    for _ in range(3):
        channel = await pool.open(spec(1), "handshake")
        assert channel.link is not None
        channel.link.kill()
        await until(lambda one=channel: one.over is not None, "its end")  # type: ignore[misc]
    with pytest.raises(UpstreamProblem, match="next try is possible"):
        await pool.open(spec(1), "handshake")
    assert pool.crashed == 3
