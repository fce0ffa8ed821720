"""What the published schema of `server.json` (2025-12-11) and the registry's OpenAPI document demand, as JSON Schema.

Written from them in short form: every `required`, `pattern`, `enum`, length and type of the objects that a read-only
registry gives out, without their prose. The originals are MIT, © 2025 the Model Context Protocol contributors:
https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json
"""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
URI = {"type": "string", "format": "uri"}
FLAG = {"type": "boolean"}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _list(ref: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/definitions/{ref}"}}


_INPUT = {
    "choices": {"type": "array", "items": TEXT},
    "default": TEXT,
    "description": TEXT,
    "format": {"enum": ["string", "number", "boolean", "filepath"]},
    "isRequired": FLAG,
    "isSecret": FLAG,
    "placeholder": TEXT,
    "value": TEXT,
}
_INPUTS = {"type": "object", "additionalProperties": {"$ref": "#/definitions/Input"}}
_FILLED = {**_INPUT, "variables": _INPUTS}
_REMOTE = {"url": TEXT, "headers": _list("KeyValueInput"), "variables": _INPUTS}
DEFINITIONS: dict[str, Any] = {
    "Input": _object([], **_INPUT),
    "KeyValueInput": _object(["name"], name=TEXT, **_FILLED),
    "Argument": {
        "anyOf": [
            {
                **_object(["type"], type={"enum": ["positional"]}, valueHint=TEXT, isRepeated=FLAG, **_FILLED),
                "anyOf": [{"required": ["valueHint"]}, {"required": ["value"]}],
            },
            _object(["type", "name"], type={"enum": ["named"]}, name=TEXT, isRepeated=FLAG, **_FILLED),
        ]
    },
    "Remote": {
        "anyOf": [
            _object(["type", "url"], type={"enum": ["streamable-http"]}, **_REMOTE),
            _object(["type", "url"], type={"enum": ["sse"]}, **_REMOTE),
        ]
    },
    "Package": _object(
        ["registryType", "identifier", "transport"],
        registryType=TEXT,
        registryBaseUrl=URI,
        identifier=TEXT,
        version={"type": "string", "minLength": 1, "not": {"const": "latest"}},
        runtimeHint=TEXT,
        runtimeArguments=_list("Argument"),
        packageArguments=_list("Argument"),
        environmentVariables=_list("KeyValueInput"),
        fileSha256={"type": "string", "pattern": "^[a-f0-9]{64}$"},
        transport={"anyOf": [_object(["type"], type={"enum": ["stdio"]}), {"$ref": "#/definitions/Remote"}]},
    ),
    "Server": _object(
        ["name", "description", "version"],
        **{"$schema": URI},
        name={
            "type": "string",
            "minLength": 3,
            "maxLength": 200,
            "pattern": "^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$",
        },
        title={"type": "string", "minLength": 1, "maxLength": 100},
        description={"type": "string", "minLength": 1, "maxLength": 100},
        version={"type": "string", "maxLength": 255, "pattern": r"^[^\^~<>=*\s]+$"},
        websiteUrl=URI,
        repository=_object(["url", "source"], url=URI, source=TEXT, id=TEXT, subfolder=TEXT),
        packages=_list("Package"),
        remotes=_list("Remote"),
        _meta=_object([], **{"io.modelcontextprotocol.registry/publisher-provided": {"type": "object"}}),
    ),
    "Official": {
        **_object(
            [],
            status={"enum": ["active", "deprecated", "deleted"]},
            statusMessage={"type": "string", "maxLength": 500},
            statusChangedAt={"type": "string", "format": "date-time"},
            publishedAt={"type": "string", "format": "date-time"},
            updatedAt={"type": "string", "format": "date-time"},
            isLatest=FLAG,
        ),
        "additionalProperties": False,
    },
    "Response": _object(
        ["server"],
        server={"$ref": "#/definitions/Server"},
        _meta=_object([], **{"io.modelcontextprotocol.registry/official": {"$ref": "#/definitions/Official"}}),
    ),
}
_DRAFT = "http://json-schema.org/draft-07/schema#"
RESPONSE = {"$schema": _DRAFT, "$ref": "#/definitions/Response", "definitions": DEFINITIONS}
LIST = {
    "$schema": _DRAFT,
    "definitions": DEFINITIONS,
    **_object(["servers"], servers=_list("Response"), metadata=_object([], nextCursor=TEXT, count={"type": "integer"})),
}
