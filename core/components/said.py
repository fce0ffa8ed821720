"""What an assistant says: safe Markdown by blocks, so that a growing text is drawn from its last block on.

growing = GrowingText()
growing.add("Hello **wor")
keep, html = growing.draw()      # keep the first so many elements, what follows is this
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.components.code import code_block
from core.components.html import join, safe
from core.components.markdown import LONGEST, TAGS

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)
_CODE = re.compile(r'<pre><code(?: class="language-([a-z0-9+#-]{1,20})")?>(.*?)</code></pre>', re.DOTALL)
_LANGUAGE = re.compile(r"\Alanguage-[a-z0-9+#-]{1,20}\Z")
_NAMES = {"sh": "bash", "shell": "bash", "console": "bash", "py": "python", "ts": "typescript", "js": "typescript"}
_NAMES |= {"javascript": "typescript", "jsonc": "json", "json5": "json"}


def said(text: str) -> SafeString:
    """The whole of an answer's text as HTML. Code can be copied."""
    return format_html('<div class="said prose compact">{}</div>', join([html for _line, html in _blocks(text)]))


class GrowingText:
    """A text that comes in pieces. What stands before its last block does not change any more."""

    def __init__(self) -> None:
        self.text = ""
        self._kept = 0
        self._from = 0

    def add(self, piece: str) -> None:
        self.text += piece

    def draw(self) -> tuple[int, SafeString]:
        """How many elements stay as they were drawn, and the HTML of those behind them."""
        tail, keep = self.text[self._from : LONGEST], self._kept
        found = list(_blocks(tail))
        if len(found) > 1:
            self._kept += len(found) - 1
            lines = tail.splitlines(keepends=True)
            self._from += sum(map(len, lines[: found[-1][0]]))
        return keep, join([html for _line, html in found])


def _blocks(text: str) -> Iterator[tuple[int, SafeString]]:
    """Each block on the first level: the line it begins at, and its HTML."""
    text = text[:LONGEST].replace("\r\n", "\n")
    env: dict[str, object] = {}
    group: list[Token] = []
    for token in _MARKDOWN.parse(text, env):
        group.append(token)
        if token.level == 0 and token.nesting <= 0:
            html = _MARKDOWN.renderer.render(group, _MARKDOWN.options, env)
            yield (group[0].map or [0, 0])[0], _clean(html)
            group = []


def _clean(html: str) -> SafeString:
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}},
        attribute_filter=lambda _tag, name, value: value if name != "class" or _LANGUAGE.match(value) else None,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return safe(_CODE.sub(_with_copy, clean))


def _with_copy(found: re.Match[str]) -> str:
    name = found[1] or "text"
    return code_block(unescape(found[2]).rstrip("\n"), _NAMES.get(name, name))
