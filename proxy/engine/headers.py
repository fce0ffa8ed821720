"""Values of MCP's mirrored headers (2026-07-28, SEP-2243): `Mcp-Method`, `Mcp-Name`, `Mcp-Param-*`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

import msgspec

from proxy.engine import messages

PARAM_PREFIX = "mcp-param-"

_SENTINEL = re.compile(r"=\?base64\?(?P<payload>.*)\?=")
_PLAIN = re.compile(r"[\x20-\x7e]*")
_DECIMAL = re.compile(r"-?[0-9]+(\.0+)?")


def encode_header_value(value: str) -> str:
    """A value as it stands in a header: as it is, or in base64 when it would not arrive unchanged."""
    if _PLAIN.fullmatch(value) and value == value.strip() and not _SENTINEL.fullmatch(value):
        return value
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="


def decode_header_value(value: str) -> str | None:
    """What a header stands for; None for base64 that is not what `encode_header_value` makes."""
    found = _SENTINEL.fullmatch(value)
    if found is None:
        return value
    payload = found["payload"]
    try:
        data = base64.b64decode(payload, validate=True)
        return data.decode() if base64.b64encode(data).decode() == payload else None
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def rendered(value: object) -> str | None:
    """A JSON value as a header mirrors it; None for what cannot be mirrored."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    return None


def arguments_at(arguments: bytes, paths: Mapping[str, str]) -> dict[str, object]:
    """The values of a call's arguments at these paths (joined by "."), where they are there and not null."""
    try:
        known = msgspec.json.decode(arguments or b"{}")
    except messages.BROKEN:
        return {}
    found: dict[str, object] = {}
    for path in paths:
        value: object = known
        for step in (path,) if isinstance(known, dict) and path in known else path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if value is not None:
            found[path] = value
    return found


def param_headers(input_headers: Mapping[str, str], arguments: bytes) -> dict[str, str]:
    """The `Mcp-Param-*` headers that mirror the arguments of a call."""
    headers: dict[str, str] = {}
    for path, value in arguments_at(arguments, input_headers).items():
        text = rendered(value)
        if text is not None:
            headers[f"Mcp-Param-{input_headers[path]}"] = encode_header_value(text)
    return headers


def param_mismatch(input_headers: Mapping[str, str], arguments: bytes, sent: Mapping[str, list[str]]) -> str:
    """What is wrong with the `Mcp-Param-*` headers of a call, in plain words; "" when they mirror its arguments.

    `sent`: lower-case header name -> its values as they came in.
    """
    values = arguments_at(arguments, input_headers)
    for path, suffix in input_headers.items():
        name = f"Mcp-Param-{suffix}"
        given = sent.get(name.lower(), [])
        value = values.get(path)
        text = rendered(value)
        if len(given) > 1:
            return f"The header {name} stands more than once in the request."
        if not given:
            if text is not None:
                return f"The header {name} is missing: it must mirror the argument {path!r}."
        elif text is None:
            return f"The header {name} is there, but the argument {path!r} is not."
        elif not _same(value, text, decode_header_value(given[0])):
            return f"The header {name} does not match the argument {path!r}."
    return ""


def _same(value: object, text: str, header: str | None) -> bool:
    if header is None:
        return False
    if header == text:
        return True
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole or not _DECIMAL.fullmatch(header) or len(header) > 400:
        return False
    return int(header.partition(".")[0]) == int(value)  # type: ignore[call-overload, no-any-return]
