"""Assistants that run for real in tests: a hub with tools, an assistant, and a worker of this process.

from tests.assistants.running import answering, engine, make_assistant, owner_folder, peers  # noqa: F401

def test_x(cast: Cast, answering: Answering, make_assistant: MakeAssistant) -> None:
    assistant = make_assistant()                              # tools of tests/peers/handy.py
    run = answering.say(cast.principal("member"), assistant, "…")
    events = answering.events(run)
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from celery.contrib.testing.worker import start_worker

from assistants.adapters.streams import RunEvent, read_events
from assistants.models import Assistant, AssistantVersion, Conversation, Run
from assistants.services.conversations import say, start_conversation
from assistants.services.runner import stop_runs
from assistants.services.runs import QUEUE
from core.decision import Principal
from proxy.importers.drafts import ServerDraft
from proxy.models import Hub, Server
from proxy.selectors.offers import offered
from proxy.services.hubs import create_hub
from proxy.services.runs import run_discovery
from proxy.services.servers import connect_server
from tests.cast import Cast, cast
from tests.peers.fixtures import Peers, peers
from tests.proxy.enginekit import engine, owner_folder

__all__ = ["answering", "cast", "engine", "make_assistant", "make_hub", "owner_folder", "peers"]
LIMIT_S = 30.0
POLL_S = 0.05
T = TypeVar("T")


@dataclass
class Answering:
    """Says things and waits for the answers. A real worker of this process takes the runs from the real broker."""

    conversations: dict[str, Conversation] = field(default_factory=dict)

    def say(self, actor: Principal, assistant: Assistant, text: str, **more: Any) -> Run:
        """In the one conversation of this actor with this assistant. Waits until the run ended or asks."""
        run = self.begin(actor, assistant, text, **more)
        self.events(run)
        return Run.objects.get(pk=run.pk)

    def begin(self, actor: Principal, assistant: Assistant, text: str, **more: Any) -> Run:
        key = f"{actor.id} {assistant.id}"
        if key not in self.conversations:
            self.conversations[key] = start_conversation(actor=actor, assistant=assistant)
        return say(actor=actor, conversation=self.conversations[key], text=text, **more)

    def events(self, run: Run, after: str = "") -> list[RunEvent]:
        """All events of a run to its end, without the signs of life."""

        async def gather() -> list[RunEvent]:
            async with asyncio.timeout(LIMIT_S):
                return [event async for event in read_events(run.id, after) if event.kind != "alive"]

        return in_loop(gather)

    def wait_for(self, run: Run, kind: str) -> RunEvent:
        """The first event of a kind, as soon as it is there."""

        async def first() -> RunEvent:
            async with asyncio.timeout(LIMIT_S):
                async for event in read_events(run.id):
                    if event.kind == kind:
                        return event
            raise AssertionError(f"the run ended without {kind}")

        return in_loop(first)

    def kinds(self, run: Run) -> list[str]:
        return [event.kind for event in self.events(run)]


def in_loop(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What a coroutine returns, on a loop in a thread of its own: the test's thread keeps its connection."""
    result: list[T] = []
    problems: list[BaseException] = []

    def run() -> None:
        try:
            result.append(asyncio.run(work()))
        except BaseException as problem:
            problems.append(problem)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(LIMIT_S + 5)
    if problems:
        raise problems[0]
    return result[0]


@pytest.fixture
def answering(engine: None, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    """Runs are answered, by a worker with threads as `make run` starts one."""
    from config.celery import app

    # A worker that ends waits for what it last asked the broker; by itself that takes a second.
    monkeypatch.setitem(app.conf.broker_transport_options, "polling_interval", POLL_S)
    app.control.purge()
    with start_worker(app, pool="threads", concurrency=2, perform_ping_check=False, queues=[QUEUE], loglevel="ERROR"):
        yield Answering()
        stop_runs()


MakeHub = Callable[..., Hub]
MakeAssistant = Callable[..., Assistant]


@pytest.fixture
def make_hub(cast: Cast, peers: Peers, engine: None) -> MakeHub:
    """A hub with the tools of a peer (a module of tests/peers), discovered through the engine."""

    def make(peer: str = "handy", *arguments: str) -> Hub:
        url = peers.start(peer, *arguments).url
        admin = cast.principal("admin")
        draft = ServerDraft(title=peer.title(), transport="http", url=url)
        server = connect_server(actor=admin, workspace=cast.workspace, draft=draft)
        run_discovery(server_id=server.id)
        found = Server.objects.get(pk=server.pk)
        hub = create_hub(actor=admin, workspace=cast.workspace, title=f"{peer} hub", servers=[found])
        return Hub.objects.get(pk=hub.pk)

    return make


@pytest.fixture
def make_assistant(cast: Cast, make_hub: MakeHub) -> MakeAssistant:
    """A deployed assistant with all tools of a hub, or with those named. More values of its configuration as JSON."""

    def make(
        hub: Hub | str | None = "handy",
        *,
        tools: tuple[str, ...] = (),
        ask_first: tuple[str, ...] = (),
        slug: str = "helper",
        **configuration: Any,
    ) -> Assistant:
        hub = make_hub(hub) if isinstance(hub, str) else hub
        names = [one.name for one in offered(hub, kind="tool") if one.offered] if hub else []
        chosen = [name for name in names if not tools or name.rpartition("__")[2] in tools]
        hub_id = hub.id if hub else ""
        choices = [{"hub": hub_id, "name": name, "ask_first": name.rpartition("__")[2] in ask_first} for name in chosen]
        made = {"instructions": "Help.", "tools": choices, **configuration}
        assistant = Assistant.objects.create(
            workspace=cast.workspace, slug=slug, name=slug.title(), letters="HE", draft=made, state="running"
        )
        assistant.deployed = AssistantVersion.objects.create(
            assistant=assistant, number=1, configuration=made, content_hash="0" * 64
        )
        assistant.save()
        return assistant

    return make
