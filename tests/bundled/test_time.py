"""Times and dates of the bundled server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.bundled.conftest import Tools

pytestmark = pytest.mark.anyio


async def test_the_time_now_is_given_in_the_zone(tools: Tools) -> None:
    given = await tools("current_time", zone="asia/kolkata")
    assert (given["zone"], given["offset"], given["daylight_saving"]) == ("Asia/Kolkata", "+05:30", False)
    assert abs(given["unix"] - datetime.now(UTC).timestamp()) < 5


async def test_a_zone_that_does_not_exist_is_refused_with_close_names(tools: Tools) -> None:
    assert "Did you mean Europe/Berlin" in await tools("current_time", zone="berlin")
    assert "find_time_zones" in await tools("current_time", zone="Nowhere/Land")


@pytest.mark.parametrize(
    ("wish", "times", "note"),
    [
        ({"time": "2026-07-01T12:00", "to": "Asia/Tokyo"}, ["2026-07-01T21:00:00+09:00"], ""),
        (
            {"time": "2026-07-01T12:00", "from_": "Europe/Berlin", "to": ["UTC", "America/New_York"]},
            ["2026-07-01T10:00:00+00:00", "2026-07-01T06:00:00-04:00"],
            "",
        ),
        ({"time": "2026-07-01T12:00+02:00", "from_": "Asia/Tokyo", "to": "UTC"}, ["2026-07-01T10:00:00+00:00"], ""),
        ({"time": "2026-03-29T02:30", "from_": "Europe/Berlin", "to": "UTC"}, ["2026-03-29T01:30:00+00:00"], "exist"),
        ({"time": "2026-10-25T02:30", "from_": "Europe/Berlin", "to": "UTC"}, ["2026-10-25T00:30:00+00:00"], "twice"),
    ],
)
async def test_a_time_is_converted_with_clock_changes(
    tools: Tools, wish: dict[str, Any], times: list[str], note: str
) -> None:
    given = await tools("convert_time", **wish)
    assert [result["time"] for result in given["results"]] == times
    assert note in given["note"]
    assert bool(note) == bool(given["note"])


async def test_a_time_of_day_is_meant_for_today(tools: Tools) -> None:
    given = await tools("convert_time", time="9:05", to="UTC")
    assert given["source"]["time"] == f"{datetime.now(UTC).date()}T09:05:00+00:00"


@pytest.mark.parametrize("text", ["noon", "25:00", "2026-13-01", "0001-01-01T00:00"])
async def test_what_is_no_time_is_refused(tools: Tools, text: str) -> None:
    assert isinstance(await tools("convert_time", time=text, from_="Asia/Tokyo", to="UTC"), str)


async def test_zones_are_found_by_words_of_their_name(tools: Tools) -> None:
    given = await tools("find_time_zones", query="new york")
    assert [zone["zone"] for zone in given["zones"]] == ["America/New_York"]
    everything = await tools("find_time_zones", limit=3)
    assert everything["total"] > 300
    assert len(everything["zones"]) == 3


@pytest.mark.parametrize(
    ("start", "end", "apart"),
    [
        ("2026-01-31", "2026-03-01", (0, 1, 1, 20)),
        ("2024-02-29", "2025-02-28", (1, 0, 0, 261)),
        ("2020-01-01", "2026-11-23", (6, 10, 22, 1798)),
        ("2026-03-01", "2026-01-31", (0, -1, -1, -20)),
        ("2026-11-20", "2026-11-23", (0, 0, 3, 1)),
    ],
)
async def test_dates_lie_apart(tools: Tools, start: str, end: str, apart: tuple[int, ...]) -> None:
    given = await tools("date_difference", start=start, end=end)
    assert tuple(given[name] for name in ("years", "months", "days", "weekdays")) == apart


async def test_seconds_between_times_count_the_clock_change(tools: Tools) -> None:
    wish = {"start": "2026-03-29T00:00", "end": "2026-03-30T00:00", "zone": "Europe/Berlin"}
    assert (await tools("date_difference", **wish))["total_seconds"] == 23 * 3600


@pytest.mark.parametrize(
    ("wish", "times"),
    [
        ({"time": "9:30", "after": "2026-11-23T09:30"}, ["2026-11-24T09:30:00+00:00"]),
        (
            {"weekdays": ["monday", "friday"], "after": "2026-11-23T00:00", "count": 3},
            ["2026-11-27T00:00:00+00:00", "2026-11-30T00:00:00+00:00", "2026-12-04T00:00:00+00:00"],
        ),
        ({"day_of_month": 31, "after": "2026-11-23"}, ["2026-12-31T00:00:00+00:00"]),
        ({"day_of_month": 29, "month": 2, "after": "2026-11-23"}, ["2028-02-29T00:00:00+00:00"]),
        (
            {"time": "02:30", "zone": "Europe/Berlin", "after": "2026-03-28T12:00"},
            ["2026-03-29T03:30:00+02:00"],
        ),
    ],
)
async def test_the_next_occurrence_is_found(tools: Tools, wish: dict[str, Any], times: list[str]) -> None:
    given = await tools("next_occurrence", **wish)
    assert [one["time"] for one in given["occurrences"]] == times
    assert all(one["seconds_until"] > 0 for one in given["occurrences"])


async def test_a_day_that_never_comes_is_said_so(tools: Tools) -> None:
    assert "no such day" in await tools("next_occurrence", day_of_month=30, month=2)
    assert "no time of day" in await tools("next_occurrence", time="24:30")
    assert "do not fit" in await tools("next_occurrence", weekdays=["caturday"])
    assert "no such day" in await tools("next_occurrence", after="9999-12-31T23:00", count=1)
