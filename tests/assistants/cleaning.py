"""Between two tests that commit: empty the tables that have rows, instead of truncating all of them anew.

Truncating some hundred tables with their indexes takes half a second, and most tests here fill twenty of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission"}
"""What Django itself writes after every flush."""
_flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


@pytest.fixture(scope="module", autouse=True)
def quick_cleaning() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty)
        yield


def _empty(case: TransactionTestCase) -> None:
    """In any order: what refers to what is asked when all of it is gone."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for table in _filled():
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
    except DatabaseError:
        _flush(case)


def _filled() -> list[str]:
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    asked = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})" for table in sorted(tables)
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [str(row[0]) for row in cursor.fetchall()]
