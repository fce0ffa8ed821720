"""Sort, filter, search and paging of a list, from the query string, for pages that work without a script.

A QuerySet is paged by keyset (sort column, then pk), so that page 400 costs what page 1 costs and a row that arrives
meanwhile shifts nothing; a plain sequence is paged by offset.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.components import paging
from core.components.formats import plain_number

Text = str | Promise
Rows = Any
"""A QuerySet or a sequence."""


@dataclass(frozen=True)
class Column:
    """`sort` is the field or attribute to order by; without it the column cannot be sorted."""

    name: str
    label: Text
    sort: str = ""
    align: Literal["", "right"] = ""
    hidden_label: bool = False
    wide_only: bool = False
    descending_first: bool = False
    css: str = ""


ANY = _("any")


class Choice(NamedTuple):
    value: str
    label: Text


@dataclass(frozen=True)
class Filter:
    """One pick. `field` is compared with the value, or `apply` narrows the rows itself."""

    name: str
    label: Text
    choices: Sequence[Choice] | Callable[[], Sequence[Choice]]
    field: str = ""
    apply: Callable[[Rows, str], Rows] | None = None
    any_label: Text = ANY

    def options(self) -> Sequence[Choice]:
        return self.choices() if callable(self.choices) else self.choices


@dataclass(frozen=True)
class FilterState:
    filter: Filter
    options: Sequence[Choice]
    value: str


@dataclass(frozen=True)
class HeadCell:
    column: Column
    url: str
    direction: Literal["", "ascending", "descending"]


class Table:
    """The state of one list. `name` is its id in the page and, with `prefix`, that of its parameters."""

    def __init__(
        self,
        request: HttpRequest,
        rows: Rows,
        *,
        columns: Sequence[Column],
        filters: Sequence[Filter] = (),
        search: Sequence[str] | Callable[[Rows, str], Rows] = (),
        order: str = "",
        size: int = 50,
        name: str = "table",
        prefix: str = "",
        count: bool = True,
        placeholder: Text = "",
    ) -> None:
        self.request, self.columns, self.prefix, self.id = request, columns, prefix, name
        self.searchable, self.placeholder = bool(search), placeholder
        self.query = self._param("q").strip()[:200]
        self.filters = [FilterState(item, item.options(), self._param(item.name)) for item in filters]
        self.sort = self._sort(order)
        rows = self._narrow(rows, search)
        self.total: int | None = paging.count_rows(rows) if count else None
        page = paging.page_of(rows, self.sort, size, self._param("after"), self._param("before"))
        self.rows: list[Any] = page.rows
        self.first_index = page.first_index
        self._page = page

    def _param(self, name: str) -> str:
        return self.request.GET.get(f"{self.prefix}{name}", "").replace("\x00", "")

    def _sort(self, order: str) -> str:
        asked = self._param("sort")
        known = {column.name: column.sort for column in self.columns if column.sort}
        field = known.get(asked.removeprefix("-"))
        if field is None:
            return order
        return f"-{field}" if asked.startswith("-") else field

    def _narrow(self, rows: Rows, search: Sequence[str] | Callable[[Rows, str], Rows]) -> Rows:
        if self.query and search:
            rows = search(rows, self.query) if callable(search) else search_rows(rows, search, self.query)
        for state in self.filters:
            if state.value not in {choice.value for choice in state.options}:
                continue
            if state.value and state.filter.apply:
                rows = state.filter.apply(rows, state.value)
            elif state.value:
                rows = where(rows, state.filter.field or state.filter.name, state.value)
        return rows

    @property
    def filtered(self) -> bool:
        return bool(self.query) or any(state.value for state in self.filters)

    def url(self, **changes: str | None) -> str:
        """The present address with parameters changed; None takes one away. Paging starts anew."""
        query = self.request.GET.copy()
        for name in ("after", "before", *changes):
            query.pop(f"{self.prefix}{name}", None)
        for name, value in changes.items():
            if value is not None:
                query[f"{self.prefix}{name}"] = value
        text = query.urlencode()
        return f"{self.request.path}?{text}" if text else self.request.path

    @property
    def next_url(self) -> str:
        return self.url(after=self._page.after) if self._page.after else ""

    @property
    def previous_url(self) -> str:
        return self.url(before=self._page.before) if self._page.before else ""

    @property
    def clear_url(self) -> str:
        return self.url(q=None, **{state.filter.name: None for state in self.filters})

    @property
    def first_number(self) -> str:
        return plain_number((self.first_index or 0) + 1)

    @property
    def last_number(self) -> str:
        return plain_number((self.first_index or 0) + len(self.rows))

    @property
    def total_text(self) -> str:
        return plain_number(self.total or 0)

    @property
    def sort_param(self) -> str:
        """The name and direction as the address has it; empty for the default order."""
        return self._param("sort")

    def head(self) -> list[HeadCell]:
        field = self.sort.removeprefix("-")
        cells = []
        for column in self.columns:
            direction: Literal["", "ascending", "descending"] = ""
            if column.sort and column.sort == field:
                direction = "descending" if self.sort.startswith("-") else "ascending"
            down = direction == "ascending" or (not direction and column.descending_first)
            url = self.url(sort=f"-{column.name}" if down else column.name) if column.sort else ""
            cells.append(HeadCell(column, url, direction))
        return cells

    def kept(self) -> list[tuple[str, str]]:
        """Parameters of the page that its filter form must carry along."""
        own = {
            f"{self.prefix}{name}" for name in ("q", "sort", "after", "before", *(s.filter.name for s in self.filters))
        }
        return [(name, value) for name, values in self.request.GET.lists() if name not in own for value in values]


def search_rows(rows: Rows, fields: Sequence[str], text: str) -> Rows:
    """Rows in which every word stands in one of the fields, whatever its case."""
    words = text.split()
    if isinstance(rows, QuerySet):
        for word in words:
            either = Q()
            for field in fields:
                either |= Q(**{f"{field}__icontains": word})
            rows = rows.filter(either)
        return rows
    return [
        row
        for row in rows
        if all(
            any(word.lower() in str(paging.value_of(row, field) or "").lower() for field in fields) for word in words
        )
    ]


def where(rows: Rows, field: str, value: str) -> Rows:
    if isinstance(rows, QuerySet):
        return rows.filter(**{field: value})
    return [row for row in rows if str(paging.value_of(row, field)) == value]
