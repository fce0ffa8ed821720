"""Safe HTML of Markdown from anyone: no HTML of theirs, no images from elsewhere, links that do not vouch."""

from __future__ import annotations

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

from core.components.html import safe

LONGEST = 400_000
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
TAGS = {
    *("a", "p", "br", "hr", "em", "strong", "s", "del", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}


def markdown(text: str, compact: bool = True) -> SafeString:
    """`compact` is for a part of a page, else it is laid out as a document."""
    clean = nh3.clean(
        _MARKDOWN.render(text[:LONGEST]),
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return format_html('<div class="{}">{}</div>', "prose compact" if compact else "prose", safe(clean))
