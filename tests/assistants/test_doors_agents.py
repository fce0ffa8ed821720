"""An assistant as an agent of the Agent2Agent protocol, used by its official client in both versions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
import pytest
from a2a.client import A2ACardResolver, Client, ClientConfig, ClientFactory
from a2a.types import (
    CancelTaskRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Part,
    Role,
    SendMessageRequest,
    StreamResponse,
    Task,
    TaskState,
)
from a2a.utils.errors import A2AError, TaskNotFoundError
from google.protobuf.json_format import ParseDict

from assistants.models import Assistant, Conversation, Run
from assistants.services.assistants import pause_assistant, set_offers
from core.ids import new_id
from tests.assistants.doorkit import Site, site
from tests.assistants.running import Answering, MakeAssistant
from tests.cast import Cast

__all__ = ["site"]
VERSIONS = ("1.0", "0.3")


class Caller:
    """A program with a key of somebody, and the address of an assistant."""

    def __init__(self, site: Site, assistant: Assistant, key: str) -> None:
        self.base = f"{site.url}/a2a/{site.cast.workspace.slug}/{assistant.slug}"
        self.key = key

    @asynccontextmanager
    async def client(self, version: str = "1.0", *, streaming: bool = False) -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        async with httpx.AsyncClient(headers=headers, timeout=30) as http:
            card = await A2ACardResolver(http, self.base).get_agent_card()
            kept = [one for one in card.supported_interfaces if one.protocol_version == version]
            del card.supported_interfaces[:]
            for one in kept:
                one.url = self.base  # tests serve the site on a port of their own
                card.supported_interfaces.append(one)
            yield ClientFactory(ClientConfig(httpx_client=http, streaming=streaming)).create(card)

    def post(self, body: Any, **headers: str) -> httpx2.Response:
        told = {"Authorization": f"Bearer {self.key}"} | headers
        return httpx2.post(self.base, json=body, headers={name: value for name, value in told.items() if value})


def message(text: str = "", **more: Any) -> SendMessageRequest:
    data = more.pop("data", None)
    parts = [Part(text=text)] if text else []
    if data is not None:
        parts.append(ParseDict({"data": data}, Part()))
    said = Message(role=Role.ROLE_USER, message_id=new_id("msg"), parts=parts, **more)
    return SendMessageRequest(message=said)


async def sent(client: Client, request: SendMessageRequest) -> list[StreamResponse]:
    return [event async for event in client.send_message(request)]


def texts(task: Task) -> list[str]:
    return [part.text for artifact in task.artifacts for part in artifact.parts if part.text]


@pytest.fixture
def guide(cast: Cast, make_assistant: MakeAssistant) -> Assistant:
    made = make_assistant(ask_first=("write_note",))
    set_offers(actor=cast.principal("admin"), assistant=made, offer_agent_card=True)
    return Assistant.objects.get(pk=made.pk)


@pytest.fixture
def caller(guide: Assistant, site: Site, cast: Cast, answering: Answering) -> Caller:
    return Caller(site, guide, cast.key("member", "assistants", "mcp"))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_message_is_answered(version: str, caller: Caller, site: Site) -> None:
    async def scenario() -> None:
        async with caller.client(version) as client:
            (event,) = await sent(client, message("add 2 and 3"))
            task = event.task
            assert task.status.state == TaskState.TASK_STATE_COMPLETED
            assert texts(task) == ["5"]
            again = await client.get_task(GetTaskRequest(id=task.id, history_length=5))
            assert texts(again) == ["5"] and again.history[0].parts[0].text == "add 2 and 3"
            (event,) = await sent(client, message("add 4 and 5", context_id=task.context_id))
            assert event.task.context_id == task.context_id and texts(event.task) == ["9"]
            with pytest.raises(A2AError):
                await client.cancel_task(CancelTaskRequest(id=task.id))
            with pytest.raises(TaskNotFoundError):
                await client.get_task(GetTaskRequest(id="asr_none"))

    site.run(scenario())
    assert set(Run.objects.values_list("channel", flat=True)) == {Conversation.Channel.AGENT}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_message_is_streamed(version: str, caller: Caller, site: Site) -> None:
    async def scenario() -> None:
        async with caller.client(version, streaming=True) as client:
            events = await sent(client, message("add 2 and 3"))
            kinds = [event.WhichOneof("payload") for event in events]
            assert kinds[0] == "task" and kinds[-1] == "status_update"
            assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED
            said = [part.text for event in events for part in event.artifact_update.artifact.parts]
            assert "".join(said) == "5"

    site.run(scenario())


def test_what_it_asks_is_answered_in_the_same_task(caller: Caller, site: Site) -> None:
    async def scenario() -> None:
        async with caller.client() as client:
            (event,) = await sent(client, message('write a note "buy milk"'))
            task = event.task
            assert task.status.state == TaskState.TASK_STATE_INPUT_REQUIRED
            assert task.status.message.parts[0].text
            (event,) = await sent(client, message(data={"decision": "confirm", "arguments": {}}, task_id=task.id))
            assert event.task.id == task.id
            assert event.task.status.state in (TaskState.TASK_STATE_COMPLETED, TaskState.TASK_STATE_INPUT_REQUIRED)
            tasks = await client.list_tasks(ListTasksRequest())
            assert [one.id for one in tasks.tasks] == [task.id]

    site.run(scenario())


def test_who_has_no_card_and_no_key(caller: Caller, guide: Assistant, cast: Cast, site: Site) -> None:
    ask = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {}}
    card = httpx2.get(f"{caller.base}/.well-known/agent-card.json")
    assert card.status_code == 200 and card.json()["url"].endswith(f"/a2a/acme/{guide.slug}")
    assert caller.post(ask, Authorization="").status_code == 401
    assert caller.post(ask, Authorization="Bearer cr_nothing").status_code == 401
    assert Caller(site, guide, cast.key("member", "mcp")).post(ask).status_code == 403
    pause_assistant(actor=cast.principal("admin"), assistant=guide)
    said = {"message": {"role": "user", "messageId": "m1", "parts": [{"kind": "text", "text": "Hello"}]}}
    paused = caller.post(ask | {"params": said}).json()["error"]
    assert paused["code"] == -32004 and "paused" in paused["message"]
    set_offers(actor=cast.principal("admin"), assistant=guide, offer_agent_card=False)
    assert httpx2.get(f"{caller.base}/.well-known/agent-card.json").status_code == 404
    assert caller.post(ask).status_code == 404
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], -32600),
        ({"id": 1, "method": "GetTask"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "GuessTask"}, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "GetTask", "params": {}}, -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": {"parts": []}}}, -32602),
        (
            {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": {"parts": [{"raw": "AA"}]}}},
            -32005,
        ),
        ({"jsonrpc": "2.0", "id": 1, "method": "CreateTaskPushNotificationConfig", "params": {}}, -32003),
    ],
)
def test_what_is_no_request(body: Any, code: int, caller: Caller) -> None:
    assert caller.post(body).json()["error"]["code"] == code


def test_a_version_that_nobody_speaks(caller: Caller) -> None:
    ask = {"jsonrpc": "2.0", "id": 1, "method": "GetTask", "params": {"id": "asr_none"}}
    assert caller.post(ask, **{"A2A-Version": "7.0"}).json()["error"]["code"] == -32009
    broken = httpx2.post(caller.base, content=b"{", headers={"Authorization": f"Bearer {caller.key}"})
    assert broken.json()["error"]["code"] == -32700
