import json

import pytest

from proxy.engine.headers import decode_header_value, encode_header_value, param_headers, param_mismatch


@pytest.mark.parametrize("value", ["plain", "", "two words", "a=b;c", "~!@#"])
def test_plain_values_stand_as_they_are(value: str) -> None:
    assert encode_header_value(value) == value == decode_header_value(value)


@pytest.mark.parametrize("value", [" edge", "edge ", "Zürich", "tab\t", "line\nbreak", "=?base64?eA==?=", "\u2028"])
def test_other_values_survive_in_base64(value: str) -> None:
    encoded = encode_header_value(value)
    assert encoded.isascii()
    assert encoded != value
    assert decode_header_value(encoded) == value


@pytest.mark.parametrize("value", ["=?base64?x?=", "=?base64?eB==?=", "=?base64?/w==?=", "=?base64?ä?="])
def test_base64_that_is_none_matches_nothing(value: str) -> None:
    assert decode_header_value(value) is None


def test_arguments_are_mirrored_by_path_and_kind() -> None:
    paths = {"city": "City", "a.b": "Deep", "flag": "Flag", "gone": "Gone", "list": "List", "n": "N"}
    arguments = json.dumps({"city": "Bern", "a": {"b": 7}, "flag": True, "gone": None, "list": [1], "n": 1.5}).encode()
    assert param_headers(paths, arguments) == {
        "Mcp-Param-City": "Bern", "Mcp-Param-Deep": "7", "Mcp-Param-Flag": "true", "Mcp-Param-N": "1.5",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "sent", "fits"),
    [
        ("Bern", ["Bern"], True),
        ("Bern", ["bern"], False),
        ("Bern", ["Bern", "Bern"], False),
        (7, ["7"], True),
        (7, ["7.0"], True),
        (7.0, ["7"], True),
        (7, ["7.5"], False),
        (7, ["7e0"], False),
        (2**70, [str(2**70)], True),
        (True, ["true"], True),
        (True, ["1"], False),
        (None, [], True),
        (None, ["x"], False),
        ("x", [], False),
        ([1], [], True),
        ([1], ["1"], False),
    ],
)
def test_headers_and_arguments_must_agree(value: object, sent: list[str], fits: bool) -> None:
    found = {"mcp-param-x": sent} if sent else {}
    assert (param_mismatch({"x": "X"}, json.dumps({"x": value}).encode(), found) == "") is fits


def test_arguments_that_are_no_object_mirror_nothing() -> None:
    assert param_headers({"x": "X"}, b"[1]") == {}
    assert param_headers({"x": "X"}, b"{") == {}
