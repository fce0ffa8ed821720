"""Texts taken apart into words, the same way for documents and for questions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 40
"""Characters of a word; what is longer (hashes, encoded data) is nothing that people look for."""

_CJK = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0e7f々"
_PART = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NAMED = {"c++": " cplusplus ", "c#": " csharp ", "f#": " fsharp ", ".net": " dotnet "}
_NAMED_PATTERN = re.compile(r"(?<!\w)(?:c\+\+|c#|f#|\.net)(?!\w)", re.I)
_UNDIVIDED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th", "\u0131": "i", "\u0451": "\u0435"}
)
_CJK_WORD = re.compile(rf"[{_CJK}]")


def fold(text: str) -> str:
    """Lower case, full-width letters made plain, Latin letters without their marks: `Café` and `cafe` are the same."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_UNDIVIDED)
    if plain.isascii():
        return plain
    return "".join(_bare(c) if "\u00c0" <= c <= "\u024f" or "\u1e00" <= c <= "\u1eff" else c for c in plain)


def is_cjk(word: str) -> bool:
    """Is it written without spaces between words, so that it was taken apart into pairs of characters?"""
    return bool(_CJK_WORD.search(word))


def words_of(text: str, *, humps: bool = True) -> Iterator[str]:
    """Folded words in order. `FastAPI` gives `fastapi`, and its parts where `humps`; 塔罗牌 gives 塔罗 and 罗牌."""
    named = _NAMED_PATTERN.sub(lambda match: _NAMED[match[0].lower()], text)
    for match in _PART.finditer(unicodedata.normalize("NFKC", named)):
        part = match[0]
        if _CJK_WORD.match(part):
            yield from pairs(part)
            continue
        word = fold(part)
        if len(word) <= LONGEST:
            yield word
        if humps and not part.islower() and len(pieces := _HUMP.split(part)) > 1:
            yield from (fold(piece) for piece in pieces if len(piece) > 1)


def pairs(run: str) -> Iterator[str]:
    """Every two neighbours of a run of characters; the character alone where there is one."""
    if len(run) == 1:
        yield run
    else:
        yield from (run[at : at + 2] for at in range(len(run) - 1))


def _bare(character: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c))
