"""What people do not see and models read: invisible letters, reversed text, tags, long runs of encoded text."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator

from django.utils.translation import gettext as _

from marketplace.scanning.findings import Finding
from marketplace.scanning.parts import Part

_TAGS = re.compile("[\U000e0000-\U000e007f]")
"""Copies of ASCII that no font draws. A flag such as that of Scotland uses some, after a black flag."""
_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{2,6}\U000e007f")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ZERO = re.compile("[\u200b\u2060-\u2064\u180e\ufeff\u00ad]")
_VARIATIONS = re.compile("[\U000e0100-\U000e01ef]|[\ufe00-\ufe0e]{2,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{160,}={0,2}(?![A-Za-z0-9+/=])")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){120,}(?![0-9A-Fa-f])")
MOST_ZERO = 12
"""Pasted texts carry a stray one here and there; a message hidden in them needs many."""


def find_hidden(part: Part) -> Iterator[Finding]:
    text = part.text
    if _TAGS.search(_FLAG.sub("", text)) or _VARIATIONS.search(text):
        yield _found(part, "hidden_text", "block", _("It hides text in characters that nobody sees."))
    if _BIDI.search(text):
        yield _found(
            part,
            "bidi",
            _strict(part),
            _("It turns the direction of its letters, so that it reads differently than it looks."),
        )
    hidden = len(_ZERO.findall(text.lstrip("\ufeff")))
    if hidden > MOST_ZERO:
        yield _found(part, "zero_width", "block", _("It holds %d characters without width.") % hidden)
    elif hidden:
        yield _found(part, "zero_width", "warn" if part.kind in ("tool", "schema") or part.where == "name" else "info",
                     _("It holds characters without width."))  # fmt: skip
    if _CONTROL.search(text):
        yield _found(part, "control", "warn", _("It holds control characters."))
    if _BASE64.search(text) or _HEX.search(text):
        yield _found(part, "encoded", _encoded(part), _("It holds a long run of encoded text, which nobody can read."))


def _encoded(part: Part) -> str:
    """What decodes to plain words was meant to be read by a model alone."""
    for found in _BASE64.finditer(part.text):
        try:
            plain = base64.b64decode(found[0] + "=" * (-len(found[0]) % 4)).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if sum(c.isalpha() or c.isspace() for c in plain) > 0.8 * len(plain):
            return "block"
    return "block" if part.kind in ("tool", "schema") else "warn"


def _strict(part: Part) -> str:
    return "block" if part.kind in ("tool", "schema", "instructions") or part.where == "name" else "warn"


def _found(part: Part, code: str, severity: str, sentence: str) -> Finding:
    return Finding(code=code, severity=severity, where=part.where, sentence=sentence)  # type: ignore[arg-type]


def without_hidden(text: str) -> str:
    """The text as a reader sees it, in plain letters: what patterns are looked for in."""
    plain = _ZERO.sub("", _BIDI.sub("", _TAGS.sub("", text)))
    return unicodedata.normalize("NFKC", plain)
