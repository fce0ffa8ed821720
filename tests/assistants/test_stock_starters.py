"""Every starter of the stock assistants that work without a model gets somewhere, in the real runtime."""

from __future__ import annotations

from typing import Any

from assistants.models import Assistant, AssistantVersion, Message, Run
from assistants.services.conversations import answer_ask, say, start_conversation
from core.permissions import SYSTEM
from marketplace.importers.stock_assistants import StockAssistant, stock_assistants
from proxy.models import Server
from proxy.selectors.offers import offered
from proxy.services.hubs import create_hub
from proxy.services.runs import run_discovery
from proxy.services.servers import connect_server
from proxy.services.stdio import bundled_draft
from tests.assistants.running import Answering
from tests.cast import Cast

OFFLINE = [one for one in stock_assistants() if one.works_offline]
WAITS = {"Sort these lines": ["text"]}
"""Starters that a person has to add something to: what is asked for."""


def installed(cast: Cast) -> dict[str, Assistant]:
    """The offline assistants with the bundled server of this workspace."""
    server = connect_server(actor=SYSTEM, workspace=cast.workspace, draft=bundled_draft(cast.workspace))
    run_discovery(server_id=server.id)
    server = Server.objects.get(pk=server.pk)
    hub = create_hub(actor=SYSTEM, workspace=cast.workspace, title="Main", slug="main", servers=[server])
    names = {one.name.rpartition("__")[2]: one.name for one in offered(hub, kind="tool") if one.offered}
    return {one.slug: _made(cast, hub.id, names, one) for one in OFFLINE}


def _made(cast: Cast, hub: str, names: dict[str, str], one: StockAssistant) -> Assistant:
    tools: list[dict[str, Any]] = [{"hub": hub, "name": names[tool]} for tool in one.tools]
    tools += [{"hub": hub, "name": names[tool], "ask_first": True} for tool in one.tools_that_ask]
    configuration = {"instructions": one.instructions, "tools": tools}
    assistant = Assistant.objects.create(
        workspace=cast.workspace,
        slug=one.slug,
        name=one.name,
        letters=one.letters,
        draft=configuration,
        state="running",
    )
    assistant.deployed = AssistantVersion.objects.create(
        assistant=assistant, number=1, configuration=configuration, content_hash="0" * 64
    )
    assistant.save()
    return assistant


def parts(run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Message.objects.get(run=run.id, role="assistant").parts
    return found


def result_of(answering: Answering, cast: Cast, assistant: Assistant, text: str) -> dict[str, Any]:
    """What came of a starter: the result of its tool, after a confirmation where one is asked for."""
    member = cast.principal("member")
    run = say(actor=member, conversation=start_conversation(actor=member, assistant=assistant), text=text)
    answering.events(run)
    asks = [part for part in parts(run) if part["kind"] == "ask"]
    if asks and asks[0]["why"] == "fill":
        return {"asked": asks[0]["missing"]}
    if asks:
        seen = answering.events(run)[-1].id
        answer_ask(actor=member, run=run, ask=asks[0]["id"], decision="confirm")
        answering.events(run, after=seen)
    found = [part for part in parts(run) if part["kind"] == "tool_result"]
    return found[0] if found else {"outcome": [part["kind"] for part in parts(run)]}


def test_every_starter_gets_somewhere(cast: Cast, answering: Answering) -> None:
    assistants = installed(cast)
    assert len(assistants) >= 9
    wrong = []
    for one in OFFLINE:
        assert one.starters, one.slug
        for starter in one.starters:
            found = result_of(answering, cast, assistants[one.slug], starter)
            if found.get("asked", []) != WAITS.get(starter, []) or found.get("outcome", "answered") != "answered":
                wrong.append((one.slug, starter, found))
    assert wrong == []


def test_what_they_show_is_right(cast: Cast, answering: Answering) -> None:
    assistants = installed(cast)

    def told(slug: str, text: str) -> str:
        return str(result_of(answering, cast, assistants[slug], text))

    friday = told("date-counter", "When is the next Friday the 13th?")
    assert "'weekday': 'friday'" in friday and "-13T" in friday
    assert "409.5" in told("exact-calculator", "How much is 17.5 percent of 2,340?")
    assert "Ada" in told("regex-bench", OFFLINE[[one.slug for one in OFFLINE].index("regex-bench")].starters[1])
    assert "'valid': False" in told("json-desk", 'What is wrong with {"a": 1,}')
    assert "asked" in told("text-desk", "Sort these lines")
