"""The bundled server as a client meets it: over stdio, in both eras, on the official SDK."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mcp import Client, types
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

ROOT = Path(__file__).resolve().parents[2]
MODES = ("legacy", "2026-07-28")

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("mode", MODES)]


@asynccontextmanager
async def connected(folder: Path, mode: str, **options: Any) -> AsyncIterator[Client]:
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    env = {**measured, "PYTHONPATH": str(ROOT), "NOTES_DIR": str(folder / "notes")}
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "proxy.bundled"], env=env, cwd="/")
    async with Client(stdio_client(parameters), mode=mode, **options) as client:
        yield client


async def test_every_tool_is_described_in_full(tmp_path: Path, mode: str) -> None:
    async with connected(tmp_path, mode) as client:
        tools = (await client.list_tools()).tools
    assert len(tools) == 22
    for tool in tools:
        assert tool.title and tool.description and tool.annotations
        assert tool.annotations.read_only_hint is not None
        assert tool.annotations.open_world_hint is False
        Draft202012Validator.check_schema(tool.input_schema)
        Draft202012Validator.check_schema(tool.output_schema or {})
        assert tool.input_schema["type"] == (tool.output_schema or {})["type"] == "object"
    writing = {tool.name for tool in tools if tool.annotations and not tool.annotations.read_only_hint}
    assert writing == {"add_note", "edit_note", "delete_note"}
    destroying = {tool.name for tool in tools if tool.annotations and tool.annotations.destructive_hint}
    assert destroying == {"edit_note", "delete_note"}


async def test_results_are_structured_as_their_schema_says_and_also_text(tmp_path: Path, mode: str) -> None:
    wishes: dict[str, dict[str, Any]] = {
        "current_time": {},
        "convert_time": {"time": "12:00", "to": ["UTC", "Asia/Tokyo"]},
        "find_time_zones": {"query": "berlin"},
        "date_difference": {"start": "2026-01-01", "end": "2026-02-01"},
        "next_occurrence": {"weekdays": ["friday"]},
        "calculate": {"expression": "1/3"},
        "convert_units": {"value": 1, "from": "km", "to": "mi"},
        "add_note": {"title": "A", "text": "B"},
        "list_notes": {},
        "search_notes": {"query": "a"},
        "count_text": {"text": "x"},
        "compare_texts": {"old": "a", "new": "b"},
        "sort_lines": {"text": "b\na"},
        "format_json": {"text": "{}"},
        "test_regex": {"pattern": "a", "text": "a"},
        "hash_text": {"text": "a"},
        "make_uuid": {},
        "base64_text": {"text": "a"},
        "make_slug": {"text": "a b"},
    }
    async with connected(tmp_path, mode) as client:
        schemas = {tool.name: tool.output_schema or {} for tool in (await client.list_tools()).tools}
        for name, arguments in wishes.items():
            result = await client.call_tool(name, arguments)
            assert not result.is_error, (name, result.content)
            Draft202012Validator(schemas[name]).validate(result.structured_content)
            assert isinstance(result.content[0], types.TextContent)


async def test_arguments_that_do_not_fit_and_tools_that_do_not_exist(tmp_path: Path, mode: str) -> None:
    async with connected(tmp_path, mode) as client:
        result = await client.call_tool("calculate", {"expr": "1"})
        assert result.is_error
        assert "unknown field `expr`" in result.content[0].text  # type: ignore[union-attr]
        with pytest.raises(MCPError, match="There is no tool 'none'"):
            await client.call_tool("none", {})


async def test_notes_are_resources_in_pages_with_a_template(tmp_path: Path, mode: str) -> None:
    async with connected(tmp_path, mode) as client:
        for number in range(102):
            saved = await client.call_tool("add_note", {"title": f"Note {number}", "text": "# Hi"})
        link = saved.content[1]
        assert isinstance(link, types.ResourceLink)
        first = await client.list_resources()
        second = await client.list_resources(cursor=first.next_cursor)
        assert (len(first.resources), len(second.resources), second.next_cursor) == (100, 2, None)
        assert first.resources[0].title == "Note 101"
        content = (await client.read_resource(str(link.uri))).contents[0]
        assert isinstance(content, types.TextResourceContents)
        assert (content.text, content.mime_type) == ("# Hi", "text/markdown")
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "note://{id}"
        reference = types.ResourceTemplateReference(type="ref/resource", uri="note://{id}")
        found = await client.complete(reference, {"name": "id", "value": "note 101"})
        assert found.completion.values == [str(link.uri).removeprefix("note://")]
        for uri in ("note://0000000000", "note://../x", "file:///etc/passwd"):
            with pytest.raises(MCPError, match="There is no note"):
                await client.read_resource(uri)
        with pytest.raises(MCPError, match="cursor"):
            await client.list_resources(cursor="x")


async def test_prompts_use_the_tools_and_carry_the_notes(tmp_path: Path, mode: str) -> None:
    async with connected(tmp_path, mode) as client:
        assert [prompt.name for prompt in (await client.list_prompts()).prompts] == ["plan_meeting", "brief_from_notes"]
        meeting = await client.get_prompt("plan_meeting", {"places": "Berlin, Tokyo"})
        assert "Berlin, Tokyo" in meeting.messages[0].content.text  # type: ignore[union-attr]
        empty = await client.get_prompt("brief_from_notes", {"topic": "launch"})
        assert "no notes about" in empty.messages[0].content.text  # type: ignore[union-attr]
        await client.call_tool("add_note", {"title": "Launch", "text": "On Friday", "tags": ["launch"]})
        brief = await client.get_prompt("brief_from_notes", {"topic": "launch"})
        embedded = brief.messages[1].content
        assert isinstance(embedded, types.EmbeddedResource)
        assert embedded.resource.text == "# Launch\n\nOn Friday"  # type: ignore[union-attr]
        reference = types.PromptReference(type="ref/prompt", name="brief_from_notes")
        found = await client.complete(reference, {"name": "topic", "value": "la"})
        assert found.completion.values == ["launch"]
        places = types.PromptReference(type="ref/prompt", name="plan_meeting")
        assert "Europe/Berlin" in (await client.complete(places, {"name": "places", "value": "berl"})).completion.values
        assert not (await client.complete(places, {"name": "day", "value": "x"})).completion.values
        for name in ("none", "plan_meeting"):
            with pytest.raises(MCPError, match=r"no prompt|needs the argument"):
                await client.get_prompt(name, {})


async def test_its_start_takes_about_half_a_second_of_work(tmp_path: Path, mode: str) -> None:
    env = {"PYTHONPATH": str(ROOT), "NOTES_DIR": str(tmp_path)}
    taken = []
    for _ in range(3):
        before = os.times()
        # Without a client it ends as soon as it is ready.
        await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "proxy.bundled"], env=env, stdin=subprocess.DEVNULL, check=True
        )
        after = os.times()
        taken.append(after.children_user + after.children_system - before.children_user - before.children_system)
    # Time of the processor, not of the clock; a busy machine may double it.
    assert min(taken) < 1.5


async def test_a_missing_folder_setting_is_named(mode: str) -> None:
    command = [sys.executable, "-m", "proxy.bundled"]
    ended = await asyncio.to_thread(
        subprocess.run, command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 1
    assert "NOTES_DIR is not set" in ended.stderr
