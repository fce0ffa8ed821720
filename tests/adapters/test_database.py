"""The gateway's connections outlive the server behind them."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest
from django.db import connection

from proxy.adapters.database import Database
from tests.adapters.conftest import test_database_url

MANY = 4


@pytest.mark.django_db(transaction=True)
def test_a_restart_of_postgres_is_got_over_at_once() -> None:
    url = test_database_url()

    async def scenario() -> float:
        database = Database(url, size=MANY)
        await database.open()
        try:
            await asyncio.gather(*(database.rows("SELECT pg_sleep(0.2)") for _ in range(MANY)))
            gone = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s"
            with psycopg.connect(url) as other:
                ended = other.execute(
                    f"{gone} AND datname = %s", ["crossroads-gateway", connection.settings_dict["NAME"]]
                ).fetchall()
            assert len(ended) >= MANY
            began = time.monotonic()
            assert await database.rows("SELECT 1 AS one") == [{"one": 1}]
            return time.monotonic() - began
        finally:
            await database.close()

    assert asyncio.run(scenario()) < 3, "one dead connection after the other would take longer"
