"""Safe HTML of Markdown from anyone: no HTML of theirs, no images from elsewhere, links that do not vouch."""

from __future__ import annotations

from collections.abc import Sequence

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.components.html import safe

LONGEST = 400_000
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
TAGS = {
    *("a", "p", "br", "hr", "em", "strong", "s", "del", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}


def markdown(text: str, compact: bool = True) -> SafeString:
    """`compact` is for a part of a page, which has its own title; else it is laid out as a document."""
    tokens = _MARKDOWN.parse(text[:LONGEST])
    if compact:
        _below_a_title(tokens)
    clean = nh3.clean(
        _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}),
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return format_html('<div class="{}">{}</div>', "prose compact" if compact else "prose", safe(clean))


def _below_a_title(tokens: Sequence[Token]) -> None:
    """Where there is a heading of the first level, all of them are one level lower: a page has one title."""
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    if any(token.tag == "h1" for token in headings):
        for token in headings:
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
