"""The event table: ids in the event, personal values beside it."""

from __future__ import annotations

import pytest

from core.decision import Principal
from core.events import changed, commitment, event_sentence, record_event, register_event
from core.models import Event, EventPersonal
from core.requests import RequestInfo, serving

INFO = RequestInfo(id="req_1", address="198.51.100.7", user_agent="robot/1")
PERSON = Principal(kind="person", id="usr_1", user_id="usr_1", label="Mara")
KEY = Principal(kind="key", id="key_1", user_id="usr_1", key_id="key_1", label="Laptop")
ANONYMOUS = Principal(id="anon:hub_1")


@pytest.fixture(autouse=True)
def _types(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.events._types", {})
    register_event("cup.filled", "%(actor)s filled %(target)s with %(what)s")


def test_an_event_says_who_what_and_from_which_request() -> None:
    with serving(INFO):
        event = record_event(
            type="cup.filled",
            actor=PERSON,
            workspace_id="wsp_1",
            target_kind="cup",
            target="cup_1",
            data={"what": "tea"},
        )
    event.refresh_from_db()
    assert (event.actor_kind, event.actor, event.key, event.request_id) == ("person", "usr_1", "", "req_1")
    assert event_sentence(event, actor="Mara", target="the cup") == "Mara filled the cup with tea"
    assert event_sentence(event) == "usr_1 filled cup_1 with tea"


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (PERSON, ("person", "usr_1", "")),
        (KEY, ("key", "usr_1", "key_1")),
        (ANONYMOUS, ("anonymous", "anon:hub_1", "")),
        (None, ("system", "", "")),
    ],
)
def test_actors_are_ids(actor: Principal | None, expected: tuple[str, str, str]) -> None:
    event = record_event(type="cup.filled", actor=actor)
    assert (event.actor_kind, event.actor, event.key) == expected


def test_personal_values_stand_beside_and_are_bound() -> None:
    with serving(INFO):
        event = record_event(type="cup.filled", actor=PERSON, personal={"email": "mara@example.com"})
    row = EventPersonal.objects.get(event=event)
    assert row.values == {"address": "198.51.100.7", "user_agent": "robot/1", "email": "mara@example.com"}
    assert bytes(Event.objects.get().commitment or b"") == commitment(bytes(row.salt), row.values)
    everything = str(Event.objects.values().get())
    assert "mara" not in everything
    assert "198.51" not in everything
    row.values["email"] = "other@example.com"
    assert commitment(bytes(row.salt), row.values) != bytes(event.commitment or b"")


def test_erasing_a_person_leaves_the_event() -> None:
    with serving(INFO):
        event = record_event(type="cup.filled", actor=PERSON)
    EventPersonal.objects.all().delete()
    event.refresh_from_db()
    assert event.commitment is not None


def test_without_a_request_nothing_personal_is_kept() -> None:
    event = record_event(type="cup.filled", actor=PERSON)
    assert event.commitment is None
    assert not EventPersonal.objects.exists()


def test_an_unknown_type_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match=r"cup\.emptied"):
        record_event(type="cup.emptied", actor=None)


def test_an_old_event_may_lack_what_a_newer_sentence_names() -> None:
    assert event_sentence(record_event(type="cup.filled", actor=None)) == "Crossroads filled  with …"


def test_only_what_differs_is_a_change() -> None:
    assert changed({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == {"b": [2, 3], "c": [None, 4]}
