"""Code, JSON, Markdown and differences show what they are given, and nothing of it acts."""

from __future__ import annotations

import html as htmllib
import json
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.components.code import code_block, coloured, json_view
from core.components.differences import diff
from core.components.markdown import markdown


def text_of(html: str) -> str:
    return htmllib.unescape(re.sub(r"<[^>]+>", "", html))


@given(st.text(max_size=80), st.sampled_from(["json", "bash", "python", "typescript", "text"]))
def test_colouring_changes_no_letter(text: str, language: str) -> None:
    shown = text_of(coloured(text, language))
    assert shown == text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff") or (
        language == "text" and shown == text
    )


def test_json_is_coloured_by_kind() -> None:
    html = json_view({"a": "x", "n": 1, "t": True})
    assert '<span class="k">&quot;a&quot;</span>' in html
    assert '<span class="s">&quot;x&quot;</span>' in html
    assert '<span class="n">1</span>' in html


@pytest.mark.parametrize(
    "value", [None, [], {}, "plain", b"\xff", "[1,2]", {"deep": [[[[1]]]]}, {"ü": "🚂", "e": "</pre>"}]
)
def test_any_value_is_shown(value: Any) -> None:
    assert "</pre></" not in json_view(value).replace("</code></pre></div>", "").replace("</code></pre><button", "")


def test_text_that_is_json_is_laid_out() -> None:
    assert json.loads(text_of(json_view('{"a":[1,2]}', copy=False))) == {"a": [1, 2]}


def test_a_huge_reply_is_cut_and_quick() -> None:
    started = time.perf_counter()
    html = code_block("x" * 3_000_000, "json")
    assert time.perf_counter() - started < 1
    assert "2600000 more characters" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://evil.example/p.png)",
        "<img src=x onerror=alert(1)>",
        '<a href="x" onclick="y">z</a>',
        "[x](data:text/html;base64,AAAA)",
        "<iframe src=//x>",
        "<style>*{}</style>",
    ],
)
def test_markdown_of_others_cannot_act(text: str) -> None:
    html = markdown(text)
    tags = re.findall(r"<[^>]*>", html)
    assert not [tag for tag in tags if re.search(r"script|javascript:|<img|\son\w+=|data:|<iframe|<style", tag)]


def test_a_part_of_a_page_has_no_title_of_its_own() -> None:
    assert "<h2>Title</h2>" in markdown("# Title\n\n## Below")
    assert "<h3>Below</h3>" in markdown("# Title\n\n## Below")
    assert "<h2>Below</h2>" in markdown("## Below")
    assert "<h1>Title</h1>" in markdown("# Title", compact=False)
    assert "<h6>Deep</h6>" in markdown("# Title\n\n###### Deep")


def test_markdown_has_tables_and_links_that_do_not_vouch() -> None:
    html = markdown("| a |\n|---|\n| [x](https://example.com) |")
    assert "<table>" in html and 'rel="noopener noreferrer nofollow"' in html


def test_a_difference_shows_both_sides_and_folds_the_rest() -> None:
    before = {f"k{i:02}": i for i in range(20)}
    html = diff(before, {**before, "k10": "new"})
    assert '<td class="gone">  &quot;k10&quot;: 10,</td>' in html
    assert '<td class="new">  &quot;k10&quot;: &quot;new&quot;,</td>' in html
    assert html.count("equal lines") == 2
    assert "k01" not in html


def test_no_difference_is_said() -> None:
    assert "No difference" in diff({"a": 1}, {"a": 1})
