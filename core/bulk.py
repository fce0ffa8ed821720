"""Many rows at once, by COPY: some ten times faster than INSERT. No signals are sent and no `save` is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, models


def copy_rows(model: type[models.Model], rows: Iterable[models.Model]) -> int:
    """Write unsaved instances of `model`, defaults and `auto_now` included; how many there were.

    Inside a transaction, foreign keys may point at rows that follow. Keys that the database counts
    up and generated columns are left to it.
    """
    fields = [f for f in model._meta.local_concrete_fields if not (f.generated or isinstance(f, models.AutoField))]
    quoted = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    sql = f"COPY {connection.ops.quote_name(model._meta.db_table)} ({quoted}) FROM STDIN"
    count = 0
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row([_value(field, row) for field in fields])
            count += 1
    return count


def _value(field: models.Field[Any, Any], row: models.Model) -> Any:
    return field.get_db_prep_save(field.pre_save(row, True), connection)
