"""What the protocol can do beyond plain calls, seen with the official Python client on the peer `rich`.

Each scenario takes `Way`: how to reach the server, in which mode, and how its tools are called there. The scenarios
run directly and through a hub, and must come out the same.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
from mcp import types
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.subscriptions import ResourceUpdated, ToolsListChanged

T = TypeVar("T")
LIMIT_S = 30.0
STATELESS = "2026-07-28"


@dataclass
class Way:
    url: str
    key: str
    mode: str
    prefix: str = ""
    """What the hub puts before names of tools and prompts."""

    @asynccontextmanager
    async def client(self, **callbacks: Any) -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        mode: Any = self.mode
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as http,
            Client(streamable_http_client(self.url, http_client=http), mode=mode, cache=None, **callbacks) as client,
        ):
            await client.list_tools()  # a client knows which arguments travel as headers only from the list
            yield client

    def name(self, own: str) -> str:
        return self.prefix + own


def said(result: types.CallToolResult) -> str:
    return "".join(item.text for item in result.content if isinstance(item, types.TextContent))


async def within(work: Awaitable[T]) -> T:
    return await asyncio.wait_for(work, LIMIT_S)


async def _answer_name(ctx: Any, params: Any) -> types.ElicitResult:
    if isinstance(params, types.ElicitRequestURLParams):
        assert params.url == "https://example.com/sign-in"
        return types.ElicitResult(action="accept")
    return types.ElicitResult(action="accept", content={"name": "Ada"})


async def _answer_model(ctx: Any, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
    (message,) = params.messages
    asked = getattr(message.content, "text", "")
    answer = types.TextContent(type="text", text=f"You asked: {asked}")
    return types.CreateMessageResult(role="assistant", content=answer, model="none")


async def _answer_roots(ctx: Any) -> types.ListRootsResult:
    return types.ListRootsResult(roots=[types.Root.model_validate({"uri": "file:///home/ada"})])


async def asks_back(way: Way) -> None:
    """Elicitation by form and URL, sampling and roots reach this client, and its answers the server."""
    answers = {
        "elicitation_callback": _answer_name,
        "sampling_callback": _answer_model,
        "list_roots_callback": _answer_roots,
    }
    async with way.client(**answers) as client:
        assert said(await client.call_tool(way.name("ask_name"))) == "accept: Ada"
        assert said(await client.call_tool(way.name("ask_url"))) == "accept"
        question = {"question": "Why?"}
        assert said(await client.call_tool(way.name("ask_model"), question)) == "You asked: Why?"
        assert said(await client.call_tool(way.name("ask_roots"))) == "file:///home/ada"


async def two_clients_are_not_mixed_up(way: Way) -> None:
    """Each of two clients that are asked at the same time is asked its own question."""

    def answering(name: str) -> Callable[..., Awaitable[types.ElicitResult]]:
        async def answer(ctx: Any, params: Any) -> types.ElicitResult:
            return types.ElicitResult(action="accept", content={"name": name})

        return answer

    async def one(name: str) -> list[str]:
        async with way.client(elicitation_callback=answering(name)) as client:
            return [said(await client.call_tool(way.name("ask_name"))) for _ in range(5)]

    found = await asyncio.gather(*(one(name) for name in ("Ada", "Grace", "Alan")))
    assert found == [["accept: Ada"] * 5, ["accept: Grace"] * 5, ["accept: Alan"] * 5]


async def tells_progress_and_logs(way: Way) -> None:
    steps: list[tuple[float, float | None, str | None]] = []
    lines: list[Any] = []

    async def report(progress: float, total: float | None, message: str | None) -> None:
        steps.append((progress, total, message))

    async def log(params: types.LoggingMessageNotificationParams) -> None:
        lines.append((params.level, params.data))

    async with way.client(logging_callback=log, log_level="info") as client:
        result = await client.call_tool(way.name("work"), {"steps": 3}, progress_callback=report)
        assert said(result) == "3 steps"
    assert steps == [(1, 3, "step 1"), (2, 3, "step 2"), (3, 3, "step 3")]
    assert lines == [("info", "step 1"), ("info", "step 2"), ("info", "step 3")]


async def cancels(way: Way) -> None:
    """A call that the client gives up is given up by the server."""
    started = asyncio.Event()

    async def report(progress: float, total: float | None, message: str | None) -> None:
        started.set()

    async with way.client() as client:
        before = json.loads(said(await client.call_tool(way.name("seen"))))["cancelled"]
        call = asyncio.create_task(client.call_tool(way.name("wait"), progress_callback=report))
        await within(started.wait())
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        async with asyncio.timeout(LIMIT_S):
            while json.loads(said(await client.call_tool(way.name("seen"))))["cancelled"] == before:
                pass


async def hears_of_changed_tools(way: Way) -> None:
    """A client that lists again when it is told finds the tool that came."""
    heard: asyncio.Queue[None] = asyncio.Queue()

    async def message(received: Any) -> None:
        if isinstance(received, types.ToolListChangedNotification):
            heard.put_nowait(None)

    async def has(client: Client, tool: str) -> bool:
        return tool in {one.name for one in await _all(client.list_tools, "tools")}

    async def changed(client: Client) -> str:
        return way.name(said(await client.call_tool(way.name("change_tools"))))

    async with way.client(message_handler=message) as client:
        if way.mode != STATELESS:
            await _heard_of_in_the_end(client, heard, changed, has)
            return
        async with client.listen(tools_list_changed=True) as changes:
            events = aiter(changes)
            visitor = await changed(client)
            while not await has(client, visitor):
                assert isinstance(await within(anext(events)), ToolsListChanged)


async def _heard_of_in_the_end(
    client: Client,
    heard: asyncio.Queue[None],
    change: Callable[[Client], Awaitable[str]],
    has: Callable[[Client, str], Awaitable[bool]],
) -> None:
    """In the handshake era nothing says when a new client's stream is heard all the way to the server, and what came
    before is lost: so change again until it gets through."""
    async with asyncio.timeout(2 * LIMIT_S):
        while True:
            visitor = await change(client)
            try:
                async with asyncio.timeout(LIMIT_S / 2):
                    while not await has(client, visitor):
                        await heard.get()
                    return
            except TimeoutError:
                continue


async def hears_of_touched_resources(way: Way) -> None:
    uri = f"rich://notes/{secrets.randbelow(10**9)}"  # other clients touch others
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def message(received: Any) -> None:
        if isinstance(received, types.ResourceUpdatedNotification):
            heard.put_nowait(received.params.uri)

    async with way.client(message_handler=message) as client:
        if way.mode == STATELESS:
            async with client.listen(resource_subscriptions=[uri]) as changes:
                await client.call_tool(way.name("touch"), {"uri": uri})
                assert await within(anext(aiter(changes))) == ResourceUpdated(uri)
        else:
            await client.subscribe_resource(uri)
            await client.call_tool(way.name("touch"), {"uri": uri})
            assert await within(heard.get()) == uri
            await client.unsubscribe_resource(uri)
            await client.call_tool(way.name("touch"), {"uri": uri})
            await client.call_tool(way.name("seen"))
            assert heard.empty()


async def _all(ask: Callable[..., Awaitable[Any]], field: str) -> list[Any]:
    found: list[Any] = []
    cursor = None
    while True:
        page = await ask(cursor=cursor)
        found += getattr(page, field)
        cursor = page.next_cursor
        if cursor is None:
            return found


async def reads_resources(way: Way) -> None:
    async with way.client() as client:
        resources = {item.uri: item for item in await _all(client.list_resources, "resources")}
        assert resources["rich://notes/1"].title == "Note 1"
        assert len([uri for uri in resources if uri.startswith("rich://")]) == 6
        templates = await _all(client.list_resource_templates, "resource_templates")
        assert "rich://notes/{number}" in {item.uri_template for item in templates}
        (note,) = (await client.read_resource("rich://notes/77")).contents
        assert isinstance(note, types.TextResourceContents)
        assert note.text == "This is rich://notes/77"
        (pixel,) = (await client.read_resource("rich://pixel")).contents
        assert isinstance(pixel, types.BlobResourceContents)
        assert pixel.blob == "iVBORw=="
        (view,) = (await client.read_resource("ui://rich/view.html")).contents
        assert view.mime_type == "text/html;profile=mcp-app"
        assert view.meta == {"ui": {"prefersBorder": True}}


async def gets_prompts_and_completes(way: Way) -> None:
    async with way.client() as client:
        prompts = {prompt.name: prompt for prompt in await _all(client.list_prompts, "prompts")}
        greet = prompts[way.name("greet")]
        assert greet.title == "Greeting"
        result = await client.get_prompt(way.name("greet"), {"who": "Ada"})
        assert getattr(result.messages[0].content, "text", "") == "Hello, Ada"
        reference = types.PromptReference(type="ref/prompt", name=way.name("greet"))
        found = await client.complete(reference, {"name": "who", "value": "a"})
        assert found.completion.values == ["Ada", "Alan"]
        template = types.ResourceTemplateReference(type="ref/resource", uri="rich://notes/{number}")
        found = await client.complete(template, {"name": "number", "value": "g"})
        assert found.completion.values == ["Grace"]


async def keeps_definitions_whole(way: Way) -> None:
    """Titles, annotations, schemas, icons and `_meta` arrive as the server made them; so do results."""
    async with way.client() as client:
        tools = {tool.name: tool for tool in await _all(client.list_tools, "tools")}
        tool = tools[way.name("forecast")]
        assert tool.title == "Weather forecast"
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert tool.output_schema is not None
        assert tool.output_schema["properties"]["degrees"] == {"type": "number"}
        assert tool.icons is not None
        assert tool.icons[0].src == "https://example.com/weather.png"
        assert tool.meta == {"ui": {"resourceUri": "ui://rich/view.html"}, "example.com/weight": 3}
        result = await client.call_tool(way.name("forecast"), {"city": "Rome"})
        assert result.structured_content == {"degrees": 21, "city": "Rome"}
        assert (result.meta or {})["example.com/source"] == "made up"
        (link,) = (await client.call_tool(way.name("link"))).content
        assert isinstance(link, types.ResourceLink)
        assert link.uri == "rich://notes/1"


async def passes_on_meta_and_capabilities(way: Way) -> None:
    """What the client says of itself and of the call reaches the server, and nothing that it did not say."""
    async with way.client(elicitation_callback=_answer_name) as client:
        meta: Any = {"example.com/trace": "abc"}
        seen = json.loads(said(await client.call_tool(way.name("seen"), meta=meta)))
    assert seen["meta"]["example.com/trace"] == "abc"
    assert "elicitation" in seen["capabilities"]
    assert "sampling" not in seen["capabilities"]


Scenario = Callable[[Way], Coroutine[Any, Any, None]]
SCENARIOS: list[Scenario] = [
    asks_back,
    two_clients_are_not_mixed_up,
    tells_progress_and_logs,
    cancels,
    hears_of_changed_tools,
    hears_of_touched_resources,
    reads_resources,
    gets_prompts_and_completes,
    keeps_definitions_whole,
    passes_on_meta_and_capabilities,
]
