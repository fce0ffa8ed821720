"""The pool of connections outlives the server behind it."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection


@pytest.mark.django_db(transaction=True)
def test_connections_that_postgres_has_closed_are_not_handed_out() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
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
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
