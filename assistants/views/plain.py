"""Results of tools as people read them: a small object as names and values."""

from __future__ import annotations

import json
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

MOST_ROWS = 12
MOST_TEXT = 20_000
"""Characters of a text that is looked at."""


def json_of(result: dict[str, Any]) -> Any:
    """The JSON value of a result: what is structured, or its only text when that is JSON. None: it has none."""
    if "structured" in result:
        return result["structured"]
    content = result["content"]
    if len(content) != 1 or content[0].get("type") != "text":
        return None
    text = str(content[0].get("text", "")).strip()
    if not text.startswith(("{", "[")) or len(text) > MOST_TEXT:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def plain_rows(value: Any) -> list[tuple[str, str]]:
    """A flat object of at most twelve values, as (name, value). Empty for all else."""
    if not isinstance(value, dict) or not 0 < len(value) <= MOST_ROWS:
        return []
    rows = [(capfirst(str(name).replace("_", " ")), _plain(inner)) for name, inner in value.items()]
    return [(name, text) for name, text in rows if text is not None] if all(r[1] is not None for r in rows) else []


def _plain(value: Any) -> str | None:
    """None: not simple."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None:
        return _("none")
    if isinstance(value, int | float | str):
        text = str(value)
        return text if len(text) <= 600 else None
    if isinstance(value, list) and len(value) <= 20 and all(isinstance(one, str | int | float) for one in value):
        return ", ".join(map(str, value)) or _("none")
    return None
