"""Conversations over the API, with a person's session and with a key."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from django.test import AsyncClient, Client

from accounts.services import create_key
from assistants.models import Conversation, Run
from tests.assistants.running import Answering, MakeAssistant, in_loop
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
AT = "/api/v1/workspaces/acme/conversations"


class Caller:
    """A key's requests."""

    def __init__(self, secret: str) -> None:
        self.headers = {"Authorization": f"Bearer {secret}"}
        self.client = Client()

    def __call__(self, method: str, path: str = "", body: Any = None) -> Any:
        data = None if body is None else json.dumps(body)
        answer: Any = self.client.generic(
            method, f"{AT}{path}", data or "", content_type="application/json", headers=self.headers
        )
        answer.value = answer.json() if answer.content and "json" in answer["Content-Type"] else None
        return answer


@pytest.fixture
def caller(cast: Cast) -> Caller:
    _key, secret = create_key(
        actor=cast.principal("member"),
        workspace=cast.workspace,
        user=cast.users["member"],
        name="program",
        scopes=["assistants", "mcp"],
    )
    return Caller(secret)


def test_a_key_talks_and_waits_for_the_answer(
    caller: Caller, answering: Answering, make_assistant: MakeAssistant
) -> None:
    assistant = make_assistant()
    made = caller("POST", body={"assistant": "helper", "title": "Sums"})
    assert (made.status_code, made.value["assistant"], made.value["channel"]) == (201, assistant.id, "api")
    id = made.value["id"]
    answer = caller("POST", f"/{id}/messages?wait=20", {"text": "add the numbers 19 and 23"})
    assert (answer.status_code, answer.value["state"], answer.value["answer"]) == (200, "done", "42")
    whole = caller("GET", f"/{id}").value
    assert [message["role"] for message in whole["messages"]] == ["person", "assistant"]
    assert whole["run"] is None
    assert caller("GET", "?assistant=helper&q=sum").value["data"][0]["id"] == id
    assert caller("GET", "?q=nothing").value["data"] == []
    assert caller("PATCH", f"/{id}", {"title": "More sums"}).value["title"] == "More sums"
    run = answer.value["id"]
    assert caller("GET", f"/{id}/runs/{run}").value["tool_calls"] == 1
    assert caller("POST", f"/{id}/runs/{run}/cancel").value["state"] == "done"
    assert b"19" in caller("GET", f"/{id}/export?kind=markdown").content
    assert caller("GET", f"/{id}/export").value["messages"]
    assert caller("DELETE", f"/{id}").status_code == 204
    assert not Conversation.objects.exists()


def test_what_it_asks_is_answered_over_the_api(
    caller: Caller, answering: Answering, make_assistant: MakeAssistant
) -> None:
    make_assistant(ask_first=("write_note",))
    id = caller("POST", body={"assistant": "helper"}).value["id"]
    asking = caller("POST", f"/{id}/messages?wait=20", {"text": 'write a note "milk is sour"'}).value
    assert asking["state"] == "asking"
    assert caller("GET", f"/{id}").value["run"] == asking["id"]
    path = f"/{id}/runs/{asking['id']}/answer"
    wrong = caller("POST", path, {"ask": "ask_other", "decision": "confirm"})
    assert (wrong.status_code, wrong.value["code"]) == (409, "not_asking")
    done = caller("POST", f"{path}?wait=20", {"ask": asking["asks"][0]["id"], "decision": "confirm"})
    assert (done.status_code, done.value["state"], done.value["asks"]) == (200, "done", [])
    assert "milk is sour" in done.value["answer"]


def test_events_stream_and_go_on_behind_the_last_one(
    caller: Caller, answering: Answering, make_assistant: MakeAssistant
) -> None:
    make_assistant()
    id = caller("POST", body={"assistant": "helper"}).value["id"]
    headers = caller.headers
    body = json.dumps({"text": "add the numbers 19 and 23"})
    text = _streamed("POST", f"{AT}/{id}/messages", {**headers, "Accept": "text/event-stream"}, body)
    assert text.index("event: tool_call") < text.index("event: tool_result") < text.index("event: done")
    ids = [line.removeprefix("id: ") for line in text.splitlines() if line.startswith("id: ")]
    run = Run.objects.get()
    rest = _streamed("GET", f"{AT}/{id}/runs/{run.id}/events", {**headers, "Last-Event-ID": ids[-2]})
    assert [line for line in rest.splitlines() if line.startswith("event:")] == ["event: done"]


def test_others_see_nothing_of_it(caller: Caller, cast: Cast, make_assistant: MakeAssistant) -> None:
    make_assistant()
    id = caller("POST", body={"assistant": "helper"}).value["id"]
    for who in ("owner", "member"):
        assert cast.browser(who).get(f"{AT}/{id}").status_code == 404
        assert cast.browser(who).get(AT).json()["data"] == []
    assert caller("POST", body={"assistant": "nobody"}).status_code == 404


def _streamed(method: str, path: str, headers: dict[str, str], body: str = "") -> str:
    async def read() -> str:
        async with asyncio.timeout(30):
            answer = await AsyncClient().generic(method, path, body, content_type="application/json", headers=headers)
            assert answer.status_code == 200, answer.content
            assert answer["Content-Type"] == "text/event-stream"
            return b"".join([chunk async for chunk in answer.streaming_content]).decode()  # type: ignore[attr-defined]

    return str(in_loop(read))
