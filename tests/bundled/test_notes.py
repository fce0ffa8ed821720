"""Notes of the bundled server: kept, found, changed, and safe when several write at once."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from proxy.bundled import notes as notes_module
from proxy.bundled.notes import Note, NoteProblem, Notes
from tests.bundled.conftest import Tools

pytestmark = pytest.mark.anyio


async def test_a_note_is_kept_found_changed_and_deleted(tools: Tools) -> None:
    kept = (await tools("add_note", title="Recipe", text="Two eggs", tags=["Food", " food", "eggs"]))["note"]
    assert (kept["tags"], kept["version"]) == (["food", "eggs"], 1)
    assert (await tools("read_note", id=kept["id"]))["text"] == "Two eggs"
    changed = (await tools("edit_note", id=kept["id"], append="\nand flour", tags=[]))["note"]
    assert (changed["title"], changed["tags"], changed["version"]) == ("Recipe", [], 2)
    assert (await tools("read_note", id=kept["id"]))["text"] == "Two eggs\nand flour"
    assert (await tools("delete_note", id=kept["id"]))["title"] == "Recipe"
    assert "There is no note" in await tools("read_note", id=kept["id"])
    assert [listed for _, listed in tools.changes] == [True, False, True]


async def test_an_edit_of_an_old_version_is_refused(tools: Tools) -> None:
    note = (await tools("add_note", title="a", text="one"))["note"]
    await tools("edit_note", id=note["id"], text="two", version=1)
    assert "changed meanwhile" in await tools("edit_note", id=note["id"], text="three", version=1)
    assert (await tools("read_note", id=note["id"]))["text"] == "two"


async def test_notes_are_listed_the_last_changed_first_and_by_tag(tools: Tools) -> None:
    ids = [(await tools("add_note", title=f"n{n}", text="", tags=["t"] * (n % 2)))["note"]["id"] for n in range(4)]
    await tools("edit_note", id=ids[0], append="x")
    listed = await tools("list_notes", limit=2)
    assert listed["total"] == 4
    assert listed["notes"][0]["id"] == ids[0]
    assert {note["id"] for note in (await tools("list_notes", tag="T"))["notes"]} == {ids[1], ids[3]}
    assert len((await tools("list_notes", offset=3))["notes"]) == 1


async def test_notes_are_found_by_all_words_the_title_first(tools: Tools) -> None:
    await tools("add_note", title="Shopping", text="milk and bread, " * 20 + "and the Bakery is closed")
    await tools("add_note", title="Bakery", text="opens at seven")
    await tools("add_note", title="Other", text="nothing here")
    found = await tools("search_notes", query="bakery")
    assert [hit["note"]["title"] for hit in found["hits"]] == ["Bakery", "Shopping"]
    assert found["hits"][1]["excerpt"].startswith("… ")
    assert "Bakery is closed" in found["hits"][1]["excerpt"]
    assert (await tools("search_notes", query="bakery seven"))["total"] == 1
    assert (await tools("search_notes", query="..."))["total"] == 0


@pytest.mark.parametrize("wrong", ["../../etc/passwd", "", "0123456789/", "ABCDEFGHIJ", "0000000000"])
async def test_an_id_that_is_none_reaches_no_file(tools: Tools, wrong: str) -> None:
    for name in ("read_note", "edit_note", "delete_note"):
        assert "There is no note" in await tools(name, id=wrong)


async def test_limits_are_kept(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    note = (await tools("add_note", title="a", text="x" * 199_999))["note"]
    assert "up to 200000 characters" in await tools("edit_note", id=note["id"], append="yy")
    assert "do not fit" in await tools("add_note", title="", text="x")
    monkeypatch.setattr(notes_module, "MAX_NOTES", 1)
    assert "as many as are kept" in await tools("add_note", title="b", text="x")


def test_files_that_are_no_notes_are_passed_over(tmp_path: Path) -> None:
    notes = Notes(tmp_path)
    kept = notes.add("a", "b", [])
    (tmp_path / "0000000000.json").write_text("{broken")
    (tmp_path / "readme.txt").write_text("hello")
    assert [note.id for note in notes.all()] == [kept.id]


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoteProblem, match="cannot be used"):
        Notes(tmp_path / "file" / "notes").add("a", "b", [])
    assert Notes(tmp_path / "never").all() == []


def test_a_write_that_fails_leaves_the_old_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = Notes(tmp_path)
    kept = notes.add("a", "old", [])

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(NoteProblem, match="No space left"):
        notes.edit(kept.id, text="new")
    assert notes.get(kept.id).text == "old"
    assert not list(tmp_path.glob(".new-*"))


def _append(folder: str, note_id: str, times: int) -> None:
    notes = Notes(Path(folder))
    for _ in range(times):
        notes.edit(note_id, append="x")


def test_no_edit_is_lost_when_several_processes_write_at_once(tmp_path: Path) -> None:
    note: Note = Notes(tmp_path).add("a", "", [])
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_append, args=(str(tmp_path), note.id, 10)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    found = Notes(tmp_path).get(note.id)
    assert (len(found.text), found.version) == (30, 31)
