from __future__ import annotations

import asyncio

import pytest

from proxy.adapters.cache import Loaded, VersionedCache


def test_waiters_share_one_load() -> None:
    async def scenario() -> None:
        cache: VersionedCache[str] = VersionedCache()
        loads = 0
        gate = asyncio.Event()

        async def load() -> Loaded[str]:
            nonlocal loads
            loads += 1
            await gate.wait()
            return "value", "wsp_1", 1

        waiters = [asyncio.create_task(cache.load("key", load)) for _ in range(20)]
        await asyncio.sleep(0)
        gate.set()
        assert await asyncio.gather(*waiters) == ["value"] * 20
        assert loads == 1
        assert cache.get("key") == "value"

    asyncio.run(scenario())


def test_a_change_forgets_only_its_workspace() -> None:
    async def scenario() -> None:
        cache: VersionedCache[str] = VersionedCache()
        for workspace in ("wsp_1", "wsp_2"):

            async def load(workspace: str = workspace) -> Loaded[str]:
                return workspace, workspace, 1

            await cache.load(workspace, load)
        cache.changed("wsp_1", 2)
        assert cache.get("wsp_1") is None
        assert cache.get("wsp_2") == "wsp_2"

    asyncio.run(scenario())


def test_a_value_read_before_a_change_that_was_heard_first_is_read_again() -> None:
    async def scenario() -> None:
        cache: VersionedCache[str] = VersionedCache()
        versions = iter([1, 2])

        async def load() -> Loaded[str]:
            version = next(versions)
            if version == 1:
                cache.changed("wsp_1", 2)  # the change overtakes the load
            return f"read at {version}", "wsp_1", version

        assert await cache.load("key", load) == "read at 2"

    asyncio.run(scenario())


def test_what_belongs_to_no_workspace_is_not_kept() -> None:
    async def scenario() -> None:
        cache: VersionedCache[str] = VersionedCache()

        async def load() -> Loaded[str]:
            return "nothing", "", 0

        assert await cache.load("key", load) == "nothing"
        assert cache.get("key") is None

    asyncio.run(scenario())


def test_the_oldest_goes_when_it_is_full() -> None:
    async def scenario() -> None:
        cache: VersionedCache[int] = VersionedCache(size=2)
        for number in range(3):

            async def load(number: int = number) -> Loaded[int]:
                return number, "wsp_1", 1

            await cache.load(number, load)
        assert [cache.get(number) for number in range(3)] == [None, 1, 2]

    asyncio.run(scenario())


def test_a_load_that_fails_reaches_every_waiter_and_is_tried_again() -> None:
    async def scenario() -> None:
        cache: VersionedCache[str] = VersionedCache()
        answers: list[Exception | str] = [OSError("away"), "back"]

        async def load() -> Loaded[str]:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer, "wsp_1", 1

        with pytest.raises(OSError, match="away"):
            await cache.load("key", load)
        assert await cache.load("key", load) == "back"

    asyncio.run(scenario())
