"""A growing answer drawn piece by piece is in the end what the stored one looks like."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from assistants.views.blocks import blocks_of, seconds
from assistants.views.plain import json_of, plain_rows
from core.components.said import GrowingText, said

TEXT = """# Plan

Some **bold** text with `code`
and a second line.

1. one
2. two

   more of two

| a | b |
|---|---|
| 1 | 2 |

```python
print("<b>")

x = 1
```

> a quote
> goes on

- [x](javascript:alert(1)) [y](https://example.com)

<script>alert(1)</script>

The end
===
"""


def _elements(html: str) -> list[str]:
    """The elements on the first level, by their opening and closing tags."""
    found, depth, begun = [], 0, 0
    for tag in re.finditer(r"<(/?)([a-z0-9]+)[^>]*?(/?)>", html):
        if tag[3] or tag[2] in ("br", "hr", "use"):
            if depth == 0:
                found.append(tag[0])
            continue
        if depth == 0:
            begun = tag.start()
        depth += -1 if tag[1] else 1
        if depth == 0:
            found.append(html[begun : tag.end()])
    return found


@pytest.mark.parametrize("seed", range(20))
def test_pieces_add_up_to_the_whole(seed: int) -> None:
    chance = random.Random(seed)
    growing, page, at = GrowingText(), list[str](), 0
    while at < len(TEXT):
        size = chance.choice((1, 2, 5, 17, 60))
        growing.add(TEXT[at : at + size])
        at += size
        if chance.random() < 0.6 or at >= len(TEXT):
            keep, html = growing.draw()
            page = page[:keep] + _elements(html)
    whole = said(TEXT).removeprefix('<div class="said prose compact">').removesuffix("</div>")
    assert page == _elements(whole)


def test_nothing_in_a_text_can_run() -> None:
    html = said(
        '<img src=x onerror=alert(1)> [x](javascript:alert(1)) ![p](https://evil.example/p.png)\n\n```"onx="\na\n```'
    )
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert "onerror=alert(1)&gt;" in html
    assert 'onx="' not in html


def test_code_keeps_its_language_and_can_be_copied() -> None:
    html = said('```json\n{"a": 1}\n```\n\n- ```\n  nested\n  ```')
    assert html.count("data-copy") == 2
    assert '<span class="k">' in html


def _call(id: str, **more: object) -> dict[str, Any]:
    return {"kind": "tool_call", "id": id, "name": "up__look", "title": "Look", "arguments": {}, **more}


def _result(id: str, outcome: str = "answered", ms: int = 1000) -> dict[str, Any]:
    return {
        "kind": "tool_result",
        "id": id,
        "name": "up__look",
        "outcome": outcome,
        "ms": ms,
        "content": [{"type": "text", "text": '{"a": 1}'}],
    }


def test_calls_beside_each_other_are_one_line() -> None:
    (block,) = blocks_of(
        [_call("1"), _call("2"), _result("1"), _result("2", ms=400), _call("3"), _result("3", "failed")]
    )
    assert block.summary == "Look 3 times"
    assert block.took.replace("\xa0", " ") == "2.0 s"
    assert block.bad == 1
    assert not block.busy


def test_a_call_without_a_result_is_shown_while_it_runs_alone() -> None:
    assert blocks_of([_call("1")]) == []
    (block,) = blocks_of([_call("1")], live=True)
    assert block.summary == "Calling Look"


def test_an_ask_lapses_when_nobody_waits_any_more() -> None:
    ask: dict[str, Any] = {
        "kind": "ask",
        "id": "ask_1",
        "why": "confirm",
        "call": "1",
        "title": "Look",
        "arguments": {},
    }
    assert [block.kind for block in blocks_of([_call("1"), ask], asking=True)] == ["ask"]
    assert [block.kind for block in blocks_of([_call("1"), ask])] == ["lapsed"]
    answered = [_call("1"), ask | {"answer": {"decision": "confirm"}}, _result("1")]
    assert [block.kind for block in blocks_of(answered)] == ["calls"]


def test_small_results_are_names_and_values() -> None:
    assert plain_rows({"daylight_saving": False, "zone": "UTC", "tags": ["a", "b"]}) == [
        ("Daylight saving", "no"),
        ("Zone", "UTC"),
        ("Tags", "a, b"),
    ]
    assert plain_rows({"deep": {"a": 1}}) == []
    assert plain_rows([1]) == []
    assert json_of({"content": [{"type": "text", "text": "{broken"}]}) is None


def test_times_as_people_say_them() -> None:
    assert [seconds(ms).replace("\xa0", " ") for ms in (0, 12, 2_120, 65_000)] == ["", "12 ms", "2.1 s", "65 s"]
