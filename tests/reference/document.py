"""An OpenAPI document with all that is awkward in one: loops, alternatives, files, no tags, nothing at all."""

from __future__ import annotations

from typing import Any

SCHEMAS: dict[str, Any] = {
    "Node": {
        "type": "object",
        "description": "A part of a <b>tree</b>.",
        "required": ["id", "children"],
        "properties": {
            "id": {"type": "string", "readOnly": True, "examples": ["nod_1"]},
            "note": {"type": ["string", "null"], "maxLength": 80},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
            "parent": {"oneOf": [{"$ref": "#/components/schemas/Node"}, {"type": "null"}]},
        },
    },
    "Itself": {"$ref": "#/components/schemas/Itself"},
    "Ping": {"type": "object", "properties": {"pong": {"$ref": "#/components/schemas/Pong"}}},
    "Pong": {
        "allOf": [{"$ref": "#/components/schemas/Ping"}, {"type": "object", "properties": {"n": {"type": "integer"}}}]
    },
    "Kind": {"enum": ["cat", "dog"], "type": "string", "description": "* `cat` - Cat\n* `dog` - It barks"},
    "Blank": {"enum": [""]},
    "Null": {"enum": [None]},
    "Card": {"title": "Card", "type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]},
    "Bank": {"title": "Bank", "type": "object", "properties": {"iban": {"type": "string", "pattern": "^[A-Z]"}}},
    "Upload": {
        "type": "object",
        "required": ["file", "title"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "title": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    },
    "Write": {
        "type": "object",
        "required": ["kind", "paid"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "secret": {"type": "string", "writeOnly": True},
            "kind": {"allOf": [{"$ref": "#/components/schemas/Kind"}], "description": "Which one."},
            "maybe": {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Kind", "Blank", "Null")]},
            "paid": {"oneOf": [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Bank"}]},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 3}]},
            "limits": {"type": "object", "additionalProperties": {"type": "integer", "maximum": 5000}},
            "pair": {"type": "array", "prefixItems": [{"type": "number"}, {"type": "boolean"}]},
            "anything": {},
            "never": False,
            "lost": {"$ref": "#/components/schemas/Missing"},
            "elsewhere": {"$ref": "https://example.com/schema.json"},
            "list": {"type": "array", "items": {"$ref": "#/components/schemas/Kind"}, "uniqueItems": True},
            "fixed": {"const": 'it\'s "here"'},
        },
    },
}
OK = {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}}
KEYED: list[dict[str, list[str]]] = [{"key": []}, {"session": []}]


def document() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "tags": [{"name": "tree things", "description": "About <script>alert(1)</script> trees."}],
        "paths": {
            "/api/v1/workspaces/{workspace}/nodes/{id}": {
                "parameters": [
                    {"$ref": "#/components/parameters/Id"},
                    {"name": "workspace", "in": "path", "required": True, "schema": {"type": "string"}},
                ],
                "get": {"operationId": "get_node", "tags": ["tree things"], "responses": OK, "security": KEYED},
                "put": {
                    "operationId": "put_node",
                    "summary": 'Put "a" node </textarea>',
                    "tags": ["tree things"],
                    "security": KEYED,
                    "requestBody": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Write"}}}
                    },
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Write"}}},
                        },
                        "402": {"description": "Pay first."},
                        "default": {"description": "Otherwise."},
                    },
                },
            },
            "/api/v1/files": {
                "post": {
                    "operationId": "get_node",
                    "tags": ["Tree things"],
                    "security": KEYED,
                    "requestBody": {
                        "content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Upload"}}}
                    },
                    "responses": {"201": {"description": "", "headers": {"Location": {"schema": {"type": "string"}}}}},
                }
            },
            "/api/v1/plain": {
                "post": {
                    "requestBody": {"content": {"application/octet-stream": {}}},
                    "responses": {"200": {"description": "", "content": {"text/csv": {"schema": {"type": "string"}}}}},
                },
                "get": {
                    "parameters": [
                        {
                            "name": "many",
                            "in": "query",
                            "required": True,
                            "schema": {"type": "array", "items": {"type": "string"}},
                        },
                        {"name": "on", "in": "query", "schema": {"type": "boolean"}},
                        {"name": "q", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
                        {"name": "crumb", "in": "cookie", "schema": {"type": "string"}},
                    ],
                    "responses": {},
                },
                "patch": {"tags": ["loops"], "responses": loops("Itself", "Ping")},
                "delete": {"tags": ["日本"], "security": [{"session": []}], "responses": {"204": {"description": ""}}},
            },
        },
        "components": {
            "schemas": SCHEMAS,
            "parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "session"},
            },
        },
    }


def loops(*names: str) -> dict[str, Any]:
    parts = {name: {"$ref": f"#/components/schemas/{name}"} for name in names}
    return {
        "200": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": parts}}}}
    }
