"""Code, JSON, Markdown and differences, escaped and coloured by five classes.

k is a key or keyword, s a string, n a number, c a comment, d what stands between.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Punctuation, String, _TokenType

from core.components.html import EMPTY, attributes, icon, join, safe
from core.json_values import shown_json

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
    name = attributes(aria_label=label or _("Code"), role="group", tabindex="0")
    button = copy_button(_("Copy: %(what)s") % {"what": label} if label else "") if copy else EMPTY
    return format_html(
        '<div class="codebox{}"><pre class="code"{}><code>{}</code></pre>{}</div>',
        " small" if small else "",
        name,
        body,
        button,
    )


def code_line(text: str, label: str = "", prompt: str = "") -> SafeString:
    """One line of code with a copy button; the prompt is not copied."""
    before = format_html('<span class="quiet" data-skip aria-hidden="true">{} </span>', prompt) if prompt else EMPTY
    return format_html('<div class="line"><code tabindex="0">{}{}</code>{}</div>', before, text, copy_button(label))


def json_view(value: Any, label: str = "", copy: bool = True) -> SafeString:
    """Any JSON value, indented, coloured, escaped. A str is taken as JSON text when it is some."""
    if isinstance(value, str | bytes):
        try:
            value = shown_json(value)
        except ValueError:
            return code_block(value if isinstance(value, str) else value.decode(errors="replace"), "text", copy, label)
    return code_block(pretty(value), "json", copy, label)


def pretty(value: Any) -> str:
    """JSON as people read it: two spaces, letters as they are."""
    return json.dumps(value, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
