"""Secrets that somebody left in a text: shapes of well-known tokens, and what looks like a password set to a value."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _

from marketplace.scanning.findings import Finding
from marketplace.scanning.parts import Part

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("GitHub", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})\b"),
        ("GitLab", r"\bglpat-[A-Za-z0-9_-]{20,}\b"),
        ("OpenAI", r"\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,}\b"),
        ("Anthropic", r"\bsk-ant-[A-Za-z0-9_-]{24,}\b"),
        ("AWS", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
        ("Google", r"\bAIza[A-Za-z0-9_-]{35}\b"),
        ("Slack", r"\bxox[abeoprs]-[A-Za-z0-9-]{20,}\b"),
        ("Stripe", r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{20,}\b"),
        ("Hugging Face", r"\bhf_[A-Za-z0-9]{30,}\b"),
        ("npm", r"\bnpm_[A-Za-z0-9]{36}\b"),
        ("PyPI", r"\bpypi-[A-Za-z0-9_-]{50,}\b"),
        ("SendGrid", r"\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{30,}\b"),
        ("Telegram", r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b"),
        ("Discord", r"\b[MN][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}\b"),
        ("Notion", r"\b(?:secret|ntn)_[A-Za-z0-9]{40,}\b"),
        ("Linear", r"\blin_api_[A-Za-z0-9]{32,}\b"),
        ("Crossroads", r"\bcr_[A-Za-z0-9]{2,12}_?[A-Za-z0-9_-]{30,}\b"),
        ("JSON Web Token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}\b"),
        ("private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    )
)
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>]{1,80}:([^\s/:@\"'<>]{4,100})@[^\s/\"'<>]+", re.I)
_SET = re.compile(
    r"(?<![A-Za-z])(?:api[_ -]?key|api[_ -]?token|access[_ -]?token|auth[_ -]?token|secret(?:[_ -]?key)?|password"
    r"|passwd|client[_ -]?secret|bearer|authorization)\b[\"'`]?\s*(?:[:=]|is\b)?\s*(?:bearer\s+)?"
    r"[\"'`]?([A-Za-z0-9+/_.~-]{16,200}=*)",
    re.I,
)
_PLACEHOLDER = re.compile(
    r"your|example|placeholder|xxx|\.\.\.|<|\{|\$|dummy|sample|change_?me|insert|redacted|test|fake|abcdef|12345", re.I
)
LEAST_BITS = 3.4
"""Of entropy for each character: words have less, random tokens more."""


def find_secrets(part: Part) -> Iterator[Finding]:
    """Findings never repeat the secret itself."""
    for name, pattern in _SHAPES:
        if any(not _stands_for_one(found[0]) for found in pattern.finditer(part.text)):
            yield _finding(
                part, _("It holds what looks like a secret (%(kind)s). Take it out, and revoke it.") % {"kind": name}
            )
            return
    if any(
        not _PLACEHOLDER.search(found[1]) and found[1].lower() not in ("password", "pass")
        for found in _ADDRESS.finditer(part.text)
    ):
        yield _finding(part, _("It holds an address with a password in it. Make it a variable."))
    elif any(_random(found[1]) for found in _SET.finditer(part.text)):
        yield _finding(part, _("It seems to hold a password or a key. Make it a secret variable."))


def entropy(text: str) -> float:
    """Bits for each character (Shannon)."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def _stands_for_one(text: str) -> bool:
    """`ghp_xxxxxxxx`, `sk-your-key-here…`: the shape, but nobody's."""
    tail = text[4:]
    return entropy(tail) < 2.5 or bool(re.search(r"(?i)your|example|placeholder|x{6,}|\.\.\.", text))


def _random(text: str) -> bool:
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return mixed and entropy(text) >= LEAST_BITS and not _PLACEHOLDER.search(text) and "." not in text.strip(".")


def _finding(part: Part, sentence: str) -> Finding:
    return Finding(code="secret", severity="block", where=part.where, sentence=sentence)
