"""Asking an assistant over the API: waited for, polled, streamed, stopped, repeated."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from assistants.models import Assistant, Run
from assistants.services.assistants import pause_assistant
from tests.assistants.doorkit import Site, site
from tests.assistants.running import Answering, MakeAssistant
from tests.cast import Cast

__all__ = ["site"]


class Program:
    """A program with a key."""

    def __init__(self, site: Site, assistant: Assistant, key: str) -> None:
        self.base = f"{site.url}/api/v1/workspaces/{site.cast.workspace.slug}/assistants/{assistant.id}/runs"
        self.headers = {"Authorization": f"Bearer {key}"}

    def ask(self, body: dict[str, Any], **headers: str) -> httpx2.Response:
        return httpx2.post(self.base, json=body, headers=self.headers | headers, timeout=60)

    def get(self, path: str = "", **headers: str) -> httpx2.Response:
        return httpx2.get(self.base + path, headers=self.headers | headers, timeout=60)


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


@pytest.fixture
def program(cast: Cast, site: Site, make_assistant: MakeAssistant, answering: Answering) -> Program:
    return Program(site, make_assistant(), cast.key("member", "assistants", "mcp"))


def test_the_answer_is_waited_for(program: Program) -> None:
    answer = program.ask({"input": "add 2 and 3"})
    assert answer.status_code == 200, answer.text
    run = answer.json()
    assert run["state"] == "done"
    assert run["answer"] == "5" and "offline" in run["notices"][0]
    assert program.get(f"/{run['id']}").json() == run
    assert [one["id"] for one in program.get().json()["data"]] == [run["id"]]
    again = program.ask({"input": "add 4 and 5", "conversation": run["conversation"]})
    assert again.json()["conversation"] == run["conversation"]


def test_its_tools_are_called_with_the_rights_of_the_key(program: Program, cast: Cast, site: Site) -> None:
    narrow = Program(site, Assistant.objects.get(), cast.key("member", "assistants"))
    assert narrow.ask({"input": "add 2 and 3"}).json()["answer"] == "5"


def test_who_does_not_wait_polls(program: Program) -> None:
    answer = program.ask({"input": "add 2 and 3", "wait": 0})
    assert answer.status_code == 202
    run = answer.json()["id"]
    streamed = program.get(f"/{run}/events", Accept="text/event-stream")
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert events(streamed.text)[-1][0] == "done"
    assert program.get(f"/{run}").json()["finished_at"]


def test_a_stream_and_its_repetition(program: Program) -> None:
    body = {"input": "add 2 and 3"}
    answer = program.ask(body, Accept="text/event-stream", **{"Idempotency-Key": "once"})
    assert answer.status_code == 200, answer.text
    kinds = [kind for kind, _data in events(answer.text)]
    assert kinds[0] == "start" and kinds[-1] == "done"
    again = program.ask(body, Accept="text/event-stream", **{"Idempotency-Key": "once"})
    assert again.status_code == 202 and again.headers["idempotent-replayed"] == "true"
    assert Run.objects.get().id == again.json()["id"]


def test_what_cannot_be_asked(program: Program, cast: Cast, site: Site) -> None:
    assistant = Assistant.objects.get()
    for body, field in (({}, "input"), ({"input": 3}, "input"), ({"input": "x", "variables": {"city": "Rome"}}, "")):
        answer = program.ask(body)
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
        if field:
            assert answer.json()["errors"][0]["field"] == field
    refused = program.ask({"input": 3}, Accept="text/event-stream")
    assert refused.status_code == 400 and refused.json()["code"] == "invalid"
    assert program.ask({"input": "x", "conversation": "cnv_none"}).status_code == 404
    assert Program(site, assistant, cast.key("member", "mcp")).ask({"input": "x"}).status_code == 403
    assert Program(site, assistant, cast.key("viewer", "assistants")).ask({"input": "x"}).status_code == 403
    pause_assistant(actor=cast.principal("admin"), assistant=assistant)
    paused = program.ask({"input": "x"})
    assert paused.status_code == 409 and paused.json()["code"] == "paused"
    assert not Run.objects.exists()


def test_runs_are_private_and_can_be_stopped(program: Program, cast: Cast, site: Site) -> None:
    run = program.ask({"input": "add 2 and 3", "wait": 0}).json()["id"]
    other = Program(site, Assistant.objects.get(), cast.key("admin", "assistants"))
    assert other.get(f"/{run}").status_code == 404
    assert other.get().json()["data"] == []
    stopped = httpx2.post(f"{program.base}/{run}/cancel", headers=program.headers)
    assert stopped.status_code == 200
    assert stopped.json()["state"] in ("cancelled", "done")
