"""What a schema demands of a value, in words: `1 to 80 characters`, `default 50`."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.reference.pointers import Node

_LONGEST_DEFAULT = 80


def shown(value: Any) -> str:
    """A value as it is written: text as it is, all else as JSON."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def limits_of(schema: Node) -> list[str]:
    """Everything that the schema says besides its type, a short phrase each."""
    found = [
        _counted(schema.get("minLength"), schema.get("maxLength"), "characters"),
        _counted(schema.get("minItems"), schema.get("maxItems"), "items"),
        _counted(schema.get("minProperties"), schema.get("maxProperties"), "names"),
        _ranged(schema),
        _("a multiple of %(number)s") % {"number": schema["multipleOf"]} if "multipleOf" in schema else "",
        _("no item twice") if schema.get("uniqueItems") else "",
        _("matches %(pattern)s") % {"pattern": schema["pattern"]} if "pattern" in schema else "",
        _default(schema),
    ]
    return [phrase for phrase in found if phrase]


def _default(schema: Node) -> str:
    if "default" not in schema:
        return ""
    said = json.dumps(schema["default"], ensure_ascii=False)
    return _("default %(value)s") % {"value": said} if len(said) <= _LONGEST_DEFAULT else ""


def _counted(least: Any, most: Any, what: str) -> str:
    if least == most and least is not None:
        return _units(what, least)
    if least and most is not None:
        return _("%(least)s to %(most)s") % {"least": _figure(least), "most": _units(what, most)}
    if most is not None:
        return _("at most %(most)s") % {"most": _units(what, most)}
    return _("at least %(least)s") % {"least": _units(what, least)} if least else ""


def _units(what: str, count: int) -> str:
    number = {"count": count, "shown": _figure(count)}
    if what == "characters":
        return ngettext("%(shown)s character", "%(shown)s characters", count) % number
    if what == "items":
        return ngettext("%(shown)s item", "%(shown)s items", count) % number
    return ngettext("%(shown)s name", "%(shown)s names", count) % number


def _figure(number: Any) -> str:
    return f"{number:,}" if isinstance(number, int | float) else str(number)


def _ranged(schema: Node) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if least is not None and most is not None:
        return _("%(least)s to %(most)s") % {"least": _figure(least), "most": _figure(most)}
    parts = [
        _("at least %(number)s") % {"number": _figure(least)} if least is not None else "",
        _("at most %(number)s") % {"number": _figure(most)} if most is not None else "",
        _("more than %(number)s") % {"number": _figure(above)} if above is not None else "",
        _("less than %(number)s") % {"number": _figure(below)} if below is not None else "",
    ]
    return ", ".join(part for part in parts if part)
