"""Many rows at once, by COPY: some ten times faster than INSERT. No signals are sent and no `save` is called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def copy_rows(model: type[models.Model], rows: Iterable[models.Model]) -> int:
    """Write unsaved instances of `model`, defaults and `auto_now` included; how many there were.

    Inside a transaction, foreign keys may point at rows that follow. Keys that the database counts
    up and generated columns are left to it.
    """
    fields = [f for f in model._meta.local_concrete_fields if not (f.generated or isinstance(f, models.AutoField))]
    quoted = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    sql = f"COPY {connection.ops.quote_name(model._meta.db_table)} ({quoted}) FROM STDIN"
    count = 0
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row([_value(field, row) for field in fields])
            count += 1
    return count


def update_rows(model: type[models.Model], rows: Iterable[models.Model], names: Sequence[str]) -> int:
    """Write these fields of saved rows, by way of a temporary table; how many rows there were. Needs a transaction."""
    quote = connection.ops.quote_name
    key = model._meta.pk
    fields = [key, *(model._meta.get_field(name) for name in names)]
    table, columns = quote(model._meta.db_table), [quote(str(field.column)) for field in fields]  # type: ignore[union-attr]
    sets = ", ".join(f"{column} = changed.{column}" for column in columns[1:])
    count = 0
    with connection.cursor() as cursor:
        shape = f"SELECT {', '.join(columns)} FROM {table} LIMIT 0"  # noqa: S608  # quoted names of our own columns
        cursor.execute(f"CREATE TEMPORARY TABLE changed ON COMMIT DROP AS {shape}")
        with cursor.copy(f"COPY changed ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([_value(field, row, add=False) for field in fields])  # type: ignore[arg-type]
                count += 1
        same = f"{table}.{columns[0]} = changed.{columns[0]}"
        cursor.execute(f"UPDATE {table} SET {sets} FROM changed WHERE {same}")  # noqa: S608
        cursor.execute("DROP TABLE changed")
    return count


def _value(field: models.Field[Any, Any], row: models.Model, *, add: bool = True) -> Any:
    return field.get_db_prep_save(field.pre_save(row, add), connection)
