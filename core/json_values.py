"""JSON from outside as Python values that can be written again: to a page, to Postgres, to another program.

Python reads more than it can write: numbers beyond the largest float, nesting almost as deep as its own stack, halves
of characters. What is asked of us is refused then; what a server answered is shown as well as it can be.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.utils.translation import gettext as _

MAX_DEPTH = 200
_LONGEST_NUMBER = 1000
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def checked_json(data: bytes | str) -> Any:
    """The value of a JSON text that somebody sends us. Raises ValueError with a sentence."""
    try:
        value = json.loads(data, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError(_("This is nested too deeply.")) from None
    except UnicodeDecodeError:
        raise ValueError(_("This is not UTF-8.")) from None
    for inner, depth in _walk(value):
        if depth > MAX_DEPTH:
            raise ValueError(_("This is nested too deeply."))
        if isinstance(inner, float) and not math.isfinite(inner):
            raise ValueError(_("It holds a number that is too large."))
        if isinstance(inner, str) and not _whole(inner):
            raise ValueError(_("It holds half a character (a lone surrogate)."))
    return value


def shown_json(data: bytes | str) -> Any:
    """The value of a JSON text that a server answered with. NUL is left out, and numbers that are too large are text;
    what is nested too deeply comes back as the text that it is. Raises ValueError for what is no JSON.
    """
    text = data if isinstance(data, str) else data.decode()
    if "\\u0000" in text:
        text = _NUL.sub(r"\1", text)
    try:
        value = json.loads(text, parse_int=_int, parse_float=_float, parse_constant=str)
    except RecursionError:
        return text
    return text if too_deep(value) else value


def too_deep(value: Any) -> bool:
    """Is a value nested deeper than can be written again with certainty?"""
    return any(depth > MAX_DEPTH for _inner, depth in _walk(value))


def _walk(value: Any) -> Iterator[tuple[Any, int]]:
    """Every value inside, names of objects too, with its depth. A stack of its own, so that depth is no danger."""
    stack: list[Iterator[Any]] = [iter((value,))]
    while stack:
        for inner in stack[-1]:
            yield inner, len(stack) - 1
            if isinstance(inner, dict):
                stack.append(chain.from_iterable(inner.items()))
                break
            if isinstance(inner, list):
                stack.append(iter(inner))
                break
        else:
            stack.pop()


def _whole(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _int(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _float(digits: str) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) else digits


def _no_constant(name: str) -> Any:
    raise ValueError(_("%s is not JSON.") % name)
