"""Two writers that need the same two rows in a different order: both end, and neither is told of a deadlock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from django.db import connection, connections, transaction

from accounts.models import Workspace
from proxy.models import Hub, Server
from proxy.selectors.servers import draft_of
from proxy.services.discovery import record_discovery
from proxy.services.hubs import create_hub
from proxy.services.servers import pause_server, update_server
from tests.peers.fixtures import wait_until
from tests.proxy.conftest import Cast, MakeServer
from tests.proxy.offering import discovered

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND state = 'active'
"""


def own_connection(work: Callable[[], object]) -> None:
    """In a thread, with the connection that Django gives each thread."""
    try:
        work()
    finally:
        connections.close_all()


def waiting() -> int:
    with connection.cursor() as cursor:
        # Within a transaction this view stays as it was first seen.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])


def find(cast: Cast, server: Server) -> None:
    record_discovery(server=server, found=discovered("a", "b"))


def pause(cast: Cast, server: Server) -> None:
    pause_server(actor=cast.admin, server=server)


def rename(cast: Cast, server: Server) -> None:
    update_server(actor=cast.admin, server=server, draft=replace(draft_of(server), title="Renamed"))


@pytest.mark.parametrize("change", [find, pause, rename])
def test_a_server_changes_while_it_is_put_on_a_hub(
    transactional_db: None, cast: Cast, make_server: MakeServer, change: Callable[[Cast, Server], None]
) -> None:
    """The one holds the workspace and is to refer to the server, the other holds the server and is to raise the
    workspace's version. We hold the workspace first, so that they queue up for it in this order.
    """
    server = make_server("GitHub", "a")
    put = partial(create_hub, actor=cast.admin, workspace=cast.workspace, title="Main", servers=[server])
    done: list[Future[None]] = []
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            Workspace.objects.select_for_update().get(pk=cast.workspace.pk)
            done.append(pool.submit(own_connection, put))
            wait_until(lambda: waiting() == 1, limit_s=10, what="the one that waits for the workspace")
            done.append(pool.submit(own_connection, partial(change, cast, server)))
            wait_until(lambda: waiting() == 2, limit_s=10, what="the one that holds the server")
        for one in done:
            one.result(20)
    assert list(Hub.objects.get().servers.all()) == [server]
