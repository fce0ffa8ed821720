"""Markdown that tries to be more than text. It is shown safely whatever it holds; what was tried is told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from marketplace.scanning.findings import Finding
from marketplace.scanning.parts import Part

_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`", re.S)
_ACTIVE = re.compile(
    r"<\s*(?:script|iframe|object|embed|form|svg|math|style|link|meta|base)\b|\son[a-z]{3,20}\s*=\s*[\"']?[^\s>]", re.I
)
_JAVASCRIPT = r"[\s\x00-\x1f]*".join("javascript")
_SCHEME = re.compile(
    rf"(?:\]\(\s*<?|\]:\s*<?|<|href\s*=\s*[\"']?|src\s*=\s*[\"']?)\s*(?:{_JAVASCRIPT}|vbscript|data|file)\s*:", re.I
)
_PICTURE = re.compile(r"!\[[^\]]*\]\(\s*<?https?://", re.I)
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.S)
LONG_COMMENT = 40


def find_hostile_markdown(part: Part) -> Iterator[Finding]:
    if part.kind not in ("markdown", "text") or part.where.startswith("examples."):
        return
    text = _CODE.sub(" ", part.text)
    if _ACTIVE.search(text):
        yield _found(
            part, "active_html", "warn", _("It holds HTML that would run or embed something. It is shown as text.")
        )
    if _SCHEME.search(text):
        yield _found(part, "bad_link", "block", _("It holds a link that would run a script or carry a file."))
    if any(len(found[1].strip()) > LONG_COMMENT for found in _COMMENT.finditer(text)):
        yield _found(part, "hidden_comment", "warn", _("It holds a comment that readers do not see and models do."))
    if _PICTURE.search(text):
        yield _found(
            part,
            "remote_picture",
            "info",
            _("Pictures from elsewhere are not shown. Add them as pictures of the listing."),
        )


def _found(part: Part, code: str, severity: str, sentence: str) -> Finding:
    return Finding(code=code, severity=severity, where=part.where, sentence=sentence)  # type: ignore[arg-type]
