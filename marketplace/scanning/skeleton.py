"""Names as they look: letters of other scripts that pass for Latin ones, digits that pass for letters, marks left out.

`skeleton("Gіt-Hub 0")` with a Cyrillic і equals `skeleton("GitHub o")`. Postgres computes the same (`Skeleton`), so
that names that look alike are found by an index.
"""

# ruff: noqa: RUF001, RUF002  # letters that pass for others are what this is about
from __future__ import annotations

import unicodedata

from django.db import models

_LOOKS_LIKE = {
    "a": "аАɑαΑａ@", "b": "ЬьВвΒβ", "c": "сСϲϹ", "d": "ԁɗ", "e": "еЕєЄεΕ", "f": "ƒϝ", "g": "ɡց", "h": "һНнΗ",
    "i": "іІїЇιΙıɩ|!1lL", "j": "јЈ", "k": "кКκΚ", "m": "мМΜ", "n": "пηΝ", "o": "оОοΟσ0օ", "p": "рРρΡ",
    "q": "ԛ", "r": "гɾ", "s": "ѕЅ$5ʂ", "t": "тТτΤ", "u": "υսʋ", "v": "νѵ", "w": "ωԝшШ", "x": "хХχΧ", "y": "уУγΥү",
    "z": "ζΖʐ",
}  # fmt: skip
_LEFT_OUT = "".join(
    (
        " \t\n\r\u00a0-_.,:;'\"`´’‘“”/\\()[]{}<>+*~^#&=?·•–—…",
        "".join(chr(code) for code in range(0x300, 0x370)),  # combining marks, after the letters were taken apart
        "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\ufeff",
    )
)
_FROM = "".join(twins for twins in _LOOKS_LIKE.values()) + _LEFT_OUT
# Without the percent sign, which Django takes for a parameter.
_TO = "".join(letter * len(twins) for letter, twins in _LOOKS_LIKE.items())
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
"""ASCII alone, as Postgres does it whatever its locale."""
_TABLE = str.maketrans(_FROM[: len(_TO)], _TO, _LEFT_OUT)


def skeleton(name: str) -> str:
    """What a name looks like. Names of other scripts stay what they are."""
    return unicodedata.normalize("NFKD", name).translate(_TABLE).translate(_LOWER)


def distance(one: str, other: str, most: int = 2) -> int:
    """Letters to change, add, drop or swap with their neighbour; `most` + 1 when it is more than `most`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Skeleton(models.Func):
    """`skeleton` in Postgres: immutable, so that it can stand in a generated column."""

    function = "translate"
    template = (
        f"translate(translate(normalize(%(expressions)s, NFKD), {_quoted(_FROM)}, {_quoted(_TO)}), "
        "'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
    )
    output_field = models.TextField()


class CopyHash(models.Func):
    """MD5 of a text without its spaces, stops and case: copies that were only laid out anew have the same."""

    template = (
        "md5(translate(%(expressions)s, E'ABCDEFGHIJKLMNOPQRSTUVWXYZ \\n\\r\\t.,:;!?*#_-\"''`()[]', "
        "'abcdefghijklmnopqrstuvwxyz'))"
    )
    output_field = models.CharField(max_length=32)
