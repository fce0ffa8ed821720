"""A person with a workspace, and the adapters on the test's own database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from django.db import connection, connections

from accounts.models import Membership, User, Workspace
from accounts.permissions import principal_for
from core.decision import Principal
from core.keyring import keyring
from proxy.adapters.changes import ChangeFeed
from proxy.adapters.database import Database
from proxy.adapters.hubs import PostgresHubs
from proxy.adapters.keys import PostgresKeys


@dataclass
class Owner:
    user: User
    workspace: Workspace
    principal: Principal


@pytest.fixture
def owner(transactional_db: None) -> Owner:
    user = User.objects.create_user("mara@example.com", "a long password")
    workspace = Workspace.objects.create(slug="acme", name="Acme")
    Membership.objects.create(workspace=workspace, user=user, role="owner")
    return Owner(user, workspace, principal_for(user, workspace))


@dataclass
class Adapters:
    """What one gateway process has of Postgres."""

    database: Database
    feed: ChangeFeed
    keys: PostgresKeys
    hubs: PostgresHubs


def test_database_url() -> str:
    """Where Django's test database is: the settings name the one beside it."""
    found = connection.settings_dict
    return f"postgresql://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


test_database_url.__test__ = False  # type: ignore[attr-defined]


def with_adapters(scenario: Callable[[Adapters], Awaitable[None]], *, cut_off_s: float = 90.0) -> None:
    async def run() -> None:
        url = test_database_url()
        database, feed = Database(url), ChangeFeed(url, cut_off_s=cut_off_s)
        ring = keyring()
        adapters = Adapters(database, feed, PostgresKeys(database, ring, feed), PostgresHubs(database, ring, feed))
        await database.open()
        await feed.start()
        try:
            async with asyncio.timeout(30):
                await scenario(adapters)
        finally:
            await feed.stop()
            await database.close()

    asyncio.run(run())


async def in_thread(work: Callable[[], object]) -> None:
    """Run ORM code beside the loop, and give its connection back."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    await asyncio.to_thread(run)
