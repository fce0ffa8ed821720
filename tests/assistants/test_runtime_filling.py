"""The offline model's eye for tools and arguments."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from assistants.gateways.filling import fill
from assistants.gateways.offline import Candidate, plan
from proxy.bundled import arithmetic, texts, zones

TODAY = date(2026, 3, 4)
TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}


def schema(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


FILLED = [
    (schema(a=NUMBER, b=NUMBER), "add 2.5 and -3", {"a": 2.5, "b": -3}, []),
    (schema(a=NUMBER), "that is 1,250,000 in all", {"a": 1250000}, []),
    (schema(n=WHOLE), "about 2.5 of them", {}, ["n"]),
    (schema(n={**WHOLE, "minimum": 10}), "between 5 and 15", {"n": 15}, []),
    (schema(day={**TEXT, "format": "date"}), "what happens tomorrow?", {"day": "2026-03-05"}, []),
    (schema(start_date=TEXT, end_date=TEXT), "2026-01-01 to 2026-02-01",
     {"start_date": "2026-01-01", "end_date": "2026-02-01"}, []),
    (schema(zone=TEXT), "the time in New York please", {"zone": "America/New_York"}, []),
    (schema(timezone=TEXT), "in Europe/Oslo", {"timezone": "Europe/Oslo"}, []),
    (schema(size={"enum": ["small", "large"]}), "a LARGE one", {"size": "large"}, []),
    (schema(url=TEXT), "fetch https://example.com/a?b=1 now", {"url": "https://example.com/a?b=1"}, []),
    (schema(email=TEXT, subject=TEXT), 'write to ann@example.com "Hello there"',
     {"email": "ann@example.com", "subject": "Hello there"}, []),
    (schema(text=TEXT), "count the words: one two three", {"text": "one two three"}, []),
    (schema(query=TEXT), "search for rate limits", {"query": "rate limits"}, []),
    (schema(text=TEXT), 'format {"a": [1, 2]}', {"text": '{"a": [1, 2]}'}, []),
    (schema(old=TEXT, new=TEXT), "compare this with that", {}, ["old", "new"]),
    (schema(title=TEXT, body=TEXT), "title: “One” and body: “All of it”", {"title": "One", "body": "All of it"}, []),
    (schema(value=NUMBER, from_unit=TEXT, to_unit=TEXT), "10 km in miles",
     {"value": 10, "from_unit": "km", "to_unit": "miles"}, []),
    (schema(expression=TEXT), "what is 12 * (3 + 4)?", {"expression": "12 * (3 + 4)"}, []),
    (schema(expression=TEXT), "calculate 17 % of 3500", {"expression": "17 / 100 * 3500"}, []),
    (schema(values={"type": "array", "items": NUMBER}), "the mean of 3, 4 and 5", {"values": [3, 4, 5]}, []),
    ({"type": "object", "properties": {"query": TEXT}}, "look up Lisbon", {"query": "Lisbon"}, []),
    ({}, "anything", {}, []),
    ({"properties": 7, "required": "a"}, "anything", {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "said", "arguments", "missing"), FILLED)
def test_arguments_come_from_the_message(
    wanted: dict[str, Any], said: str, arguments: dict[str, Any], missing: list[str]
) -> None:
    found = fill(wanted, said, today=TODAY)
    assert (found.arguments, found.missing) == (arguments, missing)


PICKED = [
    ("what time is it in Tokyo", "current_time"),
    ("convert 5 km to miles", "convert_units"),
    ("how much is 12 * (3+4)?", "calculate"),
    ("how many days between 2024-01-01 and 2024-12-25", "date_difference"),
    ('format this json: {"a":1}', "format_json"),
    ("sort these lines", "sort_lines"),
    ("find the time zone of Lisbon", "find_time_zones"),
    ("compare these two texts", "compare_texts"),
    ('hash "hello" with sha256', "hash_text"),
    ("hello", ""),
    ("write me a poem about spring", ""),
    ("who are you?", ""),
]


@pytest.mark.parametrize(("said", "tool"), PICKED)
def test_the_tool_that_fits_is_picked_and_none_else(said: str, tool: str) -> None:
    boxes = (zones.toolbox, arithmetic.toolbox, texts.toolbox)
    tools = [
        Candidate(
            one.definition.name,
            one.definition.name,
            one.definition.title or "",
            one.definition.description or "",
            one.definition.input_schema,
        )
        for box in boxes
        for one in box.tools.values()
    ]
    made = plan(tools, said, today=TODAY)
    assert made.key == tool
    assert bool(made.suggestions) == (not tool)


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("Convert the time 15:00 from Europe/Berlin to America/New_York", "15:00"),
        ("Convert 2026-12-01 15:00 from Europe/Berlin to America/New_York", "2026-12-01T15:00"),
        ("2026-12-01T15:00 from Europe/Berlin to America/New_York", "2026-12-01T15:00"),
    ],
)
def test_a_time_keeps_its_minutes_and_its_date(said: str, time: str) -> None:
    tool = zones.toolbox.tools["convert_time"].definition
    made = fill(tool.input_schema, said, today=TODAY)
    assert (made.arguments, made.missing) == ({"time": time, "from": "Europe/Berlin", "to": "America/New_York"}, [])


def test_hostile_input_ends() -> None:
    """Long and odd messages cost little, and never raise."""
    wanted = schema(a=NUMBER, expression=TEXT, zone=TEXT, day={**TEXT, "format": "date"}, text=TEXT)
    for said in ("9" * 30_000, "(" * 30_000, "a: " * 10_000, "“" * 30_000, "{" * 30_000, "x to " * 6_000, "\0" * 100):
        fill(wanted, said, today=TODAY)
