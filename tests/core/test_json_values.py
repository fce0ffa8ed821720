"""JSON from outside: what is asked is refused when it cannot be passed on, what was answered is shown all the same."""

from __future__ import annotations

import json

import pytest

from core.components.code import json_view
from core.json_values import MAX_DEPTH, checked_json, shown_json

DEEP = "[" * 100_000 + "]" * 100_000
NESTED = '{"a":' * 900 + "1" + "}" * 900


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (DEEP, "nested"),
        (NESTED, "nested"),
        ('{"a": 1e999}', "number"),
        ('{"a": NaN}', "NaN"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"\\udfff": 1}', "surrogate"),
        (b'"\xff"', "UTF-8"),
        ("9" * 5000, "digits"),
        ("{", "Expecting"),
    ],
)
def test_what_cannot_be_passed_on_is_refused(text: str | bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        checked_json(text)


def test_what_can_be_passed_on_is_read_as_it_is() -> None:
    value = {"a": [1, 2.5, None, True, "é\0"], "b": {"c": {}}}
    assert checked_json(json.dumps(value)) == value
    assert checked_json('{"a":' * (MAX_DEPTH - 1) + "1" + "}" * (MAX_DEPTH - 1))


def test_whatever_was_answered_can_be_shown_and_kept() -> None:
    assert shown_json('{"a": 1e999, "b": %s, "c": "x\\u0000y", "d": "\\\\u0000"}' % ("9" * 5000)) == {
        "a": "1e999",
        "b": "9" * 5000,
        "c": "xy",
        "d": "\\u0000",
    }
    assert shown_json(NESTED) == NESTED
    assert shown_json(DEEP) == DEEP
    assert "9999" in json_view('{"a": %s}' % ("9" * 5000))
