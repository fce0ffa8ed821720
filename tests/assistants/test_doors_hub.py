"""An assistant as a tool and as a prompt of a hub, used by the official Python client in both eras."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any

import httpx2
import pytest
from django.db import connections
from mcp import types
from mcp.shared.exceptions import MCPError

from assistants.models import Assistant, Conversation, ModelProvider, Run
from assistants.services.assistant_versions import keep_and_deploy
from assistants.services.assistants import delete_assistant, pause_assistant, resume_assistant, save_draft, set_offers
from assistants.services.keeping import close_doors, keep_doors
from core.decision import Principal
from core.errors import ServiceProblem
from proxy.engine.ports import Reply
from proxy.models import Call, Hub, Server
from proxy.services.servers import delete_server
from tests.assistants.doorkit import ERAS, Site, doors, site
from tests.assistants.running import Answering, MakeAssistant, MakeHub
from tests.cast import Cast
from tests.peers.fixtures import Peers, wait_until

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


def member_key(cast: Cast) -> str:
    return cast.key("member", "mcp")


def ask(message: str, name: str = "ask_helper", **more: str) -> tuple[str, dict[str, str]]:
    return name, {"message": message, **more}


@pytest.fixture
def model(cast: Cast, peers: Peers) -> ModelProvider:
    """A provider whose models do as `tests.peers.model_brain` says."""
    peer = peers.start("model_openai")
    return ModelProvider.objects.create(
        workspace=cast.workspace, kind="openai", name="peer", base_url=peer.url, is_default=True
    )


@pytest.mark.parametrize("mode", ERAS)
def test_a_conversation_goes_on(
    mode: str, cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant, model: Any
) -> None:
    hub = make_hub("handy")
    make_assistant(None, model={"name": "echo"})

    key, other = member_key(cast), cast.key("admin", "mcp")

    async def scenario() -> None:
        async with site.client(hub, key, mode) as client:
            first = await client.call_tool(*ask("one"))
            assert said(first).startswith("You said: one\n")
            conversation = (first.meta or {})["io.crossroads/conversation"]
            assert conversation in said(first)  # where a model sees it
            second = await client.call_tool(*ask("two", conversation=conversation))
            assert said(second).startswith("You said: two\n")
            nobody = await client.call_tool(*ask("three", conversation="cnv_none"))
            assert nobody.is_error and "no such conversation" in said(nobody)
        async with site.client(hub, other, mode) as client:
            stranger = await client.call_tool(*ask("four", conversation=conversation))
            assert stranger.is_error and "no such conversation" in said(stranger)

    site.run(scenario())
    assert Conversation.objects.count() == 1
    wait_until(lambda: Call.objects.filter(name="ask_helper").count() == 4, what="the records of the calls")
    assert {call.outcome for call in Call.objects.filter(name="ask_helper")} == {"answered", "tool_error"}


def test_a_structured_answer(
    cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant, model: Any
) -> None:
    hub = make_hub("handy")
    schema = {"type": "object", "properties": {"sum": {"type": "number"}}, "required": ["sum"]}
    given = {"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]}
    make_assistant(None, model={"name": "tools"}, output_schema=schema, input_schema=given)

    key = member_key(cast)

    async def scenario() -> None:
        async with site.client(hub, key) as client:
            tool = next(tool for tool in (await client.list_tools()).tools if tool.name == "ask_helper")
            assert tool.output_schema == schema and tool.input_schema["properties"]["input"] == given
            answer = await client.call_tool("ask_helper", {"message": 'hand in {"sum": 5}', "input": {"a": 1}})
            assert not answer.is_error and answer.structured_content == {"sum": 5}
            wrong = await client.call_tool("ask_helper", {"message": "x", "input": {"a": "b"}})
            assert wrong.is_error and "not of type 'number'" in said(wrong)

    site.run(scenario())


@pytest.mark.parametrize("mode", ERAS)
def test_a_call_is_cancelled(
    mode: str, cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant, model: Any
) -> None:
    hub = make_hub("handy")
    make_assistant(None, model={"name": "endless"})

    key = member_key(cast)

    async def scenario() -> None:
        async with site.client(hub, key, mode) as client:
            asking = asyncio.create_task(client.call_tool(*ask("Go on for ever.")))
            await asyncio.to_thread(wait_until, begun, what="the run")
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asking
            await asyncio.to_thread(wait_until, stopped, what="its end")

    site.run(scenario())
    assert Run.objects.get().state == Run.State.CANCELLED


def begun() -> bool:
    try:
        return Run.objects.filter(first_word_at__isnull=False).exists() or Run.objects.filter(state="running").exists()
    finally:
        connections.close_all()


def stopped() -> bool:
    try:
        return Run.objects.get().state == Run.State.CANCELLED
    finally:
        connections.close_all()


def test_hubs_follow_what_becomes_of_it(
    cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant
) -> None:
    hub, admin = make_hub("handy"), cast.principal("admin")
    assistant = make_assistant(None)
    key = member_key(cast)

    async def names() -> set[str]:
        async with site.client(hub, key) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    def offered() -> set[str]:
        found: set[str] = site.run(names())
        return {name for name in found if name.startswith("ask_")}

    server = Server.objects.get(transport="internal")
    assert (server.slug, server.title, server.state) == ("assistants", "Assistants", "running")
    assert list(server.hub_servers.values_list("hub", flat=True)) == [hub.id]
    assert offered() == {"ask_helper"}
    for off, on in (
        (pause_assistant, resume_assistant),
        (lambda **w: set_offers(**w, offer_tool=False), lambda **w: set_offers(**w, offer_tool=True)),
    ):
        off(actor=admin, assistant=assistant)
        wait_until(lambda: offered() == set(), what="the tool to go")
        on(actor=admin, assistant=assistant)
        wait_until(lambda: offered() == {"ask_helper"}, what="the tool to come back")
    delete_assistant(actor=admin, assistant=assistant)
    wait_until(lambda: offered() == set(), what="the tool to go")
    with pytest.raises(ServiceProblem):
        delete_server(actor=admin, server=server)


def test_what_went_meanwhile_is_told(
    cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant
) -> None:
    """The hub did not hear of it yet: the worker refuses."""
    hub = make_hub("handy")
    assistant = make_assistant(None)

    key = member_key(cast)

    async def scenario() -> types.CallToolResult:
        async with site.client(hub, key) as client:
            await asyncio.to_thread(gone)
            return await client.call_tool(*ask("Hello"))

    def gone() -> None:
        Assistant.objects.filter(pk=assistant.pk).update(state="paused")
        connections.close_all()

    result = site.run(scenario())
    assert result.is_error and "paused, or gone" in said(result)


def test_assistants_that_ask_one_another_come_to_an_end(
    cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant, model: Any
) -> None:
    hub, admin = make_hub("handy"), cast.principal("admin")
    ping = make_assistant(None, slug="ping", model={"name": "tools"})
    make_assistant(hub, slug="pong", tools=("ask_ping",), model={"name": "tools"})
    draft = {"model": {"name": "tools"}, "tools": [{"hub": hub.id, "name": "ask_pong"}]}
    save_draft(actor=admin, assistant=ping, configuration=draft, revision=None)
    keep_and_deploy(actor=admin, assistant=ping)
    message = "hello"
    for turn in range(5):
        name = "ask_ping" if turn % 2 else "ask_pong"
        message = f"call {name} " + json.dumps({"message": message})

    key = member_key(cast)

    async def scenario() -> types.CallToolResult:
        async with site.client(hub, key) as client:
            return await client.call_tool(*ask(message, "ask_ping"))

    result = site.run(scenario())
    assert "Assistants asked one another 3 times" in said(result)
    assert sorted(Run.objects.values_list("depth", flat=True)) == [0, 1, 2, 3]


def test_no_worker_is_told_and_others_go_on(
    cast: Cast, site: Site, answering: Answering, make_hub: MakeHub, make_assistant: MakeAssistant
) -> None:
    hub = make_hub("handy")
    make_assistant(None)

    key = member_key(cast)

    async def scenario() -> float:
        async with site.client(hub, key) as client:
            before = time.monotonic()
            asking = asyncio.create_task(client.call_tool(*ask("Hello")))
            other = await client.call_tool("handy__add_numbers", {"a": 2, "b": 3})
            assert said(other) == "5" and not asking.done()
            with pytest.raises(MCPError, match="no worker takes their runs"):
                await asking
            return time.monotonic() - before

    assert 4 < site.run(scenario()) < 12
    assert not Run.objects.exists()
    keep_doors()  # what was taken back is not done later
    assert not Run.objects.exists()
    close_doors()


def test_a_viewer_may_not(cast: Cast, site: Site, make_hub: MakeHub, make_assistant: MakeAssistant) -> None:
    hub = make_hub("handy")
    make_assistant(None)
    url = f"{site.url}/mcp/{cast.workspace.slug}/{hub.slug}"
    call = {"name": "ask_helper", "arguments": {"message": "Hello"}}
    answer = httpx2.post(
        url,
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call | {"_meta": META}},
        headers={
            "Authorization": f"Bearer {cast.key('viewer', 'mcp')}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": ERAS[1],
            "Mcp-Method": "tools/call",
            "Mcp-Name": "ask_helper",
        },
    )
    assert "The role viewer does not include tool.call" in answer.text
    assert not Run.objects.exists()


META = {
    "io.modelcontextprotocol/protocolVersion": ERAS[1],
    "io.modelcontextprotocol/clientCapabilities": {},
}


def test_an_open_hub(
    cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant
) -> None:
    """Whoever comes over the open listener asks with what that hub offers, for as long as it is open."""
    hub = make_hub("handy")
    make_assistant(hub)
    Hub.objects.filter(pk=hub.pk).update(open=True)
    visitor = Principal(kind="anonymous", id=f"anon:{hub.id}", workspace_id=cast.workspace.id, hub_id=hub.id)

    def called() -> dict[str, Any]:
        async def work() -> Reply:
            found = await site.engine.hubs.by_id(hub.id)
            assert found is not None
            params = json.dumps({"name": "ask_helper", "arguments": {"message": "add 2 and 3"}}).encode()
            return await site.engine.gateway.call(visitor, found, "tools/call", params, client_name="test")

        reply = site.loop.run(work())
        assert reply.result is not None, reply.error
        result: dict[str, Any] = json.loads(bytes(reply.result))
        return result

    assert called()["content"][0]["text"] == "5"
    Hub.objects.filter(pk=hub.pk).update(open=False)
    closed = called()
    assert closed["isError"] and "may not use this assistant" in closed["content"][0]["text"]


def test_a_key_for_assistants_reaches_the_tools_of_those_it_asks_and_no_hub(
    cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant, model: Any
) -> None:
    """Also of an assistant that is asked by the one that was asked."""
    hub = make_hub("handy")
    make_assistant(hub, slug="pong", tools=("add_numbers",), model={"name": "tools"})
    pong = Assistant.objects.get(slug="pong")
    make_assistant(hub, slug="ping", tools=("ask_pong",), model={"name": "tools"})
    key = cast.key("member", "assistants")
    inner = json.dumps({"message": 'call handy__add_numbers {"a": 2, "b": 3}'})
    answer = httpx2.post(
        f"{site.url}/api/v1/workspaces/{cast.workspace.slug}/assistants/{Assistant.objects.get(slug='ping').id}/runs",
        json={"input": f"call ask_pong {inner}", "wait": 30},
        headers={"Authorization": f"Bearer {key}"},
        timeout=40,
    )
    assert answer.status_code == 200, answer.text
    assert "The tool said: 5" in answer.text
    assert Run.objects.filter(assistant=pong, state="done").exists()
    straight = httpx2.post(
        f"{site.url}/mcp/{cast.workspace.slug}/{hub.slug}",
        json={
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "handy__add_numbers", "arguments": {"a": 2, "b": 3}, "_meta": META},
        },
        headers={
            "Authorization": f"Bearer {key}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": ERAS[1],
            "Mcp-Method": "tools/call",
            "Mcp-Name": "handy__add_numbers",
        },
    )  # fmt: skip
    assert "do not include tool.call" in straight.text
