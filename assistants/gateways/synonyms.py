"""Choices of tools by the names that other languages have for them."""

# Names stand with their choice, however long the line is.
# ruff: noqa: E501

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from assistants.gateways.dates import WEEKDAYS

_NAMES = {
    **WEEKDAYS,
    "decode": r"decod\w*|de[ck]odier\w*|entschlüssel\w*|décod\w*|descodific\w*|decodific\w*|解码",
    "encode": r"encod\w*|[ek]n?[ck]odier\w*|codier\w*|kodier\w*|codific\w*|编码",
    "length": r"length|länge|longueur|longitud|长度",
    "number": r"numbers?|numeric\w*|zahl(?:en)?|nombres?|números?|数字",
    "ignore_case": r"ignor\w* case|case[- ]insensitive|groß- und klein\w*|insensible à la casse|sin distinguir may\w*|忽略大小写",
    "multiline": r"multi-?line|mehrzeilig|multiligne|multilínea|多行",
}  # fmt: skip


@lru_cache(maxsize=1024)
def names_of(choice: Any) -> re.Pattern[str]:
    """What stands for a choice in a message."""
    own = re.escape(str(choice)).replace("_", "[ _-]")
    others = _NAMES.get(str(choice))
    words = f"(?:{own}|{others})" if others else own
    return re.compile(rf"(?<![^\W\u3400-\u9fff]){words}(?![^\W\u3400-\u9fff])", re.I)
