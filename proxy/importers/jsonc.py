"""JSON as people keep it in configuration files: with comments, trailing commas, or without the outer braces."""

from __future__ import annotations

import json
import re
from typing import Any

from django.utils.translation import gettext as _

MAX_CHARS = 1_000_000
_FRAGMENT = re.compile(r'\s*"(?:[^"\\]|\\.)*"\s*:')
# A string, or a comment, or a comma before a closing bracket: whichever begins first. Strings are left as they are.
_PARTS = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')
_WRONG_QUOTES = frozenset("'\u201c\u201d\u2018\u2019")


class JsoncProblem(Exception):
    """Why a text is not JSON, in a sentence with the line."""


def parse_jsonc(text: str) -> Any:
    """The value. A fragment such as `"mcpServers": {…}` is read as if it stood in braces. Raises JsoncProblem."""
    text = text.lstrip("\ufeff").strip()
    if not text:
        raise JsoncProblem(_("There is nothing to read."))
    if len(text) > MAX_CHARS:
        raise JsoncProblem(_("This is longer than a million characters. Paste only the part with the servers."))
    # Comments become blanks of the same size and lines, so that a later error names the right place.
    plain = _PARTS.sub(lambda part: part[0] if part[0].startswith('"') else _blank(part[0]), text)
    plain = _TRAILING.sub(lambda part: part[1] or " ", plain)
    if _FRAGMENT.match(plain):
        plain = "{" + plain.rstrip().rstrip(",") + "}"
    try:
        return json.loads(plain)
    except json.JSONDecodeError as error:
        raise JsoncProblem(_sentence(error, plain)) from None
    except (RecursionError, ValueError):
        raise JsoncProblem(_("This is nested too deeply, or holds a number that is too large.")) from None


def _blank(text: str) -> str:
    return "".join("\n" if character == "\n" else " " for character in text)


def _sentence(error: json.JSONDecodeError, text: str) -> str:
    here = text[error.pos : error.pos + 1]
    if error.pos >= len(text.rstrip()):
        return _("The text ends too early, in line %(line)d: a closing bracket or quote is missing.") % {
            "line": error.lineno
        }
    if here in _WRONG_QUOTES:
        return _("Line %(line)d uses the quote %(quote)s; JSON needs straight double quotes.") % {
            "line": error.lineno,
            "quote": here,
        }
    return _("Line %(line)d, column %(column)d cannot be read: %(why)s.") % {
        "line": error.lineno,
        "column": error.colno,
        "why": _why(error.msg),
    }


def _why(message: str) -> str:
    reasons = {
        "Expecting ',' delimiter": _("a comma is missing before it"),
        "Expecting ':' delimiter": _("a colon is missing before it"),
        "Expecting property name enclosed in double quotes": _("a name in double quotes belongs there"),
        "Expecting value": _("a value belongs there"),
        "Extra data": _("something stands after the end"),
        "Invalid control character at": _("a line break or control character stands inside a text"),
        "Invalid \\escape": _("a backslash must be doubled"),
        "Unterminated string starting at": _("the text that begins there has no closing quote"),
    }
    return reasons.get(message.rstrip(), message[:1].lower() + message[1:])
