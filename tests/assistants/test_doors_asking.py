"""An assistant that asks back, over the official client: with forms in both eras, and where no form can be shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from mcp import types

from assistants.adapters.elicit import can_elicit, decision, question
from assistants.models import Message, ModelProvider, Run
from proxy.models import Call
from tests.assistants.doorkit import ERAS, Site, doors, site
from tests.assistants.running import Answering, MakeAssistant, MakeHub
from tests.cast import Cast
from tests.peers.fixtures import Peers, wait_until

__all__ = ["doors", "site"]
Reply = Callable[[types.ElicitRequestFormParams], types.ElicitResult]


class Person:
    """Whoever sits at the client: sees each form, and answers it."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.seen: list[types.ElicitRequestFormParams] = []

    async def __call__(self, context: Any, params: Any) -> types.ElicitResult:
        self.seen.append(params)
        return self.replies.pop(0)(params)


def accept(**content: Any) -> Reply:
    return lambda _params: types.ElicitResult(action="accept", content=content)


def decline(_params: Any) -> types.ElicitResult:
    return types.ElicitResult(action="decline")


def dismiss(_params: Any) -> types.ElicitResult:
    return types.ElicitResult(action="cancel")


def said(result: types.CallToolResult) -> str:
    return "\n".join(item.text for item in result.content if isinstance(item, types.TextContent))


def called(site: Site, hub: Any, key: str, mode: str, message: str, person: Person | None, **more: str) -> Any:
    more_of_client: dict[str, Any] = {"elicitation_callback": person} if person else {}

    async def scenario() -> types.CallToolResult:
        async with site.client(hub, key, mode, **more_of_client) as client:
            return await client.call_tool("ask_helper", {"message": message, **more})

    return site.run(scenario())


@pytest.mark.parametrize("mode", ERAS)
def test_a_person_confirms_the_call_where_they_are(
    mode: str, cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant
) -> None:
    hub = make_hub("handy")
    make_assistant(hub, ask_first=("write_note",))
    person = Person(accept(allow=True))
    result = called(site, hub, cast.key("member", "mcp"), mode, 'write a note "buy milk"', person)
    assert not result.is_error and said(result).startswith("Note 1 written: buy milk"), said(result)
    (form,) = person.seen
    assert "Write a note of Handy" in form.message and '"text": "buy milk"' in form.message
    assert Run.objects.get().state == "done"
    outcomes = ["answered"] if mode == ERAS[0] else ["answered", "input_required"]
    wait_until(
        lambda: sorted(Call.objects.filter(name="ask_helper").values_list("outcome", flat=True)) == outcomes,
        what="the records",
    )


@pytest.mark.parametrize(
    "reply", [decline, dismiss, accept(allow=False), accept()], ids=["decline", "dismiss", "no", "blank"]
)
@pytest.mark.parametrize("mode", ERAS)
def test_whatever_is_no_yes_calls_nothing(
    mode: str, reply: Reply, cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant
) -> None:
    hub = make_hub("handy")
    make_assistant(hub, ask_first=("write_note",))
    result = called(site, hub, cast.key("member", "mcp"), mode, 'write a note "buy milk"', Person(reply))
    assert "did not allow this call" in said(result)
    assert not Call.objects.filter(name="handy__write_note").exists()
    assert Run.objects.get().state == "done"


@pytest.mark.parametrize("mode", ERAS)
def test_what_is_missing_is_asked_for_and_what_does_not_fit_once_more(
    mode: str, cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant
) -> None:
    hub = make_hub("handy")
    make_assistant(hub)
    person = Person(accept(day=""), accept(day="2026-03-04"))
    result = called(site, hub, cast.key("member", "mcp"), mode, "what is the weather forecast in Oslo?", person)
    assert said(result).startswith("Sunny in Oslo on 2026-03-04"), said(result)
    wanted = person.seen[0].requested_schema
    assert wanted["properties"] == {"day": {"type": "string", "format": "date"}} and wanted["required"] == ["day"]
    assert len(person.seen) == 2


@pytest.fixture
def model(cast: Cast, peers: Peers) -> ModelProvider:
    peer = peers.start("model_openai")
    return ModelProvider.objects.create(
        workspace=cast.workspace, kind="openai", name="peer", base_url=peer.url, is_default=True
    )


@pytest.mark.parametrize("mode", ERAS)
def test_two_calls_of_a_model_are_two_questions(
    mode: str, cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant, model: Any
) -> None:
    hub = make_hub("handy")
    make_assistant(hub, ask_first=("write_note",), model={"name": "tools"})
    asked = 'call handy__write_note {"text": "one"}\ncall handy__write_note {"text": "two"}'

    def one_alone(params: types.ElicitRequestFormParams) -> types.ElicitResult:
        return accept(allow='"one"' in params.message)(params)

    result = called(site, hub, cast.key("member", "mcp"), mode, asked, Person(one_alone, one_alone))
    assert "The tool said: " in said(result) and "Note 1 written: one" in said(result), said(result)
    assert "did not allow" in said(result)
    parts = Message.objects.get(role="assistant").parts
    assert sorted(part["outcome"] for part in parts if part["kind"] == "tool_result") == ["answered", "denied"]


@pytest.mark.parametrize("mode", ERAS)
def test_a_client_without_forms_is_told_what_to_do(
    mode: str, cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant
) -> None:
    hub = make_hub("handy")
    make_assistant(hub, ask_first=("write_note",))
    key = cast.key("member", "mcp")
    result = called(site, hub, key, mode, 'write a note "buy milk"', None)
    assert not result.is_error
    assert "cannot show the question to a person (elicitation)" in said(result)
    assert f"/w/{cast.workspace.slug}/assistants/helper/chat/" in said(result)
    conversation = result.meta["io.crossroads/conversation"]
    # Words of a program are no confirmation.
    called(site, hub, key, mode, "yes", None, conversation=conversation)
    called(site, hub, key, mode, "confirm", None, conversation=conversation)
    assert not Call.objects.filter(name="handy__write_note").exists()


@pytest.mark.parametrize("mode", ERAS)
def test_without_forms_a_message_brings_what_is_missing(
    mode: str, cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant
) -> None:
    hub = make_hub("handy")
    make_assistant(hub)
    key = cast.key("member", "mcp")
    first = called(site, hub, key, mode, "what is the weather forecast in Oslo?", None)
    assert "it needs: day" in said(first) and "Call this tool again" in said(first)
    conversation = first.meta["io.crossroads/conversation"]
    result = called(site, hub, key, mode, "on 2026-03-04 please", None, conversation=conversation)
    assert said(result).startswith("Sunny in Oslo on 2026-03-04"), said(result)
    assert Run.objects.get().state == "done"


def test_nobody_answers_what_another_was_asked(
    cast: Cast, site: Site, doors: Answering, make_hub: MakeHub, make_assistant: MakeAssistant
) -> None:
    """The state of a request is whatever a client says."""
    hub = make_hub("handy")
    make_assistant(hub, ask_first=("write_note",))
    mine, other = cast.key("member", "mcp"), cast.key("admin", "mcp")

    async def scenario() -> None:
        async with site.client(hub, mine, ERAS[1], elicitation_callback=Person()) as client:
            first: Any = await client.session.call_tool(
                "ask_helper", {"message": 'write a note "mine"'}, allow_input_required=True
            )
            (ask,) = first.input_requests
        answers: Any = {ask: types.ElicitResult(action="accept", content={"allow": True})}
        async with site.client(hub, other, ERAS[1]) as client:
            for state in (first.request_state, "asr_none", "", "x" * 10_000):
                result: Any = await client.session.call_tool(
                    "ask_helper", {"message": "x"}, input_responses=answers, request_state=state
                )
                assert result.is_error and "Nothing is asked there" in said(result)
        async with site.client(hub, mine, ERAS[1], elicitation_callback=Person()) as client:
            for _twice in range(2):  # a request that is sent again does nothing twice
                result = await client.session.call_tool(
                    "ask_helper", {"message": "x"}, input_responses=answers, request_state=first.request_state
                )
                assert said(result).startswith("Note 1 written: mine")

    site.run(scenario())
    assert Run.objects.count() == 1


def test_forms_are_flat_and_answers_read_by_their_kind() -> None:
    schema = {
        "properties": {
            "n": {"type": ["integer", "null"], "minimum": 1, "x-odd": 1},
            "tags": {"type": "array", "items": {"type": "string"}, "description": "Words."},
            "size": {"enum": ["s", "l"], "title": "Size"},
            "value": {"anyOf": [{"type": "string"}, {"type": "number"}]},
        }
    }
    ask = {
        "why": "fill",
        "title": "Try",
        "server": "",
        "missing": ["n", "tags", "size", "value", "gone"],
        "schema": schema,
    }
    made = question(ask)
    assert made["message"] == "To call Try, the assistant needs: n, tags, size, value, gone."
    assert made["requestedSchema"]["properties"] == {
        "n": {"type": "integer", "minimum": 1},
        "tags": {"type": "string", "description": "Words. Write it as JSON."},
        "size": {"type": "string", "enum": ["s", "l"], "title": "Size"},
        "value": {"type": "string"},
        "gone": {"type": "string"},
    }
    given = {"action": "accept", "content": {"n": 3, "tags": '["a"]', "size": "s", "other": 1}}
    assert decision(ask, given) == {"decision": "fill", "arguments": {"n": 3, "tags": ["a"], "size": "s"}}
    for wrong in (None, 7, {}, {"action": "accept", "content": 7}, {"action": "Accept"}):
        assert decision(ask | {"why": "confirm"}, wrong)["decision"] == "deny"


@pytest.mark.parametrize(
    ("capabilities", "can"),
    [({"elicitation": {}}, True), ({"elicitation": {"form": {}}}, True), ({"elicitation": {"url": {}}}, False),
     ({}, False), (7, False), ({"elicitation": True}, False)],
)  # fmt: skip
def test_who_can_be_shown_a_form(capabilities: Any, can: bool) -> None:
    assert can_elicit({"io.modelcontextprotocol/clientCapabilities": capabilities}) is can
