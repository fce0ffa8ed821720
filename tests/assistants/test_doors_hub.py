"""An assistant as a tool and as a prompt of a hub, used by the official Python client in both eras."""

from __future__ import annotations

import pytest
from mcp import types

from assistants.models import Conversation, Run
from tests.assistants.doorkit import ERAS, Site, doors, site
from tests.assistants.running import Answering, MakeAssistant, MakeHub
from tests.cast import Cast

__all__ = ["doors", "site"]


def said(result: types.CallToolResult) -> str:
    return "\n".join(item.text for item in result.content if isinstance(item, types.TextContent))


@pytest.mark.parametrize("mode", ERAS)
def test_a_hub_offers_it(
    mode: str, cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant
) -> None:
    hub = make_hub("handy")
    make_assistant(
        hub,
        slug="time-keeper",
        instructions="Tell the time in {{city}}.",
        variables=[{"name": "city", "label": "City"}],
    )
    key = cast.key("member", "mcp")

    async def scenario() -> None:
        async with site.client(hub, key, mode) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert "ask_time_keeper" in tools
            assert tools["ask_time_keeper"].input_schema["required"] == ["message"]
            told: list[str] = []

            async def progress(progress: float, total: float | None, message: str | None) -> None:
                told.append(message or "")

            result = await client.call_tool(
                "ask_time_keeper", {"message": "add 2 and 3", "city": "Rome"}, progress_callback=progress
            )
            assert not result.is_error, said(result)
            assert told
            prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
            assert [argument.name for argument in prompts["time-keeper"].arguments or ()] == ["city"]
            prompt = await client.get_prompt("time-keeper", {"city": "Rome"})
            assert prompt.messages[0].content == types.TextContent(type="text", text="Tell the time in Rome.")

    site.run(scenario())
    run = Run.objects.get()
    assert run.channel == Conversation.Channel.TOOL and run.given == {"city": "Rome"}
