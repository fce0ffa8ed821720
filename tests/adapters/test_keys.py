from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from django.db import connection

from accounts import services
from accounts.models import ApiKey, Membership
from core.clock import now
from proxy.adapters.keys import PostgresKeys
from proxy.engine.ports import KeyProblem
from tests.adapters.conftest import Adapters, Owner, in_thread, with_adapters

END_FEEDS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'crossroads-changes'"


def make_key(owner: Owner, **options: object) -> tuple[ApiKey, str]:
    return services.create_key(
        actor=owner.principal,
        workspace=owner.workspace,
        name="laptop",
        scopes=["mcp"],
        **options,  # type: ignore[arg-type]
    )


async def refusal(keys: PostgresKeys, secret: str) -> str:
    with pytest.raises(KeyProblem) as caught:
        await keys.principal(secret)
    return caught.value.reason


async def until_refused(keys: PostgresKeys, secret: str) -> str:
    while True:
        try:
            await keys.principal(secret)
        except KeyProblem as problem:
            return problem.reason
        await asyncio.sleep(0.01)


def test_a_key_tells_its_person_their_role_and_its_scopes(owner: Owner) -> None:
    key, secret = make_key(owner)

    async def scenario(adapters: Adapters) -> None:
        principal = await adapters.keys.principal(secret)
        assert principal.key_id == key.id
        assert principal.user_id == owner.user.id
        assert (principal.role, principal.scopes) == ("owner", frozenset({"mcp"}))
        assert await adapters.keys.principal(secret) is principal, "the second look-up is warm"

    with_adapters(scenario)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("", "missing"),
        ("sk-live-1234567890123456789", "malformed"),
        ("cr_" + "x" * 300, "malformed"),
        ("cr_" + "x" * 47, "unknown"),
    ],
)
def test_what_is_not_a_key_says_so(owner: Owner, secret: str, reason: str) -> None:
    async def scenario(adapters: Adapters) -> None:
        assert await refusal(adapters.keys, secret) == reason

    with_adapters(scenario)


def test_a_revoked_key_stops_within_a_second(owner: Owner) -> None:
    key, secret = make_key(owner)

    async def scenario(adapters: Adapters) -> None:
        await adapters.keys.principal(secret)
        await in_thread(lambda: services.revoke_key(actor=owner.principal, key=key))
        start = time.monotonic()
        assert await until_refused(adapters.keys, secret) == "revoked"
        assert time.monotonic() - start < 1

    with_adapters(scenario)


def test_a_member_who_was_removed_has_no_key_any_more(owner: Owner) -> None:
    _, secret = make_key(owner)

    async def scenario(adapters: Adapters) -> None:
        await adapters.keys.principal(secret)

        def remove() -> None:
            Membership.objects.all().delete()
            services.bump_workspace(workspace_id=owner.workspace.id)

        await in_thread(remove)
        assert await until_refused(adapters.keys, secret) == "revoked"

    with_adapters(scenario)


def test_an_expired_key_is_refused_even_when_warm(owner: Owner) -> None:
    key, secret = make_key(owner, expires_at=now() + timedelta(seconds=0.6))
    assert key.expires_at

    async def scenario(adapters: Adapters) -> None:
        await adapters.keys.principal(secret)
        assert await until_refused(adapters.keys, secret) == "expired"

    with_adapters(scenario)


def test_last_use_is_written(owner: Owner) -> None:
    pairs = [make_key(owner) for _ in range(3)]

    async def scenario(adapters: Adapters) -> None:
        for _, secret in pairs:
            await adapters.keys.principal(secret)
        await adapters.keys.flush()

    with_adapters(scenario)
    for key, _ in pairs:
        key.refresh_from_db()
        assert key.last_used_at is not None


def test_a_process_that_cannot_reach_postgres_serves_what_it_knows_until_the_cut_off(owner: Owner) -> None:
    _, secret = make_key(owner)

    async def scenario(adapters: Adapters) -> None:
        await adapters.keys.principal(secret)
        adapters.feed._url = "postgresql://nobody@127.0.0.1:1/nothing"
        assert adapters.feed._task is not None

        def cut() -> None:
            with connection.cursor() as cursor:
                cursor.execute(END_FEEDS)

        await in_thread(cut)
        await adapters.keys.principal(secret)  # warm, and within the cut-off
        assert await until_refused(adapters.keys, secret) == "unavailable"

    with_adapters(scenario, cut_off_s=1.5)


def test_changes_missed_while_away_are_found_at_the_reconnect(owner: Owner) -> None:
    key, secret = make_key(owner)

    async def scenario(adapters: Adapters) -> None:
        adapters.feed.compare_with(lambda: adapters.hubs.versions(adapters.keys.workspaces()))
        await adapters.keys.principal(secret)
        right, adapters.feed._url = adapters.feed._url, "postgresql://nobody@127.0.0.1:1/nothing"

        def cut_then_revoke() -> None:
            with connection.cursor() as cursor:
                cursor.execute(END_FEEDS)
            services.revoke_key(actor=owner.principal, key=key)

        await in_thread(cut_then_revoke)
        await adapters.keys.principal(secret)  # not heard of yet
        adapters.feed._url = right
        assert await until_refused(adapters.keys, secret) == "revoked"

    with_adapters(scenario)
