"""Runs answered by models, over real HTTP: both dialects, tool calls, and every way in which a provider fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from assistants.gateways.models import transport
from assistants.gateways.models.check import check_provider
from assistants.models import Message, ModelProvider, Run
from assistants.services.conversations import answer_ask, cancel_run, say, start_conversation
from assistants.services.sweeping import sweep_runs
from core.clock import now
from core.errors import ServiceProblem
from core.secrets import seal_for
from tests.assistants.running import Answering, MakeAssistant
from tests.cast import Cast
from tests.peers.fixtures import ROOT, Peer, Peers, module_peers, wait_until

__all__ = ["module_peers"]
pytestmark = pytest.mark.django_db(transaction=True)
KEY = "sk-good"
DIALECTS = ("openai", "anthropic", "google")


class Provider:
    """A peer as a model provider of the workspace."""

    def __init__(self, cast: Cast, peer: Peer, kind: str, key: str = KEY) -> None:
        self.peer = peer
        self.row = ModelProvider.objects.create(
            workspace=cast.workspace,
            kind=kind,
            name=kind,
            base_url=peer.url,
            secret=seal_for(cast.workspace.id, {"key": key}),
            is_default=True,
        )

    def stats(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.peer.port}/stats", timeout=5) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found


@pytest.fixture(scope="module")
def shared(module_peers: Peers) -> dict[str, Peer]:
    """One peer of each dialect for all tests; one that a test ended is started again."""
    return {}


@pytest.fixture(params=DIALECTS)
def provider(request: pytest.FixtureRequest, cast: Cast, module_peers: Peers, shared: dict[str, Peer]) -> Provider:
    kind = str(request.param)
    if kind not in shared or shared[kind].process.poll() is not None:
        shared[kind] = module_peers.start(f"model_{kind}", "--need-key", KEY)
    urllib.request.urlopen(f"http://127.0.0.1:{shared[kind].port}/forget", timeout=5).close()
    return Provider(cast, shared[kind], kind)


def parts(run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Message.objects.get(run=run.id, role="assistant").parts
    return found


def text(run: Run) -> str:
    return "".join(part["text"] for part in parts(run) if part["kind"] == "text")


def test_text_streams_and_is_kept(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant, provider: Provider
) -> None:
    assistant = make_assistant(None, model={"name": "echo"}, instructions="Be brief.")
    run = answering.say(cast.principal("member"), assistant, "one two three")
    assert (run.state, run.error, run.model, run.provider) == ("done", "", "echo", provider.row.id)
    events = answering.events(run)
    assert "".join(event.data["text"] for event in events if event.kind == "text") == "You said: one two three"
    assert text(run) == "You said: one two three"
    assert (run.tokens_in, run.tokens_out, run.steps) == (10, 5, 1)
    assert provider.stats()["keys"] == [KEY]
    assert "Be brief." in json.dumps(provider.stats()["requests"][0])


def test_tools_are_called_side_by_side_and_their_results_read(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant, provider: Provider
) -> None:
    said = 'call add_numbers {"a": 2, "b": 3}\ncall weather {"city": "Oslo", "day": "2026-03-04"}'
    run = answering.say(cast.principal("member"), make_assistant(model={"name": "tools"}), said)
    assert (run.state, run.error) == ("done", "")
    assert [part["kind"] for part in parts(run)] == [
        "text",
        "tool_call",
        "tool_call",
        "tool_result",
        "tool_result",
        "text",
    ]
    assert text(run) == "Let me see. The tool said: 5 and Sunny in Oslo on 2026-03-04, 21 degrees."
    assert (run.steps, run.tool_calls) == (2, 2)
    # What was done before is told again when the conversation goes on.
    again = answering.say(cast.principal("member"), run.assistant, "and now?")
    assert text(again) == "You said: and now?"
    assert "Sunny in Oslo" in json.dumps(provider.stats()["requests"][-1])


FAULTS = {
    "status-401": "model_refused",
    "status-429": "model_busy",
    "status-500": "model_down",
    "status-404": "model_rejected",
    "status-400": "model_rejected",
    "garbage": "model_garbage",
    "html": "model_garbage",
    "cut": "model_cut",
    "short": "model_cut",
    "filter": "model_filtered",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_provider_that_fails_is_told_in_plain_words(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant, provider: Provider, fault: str
) -> None:
    run = answering.say(cast.principal("member"), make_assistant(None, model={"name": fault}), "hello")
    assert (run.state, run.error_kind) == ("failed", FAULTS[fault]), run.error
    assert run.error and "Traceback" not in run.error and "Error(" not in run.error
    last = answering.events(run)[-3:]
    assert [event.kind for event in last] == ["error", "usage", "done"]
    assert last[0].data == {"kind": run.error_kind, "sentence": run.error}
    assert parts(run)[-1] == {"kind": "error", "error": run.error_kind, "sentence": run.error}
    if fault in ("cut", "short"):
        assert text(run).startswith("It begins well and")
    # Nothing is stuck: the next message is answered.
    again = answering.say(cast.principal("member"), run.assistant, "hello again")
    assert again.state == "failed"


def test_a_provider_that_is_away_or_slow(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "SILENCE_S", 0.5)
    member = cast.principal("member")
    silent = answering.say(member, make_assistant(None, model={"name": "silent"}, slug="silent"), "hello")
    assert silent.error_kind == "model_slow"
    stalled = answering.say(member, make_assistant(None, model={"name": "stall"}, slug="stall"), "hello")
    assert (stalled.error_kind, text(stalled)) == ("model_slow", "One moment, ")
    provider.peer.kill()
    away = answering.say(member, make_assistant(None, model={"name": "echo"}, slug="away"), "hello")
    assert away.error_kind == "model_down"


def test_a_private_address_is_not_connected_to(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant, provider: Provider
) -> None:
    provider.row.base_url = "http://169.254.169.254/v1"
    provider.row.save()
    run = answering.say(cast.principal("member"), make_assistant(None, model={"name": "echo"}), "hello")
    assert run.error_kind == "model_down"
    assert "metadata address" in run.error


def test_limits_end_a_run(cast: Cast, answering: Answering, make_assistant: MakeAssistant, provider: Provider) -> None:
    member = cast.principal("member")
    hub = make_assistant(model={"name": "loop"}, limits={"steps": 4})
    looped = answering.say(member, hub, "go on")
    assert (looped.state, looped.error_kind, looped.steps, looped.tool_calls) == ("failed", "limit_steps", 4, 4)
    assert "4 steps" in looped.error
    endless = make_assistant(None, model={"name": "endless"}, limits={"tokens": 2000}, slug="endless")
    told = answering.say(member, endless, "go on")
    assert (told.error_kind, told.tokens_out > 1900) == ("limit_tokens", True)
    slow = make_assistant(None, model={"name": "stall"}, limits={"seconds": 5}, slug="slow")
    late = answering.say(member, slow, "go on")
    assert (late.error_kind, text(late)) == ("limit_time", "One moment, ")


def test_a_structured_result_fits_its_schema(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant, provider: Provider
) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    assistant = make_assistant(None, model={"name": "tools"}, output_schema=schema)
    run = answering.say(cast.principal("member"), assistant, 'hand in {"n": 7}')
    assert parts(run)[-1] == {"kind": "output", "value": {"n": 7}}
    wrong = answering.say(cast.principal("member"), assistant, 'hand in {"n": "seven"}')
    assert [part["kind"] for part in parts(wrong)] == ["text", "text"]
    assert "is not of type 'integer'" in text(wrong)


def test_a_person_confirms_and_the_model_goes_on(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant, provider: Provider
) -> None:
    member = cast.principal("member")
    assistant = make_assistant(model={"name": "tools"}, ask_first=("write_note",))
    said = 'call add_numbers {"a": 2, "b": 3}\ncall write_note {"text": "milk"}'
    run = answering.say(member, assistant, said)
    assert run.state == "asking"
    kinds = [part["kind"] for part in parts(run)]
    assert kinds == ["text", "tool_call", "tool_call", "tool_result", "ask"]
    ask = parts(run)[-1]
    assert (ask["why"], ask["arguments"], ask["title"]) == ("confirm", {"text": "milk"}, "Write a note")
    answer_ask(actor=member, run=run, ask=ask["id"], decision="confirm")
    answering.events(run)
    assert text(run).endswith("The tool said: 5 and Note 1 written: milk")
    denied = answering.say(member, assistant, 'call write_note {"text": "more"}')
    answer_ask(actor=member, run=denied, ask=parts(denied)[-1]["id"], decision="deny")
    answering.events(denied)
    assert "did not allow" in text(denied)


def test_a_question_can_be_answered_as_soon_as_it_is_seen(
    cast: Cast, peers: Peers, answering: Answering, make_assistant: MakeAssistant
) -> None:
    Provider(cast, peers.start("model_openai", "--need-key", KEY), "openai")
    member = cast.principal("member")
    assistant = make_assistant(model={"name": "tools"}, ask_first=("write_note",))
    for number in range(5):
        run = answering.begin(member, assistant, f'call write_note {{"text": "{number}"}}')
        seen = answering.wait_for(run, "ask")
        answer_ask(actor=member, run=run, ask=seen.data["id"], decision="confirm")
        answering.events(run, after=seen.id)
        assert Run.objects.get(pk=run.pk).state == "done"


def test_an_ask_that_is_not_answered_ends_with_the_next_message(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant, provider: Provider
) -> None:
    member = cast.principal("member")
    assistant = make_assistant(model={"name": "tools"}, ask_first=("write_note",))
    asking = answering.say(member, assistant, 'call write_note {"text": "milk"}')
    again = answering.say(member, assistant, "never mind")
    assert (Run.objects.get(pk=asking.pk).state, again.state) == ("cancelled", "done")
    assert text(again) == "You said: never mind"


def test_stopping_in_the_middle_keeps_what_came(
    cast: Cast, peers: Peers, answering: Answering, make_assistant: MakeAssistant
) -> None:
    Provider(cast, peers.start("model_openai", "--pieces", "2000", "--pause", "0.02"), "openai")
    member = cast.principal("member")
    run = answering.begin(member, make_assistant(None, model={"name": "clock"}), "go on")
    answering.wait_for(run, "text")
    with pytest.raises(ServiceProblem):
        answering.begin(member, run.assistant, "and another")
    cancel_run(actor=member, run=run)
    events = answering.events(run)
    assert events[-1].data["state"] == "cancelled"
    assert [event.kind for event in events if event.kind == "error"] == []
    assert text(run) == "".join(event.data["text"] for event in events if event.kind == "text")
    assert text(run)
    run.refresh_from_db()
    assert (run.state, run.error) == ("cancelled", "")


def test_variables_stand_in_the_instructions(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant, provider: Provider
) -> None:
    variables = [{"name": "tone", "label": "Tone", "default": "kind"}, {"name": "house", "label": "House"}]
    assistant = make_assistant(
        None, model={"name": "echo"}, variables=variables, instructions="Be {{tone}} for {{ house }}, not {{other}}."
    )
    assistant.values = seal_for(cast.workspace.id, {"house": "Acme", "other": "x"})
    assistant.save()
    answering.say(cast.principal("member"), assistant, "hello")
    assert "Be kind for Acme, not {{other}}." in json.dumps(provider.stats()["requests"][0])


def test_a_wrong_key_is_refused(cast: Cast, peers: Peers, answering: Answering, make_assistant: MakeAssistant) -> None:
    Provider(cast, peers.start("model_openai", "--need-key", KEY), "openai", key="sk-bad")
    run = answering.say(cast.principal("member"), make_assistant(None, model={"name": "echo"}), "hello")
    assert run.error_kind == "model_refused"
    assert "sk-bad" not in run.error


def test_a_worker_that_is_killed_leaves_what_it_said(
    cast: Cast, peers: Peers, engine: None, make_assistant: MakeAssistant
) -> None:
    """A worker as `make run` starts it, killed in the middle of an answer."""
    Provider(cast, peers.start("model_openai", "--pieces", "4000", "--pause", "0.02"), "openai")
    assistant = make_assistant(None, model={"name": "clock"})
    found = connection.settings_dict
    url = f"postgresql://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"
    command = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-Q", "runs", "--pool", "threads"]
    worker = subprocess.Popen(
        [*command, "--hostname", "killed@%h"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        member = cast.principal("member")
        run = say(actor=member, conversation=start_conversation(actor=member, assistant=assistant), text="go on")
        wait_until(lambda: text(run), limit_s=40, what="the first words that are kept")
    finally:
        worker.kill()
        worker.wait()
    assert sweep_runs() == 0
    Run.objects.filter(pk=run.pk).update(heartbeat_at=now() - timedelta(minutes=1))
    assert sweep_runs() == 1
    run.refresh_from_db()
    assert (run.state, run.error_kind, bool(text(run))) == ("failed", "lost", True)


@pytest.mark.parametrize("kind", DIALECTS)
def test_a_provider_is_checked(peers: Peers, kind: str) -> None:
    peer = peers.start(f"model_{kind}", "--need-key", KEY)
    good = check_provider(kind=kind, base_url=peer.url, key=KEY)
    assert (good.ok, good.problem, good.models) == (True, "", ("clock", "echo", "loop", "tools"))
    assert check_provider(kind=kind, base_url=peer.url, key="sk-bad").problem == "The model provider refused the key."
    for address in ("http://169.254.169.254/v1", "http://10.1.2.3/v1", "ftp://x/", f"http://127.0.0.1:{peer.port}/no"):
        answer = check_provider(kind=kind, base_url=address, key=KEY)
        assert not answer.ok and answer.problem
    peer.kill()
    assert "refused the connection" in check_provider(kind=kind, base_url=peer.url, key=KEY).problem


def test_a_provider_without_a_list_says_a_word(peers: Peers) -> None:
    peer = peers.start("model_openai", "--no-list")
    assert "no list of models" in check_provider(kind="openai", base_url=peer.url, model="").problem
    assert not check_provider(kind="openai", base_url=peer.url, model="status-401").ok
    assert check_provider(kind="openai", base_url=peer.url, model="echo").models == ("echo",)
