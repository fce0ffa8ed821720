"""What a run asks, as an elicitation of MCP: a flat form of plain values that a client shows to its person.

Free of Django: the gateway asks, a worker reads the answer.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
METHOD = "elicitation/create"
CAPABILITY = "elicitation"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
"""In `_meta` of a stateless request: what its client can do."""
ALLOW = "allow"
MOST_SHOWN = 4_000
"""Characters of the arguments that a person is shown."""
_PLAIN = ("string", "number", "integer", "boolean")
_KEPT = ("title", "description", "minimum", "maximum", "minLength", "maxLength", "default")
_FORMATS = ("email", "uri", "date", "date-time")


def can_elicit(meta: Mapping[str, Any]) -> bool:
    """May the client of a stateless request be sent a form? An empty capability means forms."""
    capabilities = meta.get(CAPABILITIES)
    found = capabilities.get(CAPABILITY) if isinstance(capabilities, Mapping) else None
    return isinstance(found, Mapping) and (not found or "form" in found)


def question(ask: Mapping[str, Any]) -> Json:
    """Parameters of `elicitation/create` for an ask of a run."""
    where = f" of {ask['server']}" if ask.get("server") else ""
    name = f"{ask.get('title') or ask.get('name')}{where}"
    if ask.get("why") == "fill":
        missing = [str(one) for one in ask.get("missing", ())]
        wanted = {one: _field(_schema(ask, one)) for one in missing}
        return _form(f"To call {name}, the assistant needs: {', '.join(missing)}.", wanted)
    shown = json.dumps(ask.get("arguments", {}), ensure_ascii=False, indent=2)
    shown = shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"
    allow = {ALLOW: {"type": "boolean", "title": "Allow this call"}}
    return _form(f"The assistant wants to call {name} with\n{shown}", allow)


def decision(ask: Mapping[str, Any], response: Any) -> Json:
    """{"decision", "arguments"} for `answer_ask`. Whatever is no plain yes is a no: the call is not made."""
    given = response if isinstance(response, Mapping) else {}
    content = given.get("content")
    content = content if isinstance(content, Mapping) else {}
    if given.get("action") != "accept":
        return {"decision": "deny", "arguments": {}}
    if ask.get("why") != "fill":
        return {"decision": "confirm" if content.get(ALLOW) is True else "deny", "arguments": {}}
    names = [name for name in ask.get("missing", ()) if name in content]
    return {"decision": "fill", "arguments": {name: _read(_schema(ask, name), content[name]) for name in names}}


def _form(message: str, properties: Json) -> Json:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"message": message, "requestedSchema": schema}


def _schema(ask: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    schema = ask.get("schema")
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    found = properties.get(name) if isinstance(properties, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _field(schema: Mapping[str, Any]) -> Json:
    """A field of a form: of a plain kind, or a text that holds JSON."""
    found = {name: schema[name] for name in _KEPT if name in schema}
    choices = schema.get("enum")
    if isinstance(choices, list) and choices and all(isinstance(one, str) for one in choices):
        return {"type": "string", "enum": choices, **_texts(found)}
    kind = _kind(schema)
    if kind in _PLAIN:
        if kind == "string" and schema.get("format") in _FORMATS:
            found["format"] = schema["format"]
        return {"type": kind, **found}
    said = str(found.get("description", ""))
    return {"type": "string", **_texts(found), "description": f"{said} Write it as JSON.".strip()}


def _texts(found: Json) -> Json:
    return {name: found[name] for name in ("title", "description") if name in found}


def _kind(schema: Mapping[str, Any]) -> str:
    """Its type, or the first that a union allows."""
    for union in ("anyOf", "oneOf"):
        options = schema.get(union)
        if isinstance(options, list):
            kinds = [str(one.get("type")) for one in options if isinstance(one, Mapping)]
            return next((kind for kind in kinds if kind in _PLAIN), "json")
    kind = schema.get("type", "string")
    if isinstance(kind, list):
        return next((str(one) for one in kind if one in _PLAIN), "json")
    return str(kind)


def _read(schema: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, str) and _kind(schema) not in _PLAIN:
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value
