"""Runs answered by the built-in model, from saying to the stored answer, by a real worker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from accounts.models import ApiKey, Membership
from accounts.permissions import SYSTEM, allowed, in_workspace, principal_for, principal_of_key
from accounts.services import create_key, create_workspace
from assistants.adapters import streams
from assistants.health import check_runs
from assistants.models import Assistant, Conversation, Message, Run
from assistants.services.conversations import (
    answer_ask,
    cancel_run,
    delete_conversation,
    forget_expired,
    rename_conversation,
    say,
    start_conversation,
)
from assistants.services.exporting import export_conversation
from assistants.services.sweeping import sweep_runs
from assistants.signals import run_finished
from billing.models import UsageEvent
from core import redis
from core.clock import now
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem, PermissionProblem, ServiceProblem
from proxy.models import Hub
from proxy.services.hubs import delete_hub
from tests.assistants.running import Answering, MakeAssistant
from tests.cast import Cast
from tests.peers.fixtures import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(run: Run) -> list[str]:
    return [part["kind"] for part in Message.objects.get(run=run.id, role="assistant").parts]


def ask_of(run: Run) -> dict[str, object]:
    parts = Message.objects.get(run=run.id, role="assistant").parts
    found: dict[str, object] = [part for part in parts if part["kind"] == "ask"][-1]
    return found


def result_of(run: Run) -> dict[str, object]:
    parts = Message.objects.get(run=run.id, role="assistant").parts
    found: dict[str, object] = [part for part in parts if part["kind"] == "tool_result"][-1]
    return found


def test_a_message_becomes_a_call_and_its_result(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant
) -> None:
    finished: list[str] = []

    def heard(run: Run, **_more: object) -> None:
        finished.append(run.id)

    run_finished.connect(heard)
    try:
        run = answering.say(cast.principal("member"), make_assistant(), "add the numbers 19 and 23")
    finally:
        run_finished.disconnect(heard)
    assert (run.state, run.error, finished) == ("done", "", [run.id])
    events = answering.events(run)
    assert [event.kind for event in events] == ["start", "notice", "tool_call", "tool_result", "usage", "done"]
    call, result = events[2].data, events[3].data
    assert events[1].data["connect"] is True
    assert call["arguments"] == {"a": 19, "b": 23}
    assert (result["outcome"], result["content"]) == ("answered", [{"type": "text", "text": "42"}])
    assert kinds(run) == ["notice", "tool_call", "tool_result"]
    assert (run.model, run.tool_calls) == ("offline", 1)
    used = UsageEvent.objects.filter(id__startswith=run.id)
    assert [(event.id, event.meter, event.quantity) for event in used] == [
        (f"{run.id}:assistant_runs", "assistant_runs", 1)
    ]


def test_what_is_missing_is_asked_for_and_filled_in(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant
) -> None:
    member = cast.principal("member")
    run = answering.say(member, make_assistant(), "what is the weather forecast in Oslo?")
    assert run.state == "asking"
    ask = ask_of(run)
    assert (ask["why"], ask["missing"]) == ("fill", ["day"])
    with pytest.raises(InvalidProblem):
        answer_ask(actor=member, run=run, ask=str(ask["id"]), decision="fill", arguments={})
    seen = answering.events(run)[-1]
    assert (seen.kind, seen.data["state"]) == ("done", "asking")
    answer_ask(actor=member, run=run, ask=str(ask["id"]), decision="fill", arguments={"day": "2026-03-04"})
    later = answering.events(run, after=seen.id)
    assert [event.kind for event in later] == ["start", "tool_result", "usage", "done"]
    assert later[1].data["structured"] == {"city": "Oslo", "day": "2026-03-04", "degrees": 21}
    with pytest.raises(ServiceProblem):
        answer_ask(actor=member, run=run, ask=str(ask["id"]), decision="deny")


@pytest.mark.parametrize("decision", ["confirm", "deny"])
def test_a_tool_that_asks_first_waits_for_a_person(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant, decision: str
) -> None:
    member = cast.principal("member")
    run = answering.say(member, make_assistant(ask_first=("write_note",)), 'write a note "milk is sour"')
    ask = ask_of(run)
    assert (run.state, ask["why"], ask["arguments"]) == ("asking", "confirm", {"text": "milk is sour"})
    answer_ask(actor=member, run=run, ask=str(ask["id"]), decision=decision)
    answering.events(run)
    assert result_of(run)["outcome"] == ("answered" if decision == "confirm" else "denied")


def test_what_it_is_not_sure_of_it_leaves_to_the_person(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant
) -> None:
    member, assistant = cast.principal("member"), make_assistant()
    run = answering.say(member, assistant, "hello there")
    assert kinds(run) == ["notice", "suggest"]
    suggested = Message.objects.get(run=run.id, role="assistant").parts[-1]
    assert len(suggested["tools"]) == 3
    chosen = next(tool["name"] for tool in suggested["tools"])
    clicked = answering.say(member, assistant, suggested["text"], tool=chosen)
    assert kinds(clicked)[1] == "tool_call"
    assert Message.objects.get(run=clicked.id, role="assistant").parts[1]["name"] == chosen


def test_one_answer_at_a_time_and_nothing_lost(cast: Cast, make_assistant: MakeAssistant) -> None:
    member = cast.principal("member")
    conversation = start_conversation(actor=member, assistant=make_assistant(None))
    first = say(actor=member, conversation=conversation, text="first")
    with pytest.raises(ServiceProblem) as refused:
        say(actor=member, conversation=conversation, text="second")
    assert refused.value.code == "run_live"
    assert conversation.messages.count() == 2
    cancel_run(actor=member, run=first)
    assert say(actor=member, conversation=conversation, text="second").state == "queued"


def test_stopping_keeps_what_was_said(cast: Cast, answering: Answering, make_assistant: MakeAssistant) -> None:
    member = cast.principal("member")
    queued = answering.begin(member, make_assistant(None), "one")
    cancel_run(actor=member, run=queued)
    assert answering.events(queued)[-1].data["state"] == "cancelled"
    assert Run.objects.get(pk=queued.pk).state == "cancelled"


def test_a_reader_that_comes_back_misses_nothing(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant
) -> None:
    run = answering.say(cast.principal("member"), make_assistant(), "add the numbers 19 and 23")
    events = answering.events(run)
    assert answering.events(run, after=events[2].id) == events[3:]
    assert answering.events(run, after="nonsense") == events
    # The stream is gone an hour later: the stored message stands in for it.
    redis.connection().delete(streams.stream_name(run.id))
    for after in ("", events[1].id):
        late = answering.events(run, after=after)
        assert [event.kind for event in late] == ["message", "done"]
        assert [part["kind"] for part in late[0].data["parts"]] == ["notice", "tool_call", "tool_result"]


def test_a_run_whose_process_died_is_lost_never_made_twice(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant
) -> None:
    member = cast.principal("member")
    conversation = start_conversation(actor=member, assistant=make_assistant())
    Run.objects.create(
        workspace=cast.workspace, conversation=conversation, assistant=conversation.assistant, channel="chat",
        principal={"id": member.id}, state="running", heartbeat_at=now() - timedelta(minutes=1),
    )  # fmt: skip
    run = Run.objects.get()
    Message.objects.create(
        conversation=conversation, position=1, role="assistant", run=run.id, parts=[{"kind": "text", "text": "Half"}]
    )
    assert sweep_runs() == 1
    run.refresh_from_db()
    assert (run.state, run.error_kind) == ("failed", "lost")
    assert kinds(run) == ["text", "error"]
    assert [event.kind for event in answering.events(run)] == ["error", "done"]
    assert sweep_runs() == 0


def test_a_run_that_nobody_took_is_woken_again(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, assistant = cast.principal("member"), make_assistant()
    with monkeypatch.context() as away:
        away.setattr(redis, "answers", lambda: False)  # the broker is away when it is said
        run = answering.begin(member, assistant, "add the numbers 1 and 2")
    assert sweep_runs() == 0  # it is given a moment
    Run.objects.filter(pk=run.pk).update(updated_at=now() - timedelta(minutes=1))
    assert sweep_runs() == 1
    assert answering.events(run)[-1].data["state"] == "done"
    Run.objects.filter(pk=run.pk).update(state="queued", updated_at=now() - timedelta(hours=1))
    sweep_runs()
    assert Run.objects.get(pk=run.pk).error_kind == "lost"


def test_a_conversation_belongs_to_whoever_began_it(cast: Cast, make_assistant: MakeAssistant) -> None:
    member, admin = cast.principal("member"), cast.principal("admin")
    assistant = make_assistant(None)
    conversation = start_conversation(actor=member, assistant=assistant)
    run = say(actor=member, conversation=conversation, text="mine")
    for stranger in (admin, cast.principal("owner"), cast.principal("outsider"), SYSTEM):
        with pytest.raises(NotFoundProblem):
            say(actor=stranger, conversation=conversation, text="yours?")
        with pytest.raises(NotFoundProblem):
            cancel_run(actor=stranger, run=run)
        with pytest.raises(NotFoundProblem):
            export_conversation(actor=stranger, conversation=conversation)
        with pytest.raises(NotFoundProblem):
            delete_conversation(actor=stranger, conversation=conversation)
    for stranger in (cast.principal("viewer"), cast.principal("outsider"), cast.principal("anonymous")):
        with pytest.raises(PermissionProblem):
            start_conversation(actor=stranger, assistant=assistant)


def test_rights_are_looked_up_when_it_runs(cast: Cast, answering: Answering, make_assistant: MakeAssistant) -> None:
    assistant = make_assistant()
    key, _secret = create_key(
        actor=SYSTEM, workspace=cast.workspace, user=cast.users["member"], name="k", scopes=["assistants"]
    )
    # The key may talk with assistants: their tools are called for it, and no hub is opened to it.
    run = answering.say(principal_of_key(key), assistant, "add the numbers 19 and 23")
    assert (run.state, result_of(run)["outcome"]) == ("done", "answered")
    here = in_workspace(cast.workspace, "tool", hub_id=Hub.objects.get().id)
    assert not allowed(principal_of_key(key), "tool.call", here)
    assert not allowed(principal_of_key(key), "hub.use", here)
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=now())
    late = answering.say(principal_of_key(key), assistant, "add the numbers 19 and 23")
    assert (late.state, late.error_kind) == ("failed", "not_allowed")
    member = cast.principal("member")
    Membership.objects.filter(user=cast.users["member"]).delete()
    gone = answering.begin(cast.principal("admin"), assistant, "add the numbers 19 and 23")
    assert answering.events(gone)[-1].data["state"] == "done"
    with pytest.raises(PermissionProblem):
        start_conversation(actor=cast.principal("member"), assistant=assistant)
    assert member.role == "member"


def test_a_visitor_only_reads(cast: Cast, answering: Answering, make_assistant: MakeAssistant) -> None:
    visitor = Principal(kind="anonymous", id="vis_01m84kycf98ppz15q78chxx42v")
    assistant = make_assistant()
    later = now() + timedelta(hours=1)
    conversation = start_conversation(actor=visitor, assistant=assistant, channel="trial", expires_at=later)
    run = say(actor=visitor, conversation=conversation, text="add the numbers 19 and 23")
    answering.events(run)
    assert result_of(run)["outcome"] == "answered"
    writes = say(actor=visitor, conversation=conversation, text='write a note "hello"')
    answering.events(writes)
    assert "tool_result" not in kinds(writes)
    assert Message.objects.get(run=writes.id, role="assistant").parts[0]["code"] == "tool_gone"
    with pytest.raises(PermissionProblem):
        start_conversation(actor=visitor, assistant=assistant)
    assert forget_expired() == 0
    Conversation.objects.filter(pk=conversation.pk).update(expires_at=now())
    assert forget_expired() == 1
    assert not Message.objects.exists()


def test_tools_of_another_workspace_and_tools_that_are_gone_are_not_called(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant
) -> None:
    assistant = make_assistant(tools=("add_numbers",))
    delete_hub(actor=cast.principal("admin"), hub=Hub.objects.get())

    def codes() -> list[str]:
        run = answering.say(cast.principal("member"), assistant, "add the numbers 19 and 23")
        return [part.get("code", "") for part in Message.objects.get(run=run.id, role="assistant").parts]

    wait_until(lambda: codes() == ["tool_gone", "offline", "no_tools"], what="the news of the hub's end")
    other = create_workspace(actor=SYSTEM, name="Other", slug="other", owner=cast.users["outsider"])
    theirs = make_assistant(slug="theirs")
    Assistant.objects.filter(slug="helper").update(workspace=other, deployed=theirs.deployed, draft=theirs.draft)
    outsider = principal_for(cast.users["outsider"], other)
    run = answering.say(outsider, Assistant.objects.get(slug="helper"), "add the numbers 19 and 23")
    assert "tool_call" not in kinds(run)


def test_what_cannot_answer_says_why(cast: Cast, make_assistant: MakeAssistant) -> None:
    member, assistant = cast.principal("member"), make_assistant(None)
    conversation = start_conversation(actor=member, assistant=assistant)

    def code(**more: object) -> str:
        with pytest.raises(ServiceProblem) as refused:
            say(actor=member, conversation=conversation, text="hello", **more)  # type: ignore[arg-type]
        return refused.value.code

    assert code(depth=4) == "too_deep"
    with pytest.raises(InvalidProblem):
        say(actor=member, conversation=conversation, text="x" * 40_000)
    with pytest.raises(InvalidProblem):
        say(actor=member, conversation=conversation, text="   ")
    with pytest.raises(PermissionProblem):
        say(actor=member, conversation=conversation, text="hello", draft=True)
    for state, said in (("paused", "paused"), ("needs_setup", "needs_setup")):
        Assistant.objects.update(state=state)
        assert code() == said
    Assistant.objects.update(state="draft", deployed=None)
    assert code() == "not_deployed"
    assert not Message.objects.exists()


def test_input_fits_its_schema(cast: Cast, make_assistant: MakeAssistant) -> None:
    member = cast.principal("member")
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    conversation = start_conversation(actor=member, assistant=make_assistant(None, input_schema=schema))
    for wrong in ({}, {"n": "seven"}, {"n": 1, "text": "x" * 200_000}):
        with pytest.raises(InvalidProblem):
            say(actor=member, conversation=conversation, text="", value=wrong)
    say(actor=member, conversation=conversation, text="", value={"n": 7})
    assert Message.objects.get(role="person").parts == [{"kind": "input", "value": {"n": 7}}]


def test_a_conversation_open_twice_shows_the_same(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant
) -> None:
    run = answering.begin(cast.principal("member"), make_assistant(), "add the numbers 19 and 23")
    with ThreadPoolExecutor(2) as pool:
        here, there = pool.map(lambda _: answering.events(run), range(2))
    assert [event.id for event in here] == [event.id for event in there]
    assert here[-1].kind == "done"


def test_the_health_page_tells_whether_anybody_answers(cast: Cast, make_assistant: MakeAssistant) -> None:
    alive = redis.key("alive:worker:runs@test")
    redis.connection().delete(alive)
    assert check_runs().state == "bad"
    redis.connection().set(alive, 1, ex=30)
    try:
        assert check_runs().state == "ok"
        member = cast.principal("member")
        conversation = start_conversation(actor=member, assistant=make_assistant(None))
        run = say(actor=member, conversation=conversation, text="hello")
        assert check_runs().state == "ok"
        Run.objects.filter(pk=run.pk).update(created_at=now() - timedelta(minutes=2))
        found = check_runs()
        assert (found.state, dict(found.rows)["waiting"]) == ("bad", 1)
    finally:
        redis.connection().delete(alive)


def test_renamed_exported_deleted(cast: Cast, answering: Answering, make_assistant: MakeAssistant) -> None:
    member = cast.principal("member")
    run = answering.say(member, make_assistant(), "add the numbers 19 and 23")
    conversation = run.conversation
    assert conversation.title == "add the numbers 19 and 23"
    rename_conversation(actor=member, conversation=conversation, title="  Sums  of mine ")
    assert Conversation.objects.get().title == "Sums of mine"
    text = export_conversation(actor=member, conversation=conversation, format="markdown")
    assert text.startswith("# Sums of mine\n\n## You\n\nadd the numbers 19 and 23")
    assert "```\n42\n```" in text
    assert '"tool_result"' in export_conversation(actor=member, conversation=conversation)
    delete_conversation(actor=member, conversation=conversation)
    assert not Run.objects.exists() and not Message.objects.exists()
    assert [event.kind for event in answering.events(run)][-1] == "done"


def test_hundreds_of_runs_at_once(cast: Cast, answering: Answering, make_assistant: MakeAssistant) -> None:
    member, assistant = cast.principal("member"), make_assistant()
    runs = [
        say(
            actor=member,
            conversation=start_conversation(actor=member, assistant=assistant),
            text=f"add the numbers {number} and 1",
        )
        for number in range(120)
    ]

    def done() -> bool:
        return not Run.objects.filter(state__in=Run.LIVE).exists()

    wait_until(done, limit_s=60, what="the end of all runs")
    told = [result_of(run)["content"] for run in runs]
    assert told == [[{"type": "text", "text": str(number + 1)}] for number in range(120)]
