"""A small MCP server with tools that a person would ask an assistant for.

    python -m tests.peers.handy --port 0

`add_numbers`, `convert_length`, `weather`, `write_note` (writes), `broken` and `big`. `GET /stats` counts.
"""

from __future__ import annotations

from typing import Any

from tests.peers.plain import Plain
from tests.peers.rpc import Json, Rpc, text
from tests.peers.serving import arguments, serve_asgi

NUMBER, STRING = {"type": "number"}, {"type": "string"}


def tool(name: str, title: str, description: str, *, reads: bool = True, **properties: Json) -> Json:
    """A definition whose properties are all required."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    hints = {"annotations": {"readOnlyHint": reads}}
    return {"name": name, "title": title, "description": description, "inputSchema": schema, **hints}


def weather(arguments: Json) -> Json:
    said = {"city": arguments["city"], "day": arguments["day"], "degrees": 21}
    return {**text(f"Sunny in {said['city']} on {said['day']}, 21 degrees."), "structuredContent": said}


def build() -> Rpc:
    rpc = Rpc("handy")
    rpc.tools.clear()
    metres = {"m": 1.0, "km": 1000.0, "mile": 1609.344, "foot": 0.3048}
    unit = {"type": "string", "enum": list(metres)}
    notes: list[str] = []

    def convert(a: Json) -> Json:
        return text(round(a["value"] * metres[a["from_unit"]] / metres[a["to_unit"]], 6))

    def note(a: Json) -> Json:
        notes.append(a["text"])
        return text(f"Note {len(notes)} written: {a['text']}")

    adding = tool("add_numbers", "Add numbers", "Adds two numbers, the sum of a and b", a=NUMBER, b=NUMBER)
    rpc.add_tool(adding, lambda a: text(a["a"] + a["b"]))
    lengths = "Converts a length from one unit to another: metres, km, miles, feet"
    rpc.add_tool(
        tool("convert_length", "Convert a length", lengths, value=NUMBER, from_unit=unit, to_unit=unit), convert
    )
    day = {"type": "string", "format": "date"}
    rpc.add_tool(tool("weather", "Weather", "The weather forecast of a city on a day", city=STRING, day=day), weather)
    rpc.add_tool(tool("write_note", "Write a note", "Writes down a note", reads=False, text=STRING), note)
    broken = tool("broken", "Broken", "Fails whenever it is called")
    rpc.add_tool(broken, lambda a: {**text("The disk is full."), "isError": True})
    rpc.add_tool(tool("big", "Big", "A very long text", bytes=NUMBER), lambda a: text("x" * int(a["bytes"])))
    return rpc


def main() -> None:
    app: Any = Plain(build())
    app.rpc.tools = {name: made for name, made in app.rpc.tools.items() if name in build().tools}
    serve_asgi(app, arguments(str(__doc__)).parse_args(), log_config=None)


if __name__ == "__main__":
    main()
