"""A server that gives back every kind of content a page can show: text, Markdown, picture, sound, links, data, errors.

python -m tests.peers.showing --port 0
"""

from __future__ import annotations

from typing import Any

from tests.peers.conformance_content import PNG, WAV
from tests.peers.plain import Plain
from tests.peers.rpc import Json, Rpc, definition, text
from tests.peers.serving import arguments, serve_asgi

MARKDOWN = """# Weather in Lisbon

- **Today**: sun, 24 °C
- Tomorrow: clouds, see [the coast](https://example.com/coast)

| Day | High | Low |
|---|---|---|
| Monday | 24 | 15 |
| Tuesday | 22 | 14 |

```python
print("as it was measured")
```
"""
STRING, NUMBER = {"type": "string"}, {"type": "number"}
LONG = "a_tool_with_a_name_that_somebody_made_far_too_long_for_any_table_column"
DETAILED: Json = {
    "name": "plan_trip",
    "title": "Plan a trip",
    "description": "Plans a trip.\n\nTakes **where** and *when*, and how to get there.",
    "annotations": {"readOnlyHint": True, "openWorldHint": False},
    "inputSchema": {
        "type": "object",
        "required": ["city", "days"],
        "properties": {
            "city": {"type": "string", "title": "City", "description": "Where to go.", "minLength": 2},
            "days": {"type": "integer", "minimum": 1, "maximum": 30, "default": 3},
            "by": {"type": "string", "enum": ["train", "bus", "on foot"]},
            "start": {"type": "string", "format": "date"},
            "with_children": {"type": "boolean", "default": False},
            "stops": {"type": "array", "items": {"type": "string"}, "description": "In this order."},
            "budget": {"type": "object", "properties": {"most": NUMBER, "currency": {"type": "string"}}},
            "extra": {"anyOf": [STRING, {"type": "object"}]},
        },
    },
    "outputSchema": {"type": "object", "properties": {"plan": {"type": "array", "items": {"type": "object"}}}},
}


def block(kind: str, **more: Any) -> Json:
    return {"content": [{"type": kind, **more}]}


def _plan(given: Json) -> Json:
    days = [{"day": day, "city": given["city"], "by": given.get("by")} for day in range(1, int(given["days"]) + 1)]
    return {**text(f"{len(days)} days"), "structuredContent": {"plan": days, "children": False, "note": None}}


def _everything(given: Json) -> Json:
    blocks = [
        {"type": "text", "text": "A line of text"},
        {"type": "text", "text": MARKDOWN},
        {"type": "image", "data": PNG, "mimeType": "image/png"},
        {"type": "audio", "data": WAV, "mimeType": "audio/wav"},
        {"type": "resource_link", "uri": "notes://2026/lisbon", "name": "Lisbon"},
        {"type": "resource", "resource": {"uri": "notes://1", "mimeType": "text/plain", "text": "A note"}},
    ]
    return {"content": blocks, "structuredContent": {"city": "Lisbon", "highs": [24, 22], "sea": {"warm": True}}}


def build(name: str) -> Rpc:
    rpc = Rpc(name)
    rpc.add_tool(definition("markdown", "Tells the weather as Markdown"), lambda a: text(MARKDOWN))
    rpc.add_tool(definition("picture", "Draws"), lambda a: block("image", data=PNG, mimeType="image/png"))
    rpc.add_tool(definition("sound", "Plays"), lambda a: block("audio", data=WAV, mimeType="audio/wav"))
    rpc.add_tool(definition("everything", "Gives back every kind of content"), _everything)
    rpc.add_tool(definition(LONG, "Shows what a long name does to a page. " * 8), lambda a: text("x" * 500))
    rpc.add_tool(DETAILED, _plan)
    return rpc


def main() -> None:
    parser = arguments(str(__doc__))
    parser.add_argument("--name", default="showing")
    options = parser.parse_args()
    serve_asgi(Plain(build(options.name)), options, log_config=None)


if __name__ == "__main__":
    main()
