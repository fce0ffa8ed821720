"""Hubs, specs and records on a real database, as two gateway processes see them."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from django.conf import settings

from accounts.services import bump_workspace
from billing.models import UsageEvent
from config.rediscovery import Rediscovery
from core.clock import now
from core.ids import new_id
from core.models import Job
from core.secrets import open_bytes_for
from proxy.adapters import stale
from proxy.adapters.changes import ChangeFeed
from proxy.adapters.records import PayloadSealer, RecordWriter
from proxy.adapters.store import RedisStore
from proxy.engine.ports import CallRecord, HubSnapshot
from proxy.importers.drafts import ServerDraft
from proxy.models import Call, Hub
from proxy.services.hubs import create_hub, delete_hub, update_hub
from proxy.services.servers import connect_server
from tests.adapters.conftest import Adapters, Owner, in_thread, test_database_url, with_adapters
from tests.site.conftest import add_tool


def filled(owner: Owner, **options: object) -> Hub:
    draft = ServerDraft(
        title="Up",
        slug="up",
        transport="http",
        url="https://up.example.com/mcp",
        headers={"Authorization": "Bearer s3cret"},
    )
    server = connect_server(actor=owner.principal, workspace=owner.workspace, draft=draft)
    add_tool(server, "echo")
    add_tool(server, "erase", read_only=False)
    return create_hub(
        actor=owner.principal,
        workspace=owner.workspace,
        title="Main",
        slug="main",
        servers=[server],
        **options,  # type: ignore[arg-type]
    )


async def snapshot(adapters: Adapters) -> HubSnapshot:
    found = await adapters.hubs.by_slug("acme", "main")
    assert found is not None
    return found


def test_a_hub_is_compiled_once_and_again_after_a_change(owner: Owner) -> None:
    hub = filled(owner)

    async def scenario(adapters: Adapters) -> None:
        first = await snapshot(adapters)
        assert sorted(first.tools) == ["up__echo", "up__erase"]
        assert await snapshot(adapters) is first
        assert await adapters.hubs.by_id(hub.id) is not None
        await in_thread(lambda: update_hub(actor=owner.principal, hub=hub, read_only=True))
        while await snapshot(adapters) is first:
            await asyncio.sleep(0.01)
        assert (await snapshot(adapters)).read_only

    with_adapters(scenario)


def test_a_removed_hub_is_gone_within_a_second(owner: Owner) -> None:
    hub = filled(owner)

    async def scenario(adapters: Adapters) -> None:
        await snapshot(adapters)
        await in_thread(lambda: delete_hub(actor=owner.principal, hub=hub))
        async with asyncio.timeout(1):
            while await adapters.hubs.by_slug("acme", "main") is not None:
                await asyncio.sleep(0.01)

    with_adapters(scenario)


def test_unknown_and_foreign_names_find_nothing(owner: Owner) -> None:
    filled(owner)

    async def scenario(adapters: Adapters) -> None:
        assert await adapters.hubs.by_slug("acme", "other") is None
        assert await adapters.hubs.by_slug("other", "main") is None
        assert await adapters.hubs.by_id("hub_none") is None
        assert await adapters.hubs.spec("srv_none") is None
        assert await adapters.hubs.of_server("srv_none") is None

    with_adapters(scenario)


def test_secrets_are_opened_only_to_reach_the_server(owner: Owner) -> None:
    hub = filled(owner)
    server = hub.servers.get()

    async def scenario(adapters: Adapters) -> None:
        found = await snapshot(adapters)
        assert "s3cret" not in repr(found)
        spec = await adapters.hubs.spec(server.id)
        assert spec is not None and spec.headers == {"Authorization": "Bearer s3cret"}
        assert spec.fingerprint == found.servers[server.id].fingerprint
        own = await adapters.hubs.of_server(server.id)
        assert own is not None and sorted(own.tools) == ["echo", "erase"]

    with_adapters(scenario)


def test_a_stale_server_is_due_for_discovery(owner: Owner) -> None:
    server = filled(owner).servers.get()
    assert server.next_discovery_at is not None and server.next_discovery_at > now()

    async def scenario(adapters: Adapters) -> None:
        adapters.hubs.stale(server.id)
        adapters.hubs.stale(server.id)
        await adapters.hubs.flush()

    with_adapters(scenario)
    server.refresh_from_db()
    assert server.next_discovery_at <= now()


def test_a_stale_server_is_told_of_at_once_and_a_chatty_one_less_and_less(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = filled(owner).servers.get()
    clock = SimpleNamespace(now=1000.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(stale, "time", clock)
    monkeypatch.setattr(stale, "SETTLE_S", 0.01)
    heard = asyncio.Semaphore(0)

    async def scenario(adapters: Adapters) -> None:
        async def told() -> None:
            await asyncio.wait_for(heard.acquire(), 10)

        async def said_again_after(seconds: float) -> None:
            """It says so many times, and some time goes by."""
            for _ in range(100):
                adapters.hubs.stale(server.id)
            clock.now += seconds

        feed = ChangeFeed(test_database_url(), cut_off_s=90)
        feed.on_due(heard.release)
        await feed.start()
        try:
            await said_again_after(0)
            await told()  # long before anybody looks at the rows
            for pause in (stale.AGAIN_S, 1.5 * stale.AGAIN_S):
                await said_again_after(0.9 * pause)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(heard.acquire(), 0.2)
                await said_again_after(0.1 * pause + 0.001)
                await told()
        finally:
            await feed.stop()

    with_adapters(scenario)
    server.refresh_from_db()
    assert server.next_discovery_at is not None and server.next_discovery_at <= now()


def test_a_web_process_that_hears_of_it_tells_the_workers(owner: Owner) -> None:
    server = filled(owner).servers.get()
    jobs = Job.objects.filter(task="proxy.discover_server", subject=server.id)
    jobs.delete()

    async def scenario(adapters: Adapters) -> None:
        rediscovery = Rediscovery()
        rediscovery.wake()  # nothing is due
        await rediscovery.stop()
        adapters.hubs.stale(server.id)
        await adapters.hubs.flush()
        for _ in range(3):
            rediscovery.wake()
        await rediscovery.stop()

    with_adapters(scenario)
    assert jobs.count() == 1


def test_a_paused_server_is_told_of_to_nobody(owner: Owner) -> None:
    server = filled(owner).servers.get()
    type(server).objects.filter(pk=server.pk).update(paused_at=now(), next_discovery_at=None)

    async def scenario(adapters: Adapters) -> None:
        adapters.hubs.stale(server.id)
        await adapters.hubs.flush()

    with_adapters(scenario)
    server.refresh_from_db()
    assert server.next_discovery_at is None


def test_records_are_kept_once_with_their_usage_and_sealed_payloads(owner: Owner) -> None:
    hub = filled(owner, record_payloads=True)
    answered = CallRecord(
        id=new_id("call"),
        workspace_id=owner.workspace.id,
        hub_id=hub.id,
        principal_id=owner.user.id,
        method="tools/call",
        name="up__echo",
        started_at=1_790_000_000.5,
        duration_us=1500,
        stages={"route": 20, "upstream": 1400},
        reply_bytes=321,
        arguments=b'{"text":"se\\u0000cret"}',
    )
    refused = CallRecord(
        id=new_id("call"),
        workspace_id=owner.workspace.id,
        hub_id=hub.id,
        method="tools/call",
        outcome="refused",
        error="no\0",
    )

    async def scenario(adapters: Adapters) -> None:
        store = RedisStore(settings.REDIS_URL, prefix=settings.REDIS_PREFIX)
        await store.start()
        live = store.subscribe(f"calls:{owner.workspace.id}")
        assert await anext(live) == b""
        await snapshot(adapters)
        seal = PayloadSealer(adapters.hubs.data_keys)
        for record in (answered, refused):
            seal(record)
        writer = RecordWriter(adapters.database, store)
        for _ in range(2):
            await writer.insert([answered, refused])
        assert json.loads(await anext(live)) == [hub.id]
        await store.stop()

    with_adapters(scenario)
    kept = Call.objects.get(id=answered.id)
    assert (kept.duration_us, kept.stages, kept.month.day) == (1500, {"route": 20, "upstream": 1400}, 1)
    assert kept.arguments is not None and b"cret" not in bytes(kept.arguments)
    assert open_bytes_for(owner.workspace.id, kept.arguments) == b'{"text":"se\\u0000cret"}'
    assert Call.objects.get(id=refused.id).error == "no"
    usage = {event.meter: event.quantity for event in UsageEvent.objects.all()}
    assert usage == {"calls": 1, "reply_bytes": 321}, "what was refused is not charged, and nothing twice"


def test_one_record_that_cannot_be_stored_does_not_hold_up_the_others(owner: Owner) -> None:
    hub = filled(owner)
    good, bad = (
        CallRecord(id=new_id("call"), workspace_id=owner.workspace.id, hub_id=hub.id, method="ping", duration_us=number)
        for number in (1, 2**70)
    )

    async def scenario(adapters: Adapters) -> None:
        store = RedisStore(settings.REDIS_URL, prefix=settings.REDIS_PREFIX)
        await RecordWriter(adapters.database, store).insert([bad, good])
        await store.stop()

    with_adapters(scenario)
    assert Call.objects.filter(id=good.id).exists()
    assert not Call.objects.filter(id=bad.id).exists()


def test_nothing_that_a_client_or_server_writes_keeps_a_call_from_being_recorded(owner: Owner) -> None:
    hub = filled(owner)
    made = [
        CallRecord(id=new_id("call"), workspace_id=owner.workspace.id, hub_id=hub.id, method="tools/call", **odd)
        for odd in (
            {"request_id": '"\\u0000"'},
            {"name": "\\u0000"},
            {"name": "a\0b", "error": "\0"},
            {"error_code": 10**15},
            {"error_code": -(10**15)},
        )
    ]

    async def scenario(adapters: Adapters) -> None:
        store = RedisStore(settings.REDIS_URL, prefix=settings.REDIS_PREFIX)
        await RecordWriter(adapters.database, store).insert(made)
        await store.stop()

    with_adapters(scenario)
    kept = [Call.objects.get(id=record.id) for record in made]
    assert kept[0].request_id == '"\\u0000"'
    assert [kept[1].name, kept[2].name, kept[2].error] == ["\\u0000", "ab", ""]
    assert UsageEvent.objects.filter(meter="calls").count() == len(made), "and charged"


def test_a_change_without_a_workspace_in_the_cache_is_no_trouble(owner: Owner) -> None:
    async def scenario(adapters: Adapters) -> None:
        changes = adapters.hubs.changes()
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        await in_thread(lambda: bump_workspace(workspace_id=owner.workspace.id))
        assert await waiting == owner.workspace.id

    with_adapters(scenario)
