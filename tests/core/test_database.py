"""The pool of connections outlives the server behind it."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from django.db import connection

MANY = 8


def _fill_pool() -> None:
    """So many connections at once, all given back."""
    all_there = threading.Barrier(MANY)

    def use() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            all_there.wait(20)
        connection.close()

    threads = [threading.Thread(target=use) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_connections_that_postgres_has_closed_are_not_handed_out() -> None:
    _fill_pool()
    connection.close()  # back into the pool
    values = connection.settings_dict
    with psycopg.connect(
        host=values["HOST"],
        port=values["PORT"],
        user=values["USER"],
        password=values["PASSWORD"],
        dbname=values["NAME"],
    ) as other:
        others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
        other.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({others}) AS o")
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert time.monotonic() - began < 4, "one dead connection after the other would take longer"
