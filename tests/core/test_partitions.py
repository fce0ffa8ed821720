from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from core.partitions import drop_partitions, ensure_partitions, stray_rows

pytestmark = pytest.mark.django_db


def add_row(month: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_usageevent (id, month, meter, workspace, quantity, at)"
            " VALUES (%s, %s, 'calls', 'wsp_1', 1, now())",
            [f"call_{month}:calls", month],
        )


def rows_in(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_rows_that_came_before_their_month_are_taken_in_when_it_is_made() -> None:
    add_row("2031-05-01")
    add_row("2031-06-01")
    assert stray_rows()["billing_usageevent"] == 2
    assert "billing_usageevent_2031_05" in ensure_partitions(today=date(2031, 5, 14), ahead=0, behind=0)
    assert rows_in("billing_usageevent_2031_05") == 1
    assert stray_rows()["billing_usageevent"] == 1
    assert rows_in("billing_usageevent") == 2


def test_making_them_again_changes_nothing() -> None:
    assert ensure_partitions(today=date(2031, 5, 14))
    assert ensure_partitions(today=date(2031, 5, 14)) == []


def test_whole_months_are_dropped_and_others_stay() -> None:
    ensure_partitions(today=date(2031, 5, 14), ahead=1, behind=1)
    dropped = drop_partitions(table="billing_usageevent", before=date(2031, 5, 31))
    assert "billing_usageevent_2031_04" in dropped
    assert "billing_usageevent_2031_05" not in dropped


def test_only_what_is_partitioned_can_be_dropped() -> None:
    with pytest.raises(ValueError, match="not partitioned"):
        drop_partitions(table="accounts_user", before=date(2031, 5, 31))
