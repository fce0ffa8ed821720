"""Sort, filter, search and paging of a list, from a QuerySet or a sequence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import RequestFactory

from accounts.models import User
from core.components.table import Choice, Column, Filter, Table

COLUMNS = (
    Column("name", "Name", sort="name"),
    Column("calls", "Calls", sort="calls", align="right", descending_first=True),
)
ROWS = [
    {"name": f"tool {i:02}", "calls": None if i == 3 else i * 7 % 10, "state": "on" if i % 2 else "off"}
    for i in range(12)
]
STATE = Filter("state", "State", (Choice("on", "on"), Choice("off", "off")))


def table(query: str = "", rows: Any = None, **options: Any) -> Table:
    options = {"columns": COLUMNS, "filters": (STATE,), "search": ("name",), "size": 5, **options}
    return Table(RequestFactory().get(f"/tools/?{query}"), ROWS if rows is None else rows, **options)


def names(found: Table) -> list[str]:
    return [row["name"] if isinstance(row, dict) else row.name for row in found.rows]


def test_rows_are_sorted_filtered_and_searched() -> None:
    assert names(table("sort=-name"))[0] == "tool 11"
    assert {row["state"] for row in table("state=on").rows} == {"on"}
    assert names(table("q=TOOL+03")) == ["tool 03"]


def test_none_comes_last_in_both_directions() -> None:
    assert names(table("sort=calls", size=50))[-1] == names(table("sort=-calls", size=50))[-1] == "tool 03"


def test_the_head_says_how_it_is_sorted_and_offers_the_other_way() -> None:
    cells = table("sort=-calls&state=on").head()
    assert [cell.direction for cell in cells] == ["", "descending"]
    assert cells[1].url == "/tools/?state=on&sort=calls"
    assert table().head()[1].url == "/tools/?sort=-calls"


@pytest.mark.parametrize(
    "query", ["sort=evil", "sort=password", "state=nonsense", "after=%00", "after=999", "after=-1", "q=%00", "before=x"]
)
def test_nonsense_in_the_address_is_as_if_it_were_not_there(query: str) -> None:
    assert names(table(query)) == names(table())


def test_pages_follow_each_other() -> None:
    first = table()
    second = table(first.next_url.partition("?")[2])
    third = table(second.next_url.partition("?")[2])
    assert names(first) + names(second) + names(third) == [row["name"] for row in ROWS]
    assert third.next_url == "" and third.first_number == "11" and third.last_number == "12"
    assert names(table(second.previous_url.partition("?")[2])) == names(first)


def test_the_form_carries_along_what_is_not_its_own() -> None:
    assert table("range=day&state=on&q=x&sort=name&after=5").kept() == [("range", "day")]
    assert table("range=day&state=on&q=x").clear_url == "/tools/?range=day"


def people(count: int) -> QuerySet[User]:
    start = datetime(2025, 11, 23, tzinfo=UTC)
    for index in range(count):
        login = None if index % 4 == 0 else start + timedelta(hours=index // 3)
        User.objects.create(email=f"p{index:02}@example.com", name=f"Person {index % 5}", last_login=login)
    return User.objects.filter(email__startswith="p")


COLUMNS_OF_PEOPLE = (
    Column("name", "Name", sort="name"),
    Column("seen", "Seen", sort="last_login"),
    Column("email", "E-mail", sort="email"),
)


@pytest.mark.django_db
@pytest.mark.parametrize("sort", ["name", "-name", "seen", "-seen", "email", ""])
def test_a_queryset_is_walked_forth_and_back_without_a_gap(sort: str) -> None:
    rows = people(23)
    options: dict[str, Any] = {"rows": rows, "columns": COLUMNS_OF_PEOPLE, "filters": (), "order": "name"}
    page = table(f"sort={sort}", **options)
    pages = [[row.pk for row in page.rows]]
    while page.next_url:
        page = table(page.next_url.partition("?")[2], **options)
        pages.append([row.pk for row in page.rows])
    walked = [pk for one in pages for pk in one]
    assert len(walked) == len(set(walked)) == 23
    back = [pages[-1]]
    while page.previous_url:
        page = table(page.previous_url.partition("?")[2], **options)
        back.insert(0, [row.pk for row in page.rows])
    assert back == pages


@pytest.mark.django_db
def test_nulls_come_last_in_a_queryset_too() -> None:
    rows = people(8)
    for sort in ("seen", "-seen"):
        found = table(f"sort={sort}", rows=rows, columns=COLUMNS_OF_PEOPLE, filters=(), size=50)
        assert [row.last_login is None for row in found.rows] == [False] * 6 + [True] * 2


@pytest.mark.django_db
def test_a_row_that_arrives_meanwhile_shifts_nothing() -> None:
    rows = people(12)
    options: dict[str, Any] = {"rows": rows, "columns": COLUMNS_OF_PEOPLE, "filters": ()}
    first = table("sort=email", **options)
    User.objects.create(email="p00a@example.com", name="Late")
    second = table(first.next_url.partition("?")[2], **options)
    assert second.rows[0].email == "p05@example.com"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WyJ4Il0", "WzEsMl0", "W251bGwsbnVsbF0", "WyJcdTAwMDAiLCAxXQ", "e30", "A" * 2000]
)
@pytest.mark.parametrize("sort", ["seen", "name"])
def test_a_cursor_that_makes_no_sense_is_the_first_page(cursor: str, sort: str) -> None:
    rows = people(7)
    options: dict[str, Any] = {"rows": rows, "columns": COLUMNS_OF_PEOPLE, "filters": ()}
    for way in ("after", "before"):
        assert len(table(f"sort={sort}&{way}={cursor}", **options).rows) == 5


@pytest.mark.django_db
def test_a_search_asks_every_field_for_every_word(django_assert_num_queries: Any) -> None:
    rows = people(10)
    options: dict[str, Any] = {"rows": rows, "columns": COLUMNS_OF_PEOPLE, "filters": (), "search": ("name", "email")}
    with django_assert_num_queries(2):
        found = table("q=person+P03", **options)
    assert [row.email for row in found.rows] == ["p03@example.com"]
