"""The text helpers of the bundled server."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest

from tests.bundled.conftest import Tools

pytestmark = pytest.mark.anyio


async def test_a_text_is_counted(tools: Tools) -> None:
    given = await tools("count_text", text="It's late. Isn't it?\nGr\u00fc\u00dfe \u2026")
    assert {name: given[name] for name in ("characters", "bytes", "words", "lines", "sentences")} == {
        "characters": 28, "bytes": 32, "words": 5, "lines": 2, "sentences": 3,
    }  # fmt: skip
    assert (await tools("count_text", text=""))["sentences"] == 0


async def test_texts_are_compared_line_by_line(tools: Tools) -> None:
    given = await tools("compare_texts", old="a\nb\nc", new="a\nB\nc\nd", context=0)
    assert (given["same"], given["added"], given["removed"]) == (False, 2, 1)
    assert "-b\n+B" in given["diff"]
    assert (await tools("compare_texts", old="x", new="x")) == {"same": True, "added": 0, "removed": 0, "diff": ""}
    assert "5000 lines" in await tools("compare_texts", old="a\n" * 6000, new="")


@pytest.mark.parametrize(
    ("wish", "sorted_"),
    [
        ({"text": "b\nA\nc"}, "A\nb\nc"),
        ({"text": "b\na\nb", "unique": True, "descending": True}, "b\na"),
        ({"text": "item 10\nitem 9\nnone", "by": "number"}, "item 9\nitem 10\nnone"),
        ({"text": "ccc\na\nbb", "by": "length"}, "a\nbb\nccc"),
    ],
)
async def test_lines_are_sorted(tools: Tools, wish: dict[str, Any], sorted_: str) -> None:
    assert (await tools("sort_lines", **wish))["text"] == sorted_


async def test_json_is_formatted_or_its_fault_is_named(tools: Tools) -> None:
    assert (await tools("format_json", text='{"b":1,"a":[]}', sort_keys=True, indent=1))["text"] == (
        '{\n "a": [],\n "b": 1\n}'
    )
    assert (await tools("format_json", text='{ "a" : "\u00fc" }', indent=0))["text"] == '{"a":"\u00fc"}'
    broken = await tools("format_json", text='{\n "a": }')
    assert (broken["valid"], broken["text"]) == (False, "")
    assert "line 2, column 7" in broken["problem"]
    assert (await tools("format_json", text="NaN"))["problem"] == "NaN is no JSON."
    assert not (await tools("format_json", text="[" * 100_000))["valid"]


async def test_a_pattern_is_tried(tools: Tools) -> None:
    given = await tools(
        "test_regex", pattern=r"(?P<key>\w+)=(\d+)?", text="a=1 B=", flags=["ignore_case"], replace=r"\g<key>"
    )
    assert given["total"] == 2
    assert given["matches"][1] == {"text": "B=", "start": 4, "end": 6, "groups": ["B", ""], "named": {"key": "B"}}
    assert given["replaced"] == "a B"
    assert "is not valid" in await tools("test_regex", pattern="(", text="")
    assert "replacement is not valid" in await tools("test_regex", pattern="a", text="a", replace=r"\9")
    assert len((await tools("test_regex", pattern="", text="x" * 500))["matches"]) == 100


async def test_a_pattern_that_backtracks_for_ever_is_given_up(tools: Tools) -> None:
    began = time.monotonic()
    assert "takes too long" in await tools("test_regex", pattern="(a+)+$", text="a" * 60 + "b")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("algorithm", "hashed"),
    [
        ("sha256", "ba7816bf8f01cfea"),
        ("md5", "900150983cd24fb0"),
        ("crc32", "352441c2"),
        ("blake2b", "ba80a53f981c4d0d"),
    ],
)
async def test_a_text_is_hashed(tools: Tools, algorithm: str, hashed: str) -> None:
    assert (await tools("hash_text", text="abc", algorithm=algorithm))["hash"].startswith(hashed)


async def test_uuids_are_made(tools: Tools) -> None:
    made = (await tools("make_uuid", count=3))["uuids"]
    assert {uuid.UUID(one).version for one in made} == {4}
    assert len(set(made)) == 3
    named = await tools("make_uuid", name="https://example.com")
    assert named["uuids"] == ["4fd35a71-71ef-5a55-a9d9-aa75c889a6d0"]


async def test_base64_goes_both_ways(tools: Tools) -> None:
    assert (await tools("base64_text", text="a?>\u00fc"))["text"] == "YT8+w7w="
    assert (await tools("base64_text", text="a?>\u00fc", url_safe=True))["text"] == "YT8-w7w="
    assert (await tools("base64_text", text=" YT8-\nw7w ", direction="decode"))["text"] == "a?>\u00fc"
    for wrong in ("a", "!!!!", "/w=="):
        assert "no base64" in await tools("base64_text", text=wrong, direction="decode")


@pytest.mark.parametrize(
    ("wish", "slug"),
    [
        ({"text": "Stra\u00dfe & \u00c6ther, \u0141\u00f3d\u017a!"}, "strasse-aether-lodz"),
        ({"text": "one two three", "longest": 8}, "one-two"),
        ({"text": "incomprehensibilities", "longest": 5}, "incom"),
        ({"text": "a b", "separator": "_"}, "a_b"),
    ],
)
async def test_a_slug_is_made(tools: Tools, wish: dict[str, Any], slug: str) -> None:
    assert (await tools("make_slug", **wish))["slug"] == slug


async def test_a_slug_of_nothing_is_refused(tools: Tools) -> None:
    assert "no letters or digits" in await tools("make_slug", text="\u4f60\u597d")
