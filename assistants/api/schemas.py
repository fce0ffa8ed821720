"""The configuration of an assistant as JSON Schema, for the API's description."""

from __future__ import annotations

from typing import Any

import msgspec

from assistants.configuration import Configuration


def configuration_schema() -> dict[str, Any]:
    """Draft 2020-12, all in one piece: references into other parts of the document are written out."""
    (schema,), parts = msgspec.json.schema_components((Configuration,), ref_template="{name}")
    return _written_out(schema, parts)  # type: ignore[no-any-return]


def _written_out(value: Any, parts: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_written_out(inner, parts) for inner in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _written_out(parts[value["$ref"]], parts)
    return {name: _written_out(inner, parts) for name, inner in value.items() if name != "title"}
