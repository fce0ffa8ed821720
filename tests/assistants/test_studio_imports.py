"""Assistants from files of many formats, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistants.errors import ImportProblem
from assistants.importers.reading import read_assistant_file
from assistants.models import Assistant
from assistants.selectors.exporting import export_assistant
from assistants.services.assistants import create_assistant
from assistants.services.copies import import_assistant
from proxy.models import Hub
from tests.assistants.studio import hub, make, text
from tests.cast import Cast

__all__ = ["hub"]
LOBE: dict[str, Any] = {
    "author": "somebody",
    "config": {
        "systemRole": "You rank claims.",
        "openingMessage": "Paste a claim.",
        "openingQuestions": ["Is it true?", "Why?"],
        "model": "gpt-4o-mini",
        "params": {"temperature": 0.6, "frequency_penalty": 0.5},
        "plugins": ["web-search"],
    },
    "examples": [{"role": "user", "content": "The moon is cheese."}, {"role": "assistant", "content": "No."}],
    "identifier": "claim-ranker",
    "meta": {"title": "Claim Ranker", "description": "Weighs claims.", "avatar": "🔎", "tags": ["facts"]},
    "locales": {"de-DE": {"title": "Behauptungen"}},
}
CARD: dict[str, Any] = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        "name": "Ada",
        "description": "{{char}} builds engines.",
        "personality": "Exact.",
        "scenario": "{{user}} visits.",
        "first_mes": "Good day, {{user}}.",
        "mes_example": "",
        "tags": ["history"],
    },
}


def read(value: Any, name: str = "a.json") -> Any:
    content = (
        value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else json.dumps(value).encode()
    )
    return read_assistant_file(content, name)


def test_an_agent_of_lobechat() -> None:
    found = read(LOBE)
    assert (found.format, found.name, found.summary) == ("lobechat", "Claim Ranker", "Weighs claims.")
    assert found.configuration == {
        "instructions": "You rank claims.",
        "greeting": "Paste a claim.",
        "starters": ["Is it true?", "Why?"],
        "examples": [{"input": "The moon is cheese."}],
        "model": {"klass": "fast", "temperature": 0.6},
    }
    assert found.unread["plugins"] == ["web-search"]
    assert found.unread["params"] == {"frequency_penalty": 0.5}
    assert found.unread["meta"] == {"avatar": "🔎", "tags": ["facts"]}
    assert found.unread["locales"] == LOBE["locales"], "nothing is lost"
    told = " ".join(found.notes)
    assert "web-search" in told
    assert "gpt-4o-mini" in told
    assert "locales" in told


def test_a_character_card() -> None:
    found = read(CARD)
    assert (found.name, found.configuration["greeting"]) == ("Ada", "Good day, the person.")
    assert "Ada builds engines." in found.configuration["instructions"]
    assert "{{" not in found.configuration["instructions"]
    assert found.unread["tags"] == ["history"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('{"name": "Poet", "instructions": "Rhyme.", "conversation_starters": ["Go"]}', "a.json"),
        ('{"title": "Poet", "system_prompt": "Rhyme.", "prompt_starters": [{"text": "Go"}]}', "a.json"),
        ('{"object": "assistant", "name": "Poet", "instructions": "Rhyme.", "starters": ["Go"]}', "x"),
        ('[{"name": "Poet", "prompt": "Rhyme.", "starters": ["Go"]}]', "a.json"),
        ('{"gpt": {"name": "Poet", "instructions": "Rhyme.", "starters": ["Go"]}}', "a.json"),
        ("name: Poet\nprompt: Rhyme.\nstarters:\n  - Go\n", "a.yaml"),
        ("name: Poet\nprompt: Rhyme.\nstarters: [Go]\n", ""),
        ("---\nname: Poet\nstarters: [Go]\n---\n\nRhyme.\n", "poet.md"),
        ("\ufeff---\r\nname: Poet\r\nstarters: [Go]\r\n---\r\nRhyme.", "poet.md"),
    ],
)
def test_the_many_that_are_like_gpts(content: str, name: str) -> None:
    found = read(content, name)
    assert found.name == "Poet"
    assert found.configuration["instructions"] == "Rhyme."
    assert found.configuration["starters"] == ["Go"]


def test_plain_text_is_the_instructions() -> None:
    found = read("# Poet\n\nRhyme: always.", "x.md")
    assert (found.name, found.configuration["instructions"]) == ("Poet", "Rhyme: always.")
    assert read("Rhyme.", "night_poet.txt").name == "Night poet"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0", "UTF-8"),
        (b"{", "not JSON"),
        (b"[]", "0 entries"),
        (b'[{"name": "a"}, {"name": "b"}]', "2 entries"),
        (b'{"name": "a", "prompt": "x"}\n{"name": "b", "prompt": "x"}', "2 entries"),
        (b'{"color": "red"}', "none of the fields"),
        (b"[1]", "no fields"),
        (b"---\nname: [\n---\nx", "not YAML"),
        (b"---\na: &x [1]\nb: *x\n---\nx", "references"),
        (b"---\n- a\n---\nx", "no list of fields"),
        (b"name: !!python/object/apply:os.system [id]\n", "not YAML"),
        (b'{"format": "crossroads-assistant", "version": 2}', "newer"),
        (json.dumps({"name": "x", "instructions": "y" * 100_001}).encode(), "100,001 characters"),
        (b"x" * (10 * 1024 * 1024), "10.0 MB"),
        (b'{"name": "x", "prompt": ' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deeply"),
        (b"a: " + b"[" * 3000 + b"]" * 3000, "nested too deeply"),
        (b'{"name": "x", "prompt": "\\ud800"}', "half a character"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(ImportProblem) as found:
        read_assistant_file(content)
    assert said in str(found.value)


def test_texts_that_are_too_long_are_cut_and_kept_whole() -> None:
    found = read(
        {"name": "n" * 90, "description": "s" * 400, "prompt": "x", "greeting": "g" * 4001, "starters": ["a" * 201]}
    )
    assert (len(found.name), len(found.summary), len(found.configuration["greeting"])) == (80, 300, 4000)
    assert (len(found.unread["name"]), len(found.unread["summary"])) == (90, 400)
    assert found.unread["starters"] == ["a" * 201]
    assert len(found.notes) == 4


def test_what_is_too_large_to_keep_is_named() -> None:
    found = read({"name": "x", "prompt": "y", "huge": "z" * 100_000, "small": "kept"})
    assert found.unread == {"small": "kept"}
    assert "left out: huge" in " ".join(found.notes)


def test_an_export_comes_back_as_it_was(cast: Cast, hub: Hub) -> None:
    assistant = make(
        cast,
        instructions="Guide {{city}}.",
        variables=[{"name": "city", "label": "City"}],
        tools=[{"hub": hub.id, "name": "up__write", "ask_first": True}],
        model={"klass": "best", "temperature": 0.5},
        limits={"steps": 3},
    )
    exported = json.dumps(export_assistant(assistant))
    assert hub.id not in exported
    made, notes = import_assistant(
        actor=cast.principal("admin"), workspace=cast.workspace, content=exported.encode(), name="x.json"
    )
    assert made.draft == assistant.draft
    assert notes == []


def test_a_tool_that_no_hub_offers_is_told_and_goes_out_again(cast: Cast, hub: Hub) -> None:
    content = json.dumps({"name": "Helper", "prompt": "Help.", "tools": ["up__echo", "Bash"]}).encode()
    made, notes = import_assistant(actor=cast.principal("admin"), workspace=cast.workspace, content=content)
    assert made.draft["tools"] == [{"hub": hub.id, "name": "up__echo"}]
    assert "Bash" in " ".join(notes)
    assert export_assistant(made)["unread"]["tools"] == [{"name": "Bash", "hub": ""}]


def test_a_file_is_uploaded_on_its_page(cast: Cast) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    browser = cast.browser("admin")
    file = SimpleUploadedFile("claim.json", json.dumps(LOBE).encode())
    answer = browser.post("/w/acme/assistants/new/?way=file", {"file": file})
    assert answer["Location"] == "/w/acme/assistants/claim-ranker/edit/"
    assert "web-search" in text(browser.get(answer["Location"]))
    big = SimpleUploadedFile("big.md", b"x" * (2 * 1024 * 1024))
    answer = browser.post("/w/acme/assistants/new/?way=file", {"file": big})
    assert answer.status_code == 400
    assert "2.0 MB" in text(answer)
    assert Assistant.objects.count() == 1
    assert browser.post("/w/acme/assistants/new/?way=file", {}).status_code == 400


def test_imported_leftovers_stay_with_the_assistant(cast: Cast) -> None:
    made, _notes = import_assistant(
        actor=cast.principal("admin"), workspace=cast.workspace, content=json.dumps(LOBE).encode()
    )
    assert made.imported["unread"]["locales"] == LOBE["locales"]
    assert create_assistant(actor=cast.principal("admin"), workspace=cast.workspace, name="X").imported == {}
