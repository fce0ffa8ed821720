"""Code, JSON, Markdown and differences, escaped and coloured by five classes: k s n c d (key, string, number, comment, dim)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from typing import Any

import nh3
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Punctuation, String, _TokenType

from core.components.html import EMPTY, attributes, icon, join, safe

MOST_COLOURED = 60_000
"""Characters; longer texts stay plain, so that one huge reply does not hold up a page."""
MOST_SHOWN = 400_000
_LANGUAGES = frozenset({"json", "bash", "python", "typescript", "http"})


@cache
def _lexer(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


def _css(kind: _TokenType) -> str:
    if kind in Comment:
        return "c"
    if kind in Name.Tag or kind in Keyword:
        return "k"
    if kind in String:
        return "s"
    if kind in Number:
        return "n"
    return "d" if kind in Punctuation else ""


def coloured(text: str, language: str) -> SafeString:
    """The text with its tokens in spans. Unknown languages and long texts are only escaped."""
    if len(text) > MOST_SHOWN:
        text = text[:MOST_SHOWN] + "\n… " + _("%(n)s more characters") % {"n": len(text) - MOST_SHOWN}
    if language not in _LANGUAGES or len(text) > MOST_COLOURED:
        return safe(escape(text))
    parts = []
    for kind, value in _lexer(language).get_tokens(text):
        css = _css(kind)
        parts.append(format_html('<span class="{}">{}</span>', css, value) if css else safe(escape(value)))
    return join(parts)


def copy_button(label: str = "", css: str = "") -> SafeString:
    """Copies the text of the nearest code. Needs a script, so it is not shown without one."""
    said = label or _("Copy")
    return format_html(
        '<button class="btn bare icon{}" type="button" data-copy aria-label="{}" title="{}">{}{}</button>',
        f" {css}" if css else "", said, said, icon("copy", "copy"), icon("check", "copied"),
    )  # fmt: skip


def code_block(text: str, lang: str = "text", copy: bool = True, label: str = "", small: bool = False) -> SafeString:
    """A block of code that scrolls and can be copied."""
    body = coloured(text, lang)
    name = attributes(aria_label=label or _("Code"), role="region", tabindex="0")
    button = copy_button(_("Copy: %(what)s") % {"what": label} if label else "") if copy else EMPTY
    return format_html('<div class="codebox{}"><pre class="code"{}><code>{}</code></pre>{}</div>', " small" if small else "", name, body, button)


def code_line(text: str, label: str = "", prompt: str = "") -> SafeString:
    """One line of code with a copy button; the prompt is not copied."""
    before = format_html('<span class="quiet" data-skip aria-hidden="true">{} </span>', prompt) if prompt else EMPTY
    return format_html('<div class="line"><code tabindex="0">{}{}</code>{}</div>', before, text, copy_button(label))


def json_view(value: Any, label: str = "", copy: bool = True) -> SafeString:
    """Any JSON value, indented, coloured, escaped. A str is taken as JSON text when it is some."""
    if isinstance(value, str | bytes):
        try:
            value = json.loads(value)
        except ValueError:
            return code_block(value if isinstance(value, str) else value.decode(errors="replace"), "text", copy, label)
    return code_block(pretty(value), "json", copy, label)


def pretty(value: Any) -> str:
    """JSON as people read it: two spaces, letters as they are."""
    return json.dumps(value, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)


# Markdown of others: no HTML of theirs, no images from elsewhere, links that do not vouch.

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
_TAGS = frozenset(
    "a p br hr em strong s del code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 table thead tbody tr th td".split()
)


def markdown(text: str, compact: bool = True) -> SafeString:
    """Safe HTML of Markdown that may come from anyone."""
    html = _MARKDOWN.render(text[:MOST_SHOWN])
    clean = nh3.clean(
        html, tags=set(_TAGS), attributes={"a": {"href", "title"}, "ol": {"start"}}, url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )  # fmt: skip
    return format_html('<div class="{}">{}</div>', "prose compact" if compact else "prose", safe(clean))


# Differences

CONTEXT = 3
_Row = tuple[str, str, str, str, str, str]


def diff(before: Any, after: Any, label: str = "") -> SafeString:
    """Two texts or JSON values side by side, equal parts folded to three lines around a change."""
    old, new = (_lines(value) for value in (before, after))
    rows: list[SafeString] = []
    groups = list(SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT))
    if not groups:
        return format_html('<p class="quiet">{}</p>', _("No difference"))
    end = 0
    for group in groups:
        if group[0][1] > end:
            rows.append(_skipped(group[0][1] - end))
        for opcode in group:
            rows.extend(_pair(row) for row in _opcode_rows(opcode, old, new))
        end = group[-1][2]
    if end < len(old):
        rows.append(_skipped(len(old) - end))
    columns = safe('<colgroup><col class="no"><col><col class="no"><col></colgroup>')
    head = format_html('<thead class="sr"><tr><th></th><th>{}</th><th></th><th>{}</th></tr></thead>', _("Before"), _("After"))
    return format_html(
        '<div class="diff" role="region" aria-label="{}" tabindex="0"><table>{}{}<tbody>{}</tbody></table></div>',
        label or _("Difference"), columns, head, join(rows),
    )  # fmt: skip


def _lines(value: Any) -> list[str]:
    return (value if isinstance(value, str) else pretty(value)).splitlines()


def _skipped(count: int) -> SafeString:
    return format_html('<tr class="skip-row"><td colspan="4">{}</td></tr>', _("%(n)s equal lines") % {"n": count})


def _opcode_rows(opcode: tuple[str, int, int, int, int], old: list[str], new: list[str]) -> Iterator[_Row]:
    kind, a, b, c, d = opcode
    for offset in range(max(b - a, d - c)):
        left, right = a + offset, c + offset
        has_left, has_right = left < b, right < d
        same = kind == "equal"
        yield (
            str(left + 1) if has_left else "", "same" if same else "gone" if has_left else "void", old[left] if has_left else "",
            str(right + 1) if has_right else "", "same" if same else "new" if has_right else "void", new[right] if has_right else "",
        )  # fmt: skip


def _pair(row: _Row) -> SafeString:
    return format_html('<tr><td class="no">{}</td><td class="{}">{}</td><td class="no">{}</td><td class="{}">{}</td></tr>', *row)


def kv(rows: Any) -> SafeString:
    """Labels and values; an empty value is said in words."""
    none = format_html('<span class="quiet">{}</span>', _("none"))
    pairs = ((label, none if value is None or value == "" else value) for label, value in rows)
    return format_html('<dl class="kv">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs))
