"""Making, editing, keeping, deploying and removing assistants."""

from __future__ import annotations

from typing import Any

import pytest

from assistants.configuration import content_hash
from assistants.errors import NothingNew, StaleDraft
from assistants.models import Assistant, AssistantVersion
from assistants.services.assistant_versions import deploy_version, keep_and_deploy, keep_version
from assistants.services.assistants import (
    create_assistant,
    delete_assistant,
    pause_assistant,
    rename_assistant,
    resume_assistant,
    save_draft,
    set_offers,
)
from assistants.services.values import fill_values, opened_values, shown_values
from assistants.signals import assistant_deleted
from core.errors import InvalidProblem, PermissionProblem
from core.models import Event
from proxy.errors import DraftProblem
from proxy.models import Hub
from tests.assistants.studio import hub, make
from tests.cast import Cast

__all__ = ["hub"]
CITY = {"name": "city", "label": "City", "required": True}
TOKEN = {"name": "token", "label": "Token", "kind": "secret"}


def test_an_assistant_begins_as_a_draft_that_nobody_reaches(cast: Cast) -> None:
    version = cast.reload().version
    made = make(cast, "Travel guide", instructions="Answer.")
    assert (made.slug, made.letters, made.state) == ("travel-guide", "TG", "draft")
    assert made.deployed is None
    assert make(cast, "Travel guide").slug == "travel-guide-2"
    assert make(cast, "旅行ガイド").slug == "assistant"
    assert cast.reload().version == version, "the gateway has nothing to hear of a draft"
    assert Event.objects.filter(type="assistant.created").count() == 3


@pytest.mark.parametrize("who", ["member", "viewer", "outsider", "anonymous"])
def test_only_those_who_manage_assistants_may(cast: Cast, who: str) -> None:
    assistant, actor = make(cast), cast.principal(who)
    version = keep_version(actor=cast.principal("admin"), assistant=assistant)
    for attempt in (
        lambda: create_assistant(actor=actor, workspace=cast.workspace, name="X"),
        lambda: save_draft(actor=actor, assistant=assistant, configuration={}, revision=None),
        lambda: keep_version(actor=actor, assistant=assistant),
        lambda: deploy_version(actor=actor, assistant=assistant, version=version),
        lambda: rename_assistant(actor=actor, assistant=assistant, name="X"),
        lambda: set_offers(actor=actor, assistant=assistant, offer_tool=False),
        lambda: fill_values(actor=actor, assistant=assistant, values={}),
        lambda: pause_assistant(actor=actor, assistant=assistant),
        lambda: resume_assistant(actor=actor, assistant=assistant),
        lambda: delete_assistant(actor=actor, assistant=assistant),
    ):
        with pytest.raises(PermissionProblem):
            attempt()


@pytest.mark.parametrize(
    ("configuration", "field"),
    [
        ({"instructions": "x" * 100_001}, "instructions"),
        ({"instructions": "a\0b"}, "configuration"),
        ({"temperature": 1}, "configuration"),
        ({"model": {"temperature": 3}}, "model"),
        ({"model": {"provider": "mdl_of_nobody"}}, "model"),
        ({"tools": [{"hub": "hub_of_nobody", "name": "x"}]}, "tools"),
        ({"variables": [CITY, CITY]}, "variables"),
        ({"variables": [{"name": "City!", "label": "City"}]}, "variables"),
        ({"variables": [{"name": "pick", "label": "Pick", "kind": "choice"}]}, "variables"),
        ({"variables": [TOKEN | {"default": "s3cret"}]}, "variables"),
        ({"variables": [TOKEN], "instructions": "Use {{token}}."}, "instructions"),
        ({"input_schema": {"type": "nonsense"}}, "input_schema"),
        ({"output_schema": {"type": "object", "properties": 5}}, "output_schema"),
        ({"starters": ["a"] * 9}, "starters"),
        ({"limits": {"steps": 0}}, "limits"),
        ({"greeting": "x" * 4_001}, "greeting"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_field(cast: Cast, configuration: dict[str, Any], field: str) -> None:
    assistant = make(cast)
    with pytest.raises(DraftProblem) as found:
        save_draft(actor=cast.principal("admin"), assistant=assistant, configuration=configuration, revision=None)
    assert list(found.value.errors) == [field]
    assert Assistant.objects.get(pk=assistant.pk).draft == {}


def test_a_deeply_nested_schema_is_refused(cast: Cast) -> None:
    schema: dict[str, Any] = {"type": "object"}
    for _level in range(900):
        schema = {"type": "object", "properties": {"a": schema}}
    with pytest.raises(DraftProblem):
        make(cast, input_schema=schema)


def test_a_save_over_anothers_is_refused_with_both(cast: Cast) -> None:
    assistant = make(cast, instructions="One.")
    mine, theirs = cast.principal("admin"), cast.principal("owner")
    save_draft(actor=theirs, assistant=assistant, configuration={"instructions": "Theirs."}, revision=1)
    with pytest.raises(StaleDraft) as stale:
        save_draft(actor=mine, assistant=assistant, configuration={"instructions": "Mine."}, revision=1)
    assert stale.value.configuration == {"instructions": "Theirs."}
    assert (stale.value.revision, stale.value.saved_by) == (2, cast.users["owner"].id)
    assert Assistant.objects.get(pk=assistant.pk).draft == {"instructions": "Theirs."}
    saved = save_draft(actor=mine, assistant=assistant, configuration={"instructions": "Mine."}, revision=2)
    assert (saved.draft, saved.draft_revision) == ({"instructions": "Mine."}, 3)


def test_the_same_draft_again_changes_nothing(cast: Cast) -> None:
    assistant = make(cast, instructions="One.")
    again = save_draft(
        actor=cast.principal("admin"), assistant=assistant, configuration={"instructions": "One."}, revision=99
    )
    assert again.draft_revision == 1
    assert not Event.objects.filter(type="assistant.draft_saved").exists()


def test_versions_are_numbered_hashed_and_never_change(cast: Cast) -> None:
    actor, assistant = cast.principal("admin"), make(cast, instructions="One.")
    first = keep_version(actor=actor, assistant=assistant, note=" The first. ")
    assert (first.number, first.note, first.configuration) == (1, "The first.", {"instructions": "One."})
    assert first.content_hash == content_hash({"instructions": "One."})
    with pytest.raises(NothingNew):
        keep_version(actor=actor, assistant=assistant)
    save_draft(actor=actor, assistant=assistant, configuration={"instructions": "Two."}, revision=1)
    with pytest.raises(StaleDraft):
        keep_version(actor=actor, assistant=assistant, revision=1)
    assert keep_version(actor=actor, assistant=assistant, revision=2).number == 2
    first.refresh_from_db()
    assert first.configuration == {"instructions": "One."}
    with pytest.raises(DraftProblem):
        keep_version(actor=actor, assistant=assistant, note="x" * 501)


def test_an_older_version_can_answer_again(cast: Cast) -> None:
    actor, assistant = cast.principal("admin"), make(cast, instructions="One.")
    version = cast.reload().version
    running = keep_and_deploy(actor=actor, assistant=assistant)
    assert (running.state, running.deployed and running.deployed.number) == ("running", 1)
    assert cast.reload().version > version
    save_draft(actor=actor, assistant=assistant, configuration={"instructions": "Two."}, revision=1)
    assert keep_and_deploy(actor=actor, assistant=assistant).deployed_id != running.deployed_id
    first = AssistantVersion.objects.get(assistant=assistant, number=1)
    back = deploy_version(actor=actor, assistant=assistant, version=first)
    assert back.deployed == first
    told = Event.objects.filter(type="assistant.deployed").order_by("-id").values_list("data", flat=True)[0]
    assert (told["version"], told["before"]) == (1, 2)
    with pytest.raises(InvalidProblem):
        deploy_version(actor=actor, assistant=make(cast, "Another"), version=first)


def test_it_is_paused_and_resumed(cast: Cast) -> None:
    actor, assistant = cast.principal("admin"), make(cast)
    with pytest.raises(DraftProblem):
        pause_assistant(actor=actor, assistant=assistant)
    keep_and_deploy(actor=actor, assistant=assistant)
    assert pause_assistant(actor=actor, assistant=assistant).state == "paused"
    pause_assistant(actor=actor, assistant=assistant)
    save_draft(actor=actor, assistant=assistant, configuration={"instructions": "New."}, revision=1)
    assert keep_and_deploy(actor=actor, assistant=assistant).state == "paused", "a deployment does not resume it"
    assert resume_assistant(actor=actor, assistant=assistant).state == "running"
    assert Event.objects.filter(type="assistant.paused").count() == 1


def test_a_value_that_it_needs_is_asked_for_before_it_runs(cast: Cast) -> None:
    actor, assistant = cast.principal("admin"), make(cast, variables=[CITY, TOKEN])
    waiting = keep_and_deploy(actor=actor, assistant=assistant)
    assert (waiting.state, [step["variable"] for step in waiting.steps]) == ("needs_setup", ["city"])
    filled = fill_values(actor=actor, assistant=assistant, values={"city": "Bern"})
    assert (filled.state, filled.steps) == ("running", [])
    assert fill_values(actor=actor, assistant=assistant, values={"city": ""}).state == "needs_setup"


def test_secrets_are_sealed_and_never_shown_again(cast: Cast) -> None:
    actor, assistant = cast.principal("admin"), make(cast, variables=[CITY, TOKEN])
    filled = fill_values(actor=actor, assistant=assistant, values={"city": "Bern", "token": "s3cret"})
    assert b"s3cret" not in bytes(filled.values or b"")
    assert b"Bern" not in bytes(filled.values or b"")
    assert opened_values(filled) == {"city": "Bern", "token": "s3cret"}
    assert shown_values(filled) == {"city": "Bern"}
    plain = {"variables": [CITY, TOKEN | {"kind": "text"}]}
    changed = save_draft(actor=actor, assistant=assistant, configuration=plain, revision=1)
    assert shown_values(changed) == {"city": "Bern"}, "a secret stays one when its variable becomes plain"
    kept = fill_values(actor=actor, assistant=assistant, values={"city": "Basel", "token": None})
    assert opened_values(kept) == {"city": "Basel", "token": "s3cret"}
    assert all("s3cret" not in str(event.data) for event in Event.objects.all())
    with pytest.raises(DraftProblem) as found:
        fill_values(actor=actor, assistant=assistant, values={"nobody": "x"})
    assert list(found.value.errors) == ["values.nobody"]


def test_renaming_keeps_the_slug(cast: Cast) -> None:
    actor, assistant = cast.principal("admin"), make(cast)
    renamed = rename_assistant(actor=actor, assistant=assistant, name="City  guide", letters="zz")
    assert (renamed.name, renamed.slug, renamed.letters) == ("City guide", "travel-guide", "ZZ")
    with pytest.raises(DraftProblem):
        rename_assistant(actor=actor, assistant=assistant, name=" ")


def test_removing_tells_whoever_listens(cast: Cast) -> None:
    heard: list[dict[str, Any]] = []

    def listen(**told: Any) -> None:
        heard.append(told)

    assistant_deleted.connect(listen)
    try:
        actor, assistant = cast.principal("admin"), make(cast)
        keep_and_deploy(actor=actor, assistant=assistant)
        delete_assistant(actor=actor, assistant=assistant)
    finally:
        assistant_deleted.disconnect(listen)
    assert [told["assistant_id"] for told in heard] == [assistant.id]
    assert not Assistant.objects.exists()
    assert not AssistantVersion.objects.exists()


def test_tools_of_a_hub_of_another_workspace_cannot_be_chosen(cast: Cast, hub: Hub) -> None:
    from accounts.services import create_workspace
    from core.permissions import SYSTEM

    other = create_workspace(actor=SYSTEM, name="Other", slug="other", owner=cast.users["outsider"])
    choice: dict[str, Any] = {"tools": [{"hub": hub.id, "name": "up__echo"}]}
    assert make(cast, **choice).draft == choice
    with pytest.raises(DraftProblem):
        create_assistant(actor=SYSTEM, workspace=other, name="Thief", configuration=choice)
