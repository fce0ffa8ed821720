"""Rows of a form that can be added and dropped, with a script or without: `variables-3-name` is a field of row 3."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from django import forms
from django.http import QueryDict

MOST = 200


class RowForm(forms.Form):
    """A row. One whose `content` fields are all empty was never filled in, and counts for nothing."""

    content: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        return str(self.prefix).rpartition("-")[2]

    @property
    def is_blank(self) -> bool:
        return not any(str(self.data.get(self.add_prefix(name), "")).strip() for name in self.content)


R = TypeVar("R", bound=RowForm)


class Rows(Generic[R]):
    """The rows of one kind: those of a request, or those that `initial` gives."""

    def __init__(
        self, form: type[R], name: str, *, data: QueryDict | None = None, initial: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        self.form, self.name = form, name
        if data is None:
            self.rows = [form(prefix=f"{name}-{i}", initial=dict(values)) for i, values in enumerate(initial)]
        else:
            self.rows = [form(data, prefix=f"{name}-{number}") for number in _numbers(data, name)]

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def blank(self) -> R:
        """The model of a new row; a script puts a number in place of `__i__`."""
        return self.form(prefix=f"{self.name}-__i__")

    @property
    def next_number(self) -> int:
        return max((int(row.number) for row in self.rows), default=-1) + 1

    def add(self, initial: Mapping[str, Any]) -> None:
        self.rows.append(self.form(prefix=f"{self.name}-{self.next_number}", initial=dict(initial)))

    def drop(self, number: str) -> None:
        self.rows = [row for row in self.rows if row.number != number]

    def is_valid(self) -> bool:
        """Every row is looked at, so that every error is shown."""
        found = [row.is_valid() for row in self.rows if not row.is_blank]
        return all(found)

    def values(self) -> list[dict[str, Any]]:
        return [row.cleaned_data for row in self.rows if not row.is_blank]


def _numbers(data: QueryDict, name: str) -> list[int]:
    shape = re.compile(rf"{re.escape(name)}-(\d{{1,6}})-")
    return sorted({int(found[1]) for key in data if (found := shape.match(key))})[:MOST]
