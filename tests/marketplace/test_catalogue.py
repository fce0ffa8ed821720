"""The built-in catalogue: every entry is complete, honest and in our own words."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from marketplace.catalogue.labels import CATEGORIES, NEEDS, RUNTIMES
from marketplace.catalogue.loader import CatalogueProblem, catalogue, entries, find, load_folder
from marketplace.catalogue.schema import Category, Entry, Stdio, Variable

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
ENTRIES = pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.slug)

GOOD = """
category = "web"
[[server]]
slug = "one"
name = "One"
publisher = "Someone"
homepage = "https://example.com"
licence = "MIT"
letters = "ON"
summary = "Does one thing."
description = "Does one thing, and it does that thing rather well. It needs a key, which its publisher gives out."
[[server.transports]]
kind = "stdio"
runtime = "npx"
args = ["-y", "one", "{folder}"]
variables = [{ name = "folder", where = "arg", label = "Folder" }]
"""


def variables(entry: Entry) -> list[Variable]:
    return [variable for transport in entry.transports for variable in transport.variables]


def test_there_are_many_entries_in_every_category() -> None:
    counts = Counter(entry.category for entry in entries())
    assert len(entries()) >= 70
    assert all(counts[category] >= 5 for category in get_args(Category))


def test_names_summaries_and_letters_tell_entries_apart() -> None:
    for field in ("name", "summary", "letters"):
        values = [getattr(entry, field).casefold() for entry in entries()]
        assert len(set(values)) == len(values), field


@ENTRIES
def test_an_entry_says_what_it_needs(entry: Entry) -> None:
    for variable in variables(entry):
        assert variable.label.strip()
        assert variable.label[0].isupper()
        if variable.required and not variable.secret:
            assert variable.example or variable.default, variable.name
        if re.search(r"token|secret|password|api_?key", variable.name, re.IGNORECASE):
            assert variable.secret, variable.name
    for transport in entry.transports:
        if transport.sign_in == "oauth":
            assert transport.sign_in_with
            if entry.sign_in == "oauth":
                assert f"{transport.sign_in_with}" in entry.description
                assert re.search(r"sign-in|signs in", entry.description), "says that a sign-in is needed"


@ENTRIES
def test_a_description_has_two_to_four_sentences(entry: Entry) -> None:
    text = entry.description.replace("e-mail", "mail")
    assert 2 <= len(re.findall(r"[.?](?=\s|$)", text)) <= 5
    assert "  " not in text
    assert "\n" not in text
    assert "!" not in text + entry.summary


@ENTRIES
def test_a_secret_never_stands_in_an_argument_or_address(entry: Entry) -> None:
    assert not [variable.name for variable in variables(entry) if variable.secret and variable.where in {"arg", "url"}]


@ENTRIES
def test_every_variable_of_a_container_is_handed_in(entry: Entry) -> None:
    for transport in entry.transports:
        if isinstance(transport, Stdio) and transport.runtime == "docker":
            handed = {b for a, b in zip(transport.args, transport.args[1:], strict=False) if a == "-e"}
            assert handed == {variable.name for variable in transport.variables if variable.where == "env"}


@pytest.mark.skipif(not SHARED.exists(), reason="the reference lists are not on this machine")
def test_texts_are_our_own() -> None:
    foreign = set()
    for name in ("servers.jsonl", "servers_with_tools.jsonl"):
        for line in (SHARED / name).read_text("utf-8").splitlines():
            row = json.loads(line)
            foreign.add(_plain(row.get("description") or row.get("about", {}).get("description") or ""))
    text = "\n".join(foreign)
    for entry in entries():
        assert _plain(entry.summary) not in text, entry.slug
        for sentence in re.split(r"(?<=[.?])\s", entry.description):
            assert len(sentence) < 30 or _plain(sentence) not in text, f"{entry.slug}: {sentence}"


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9 ]", "", text.casefold()).strip()


def test_labels_cover_everything() -> None:
    assert {entry.category for entry in entries()} == set(get_args(Category))
    assert {runtime for entry in entries() for runtime in entry.runtimes} == set(RUNTIMES)
    assert all(str(label) for label in (*CATEGORIES.values(), *NEEDS.values(), *RUNTIMES.values()))


def test_our_own_server_comes_first_and_needs_nothing() -> None:
    toolbox = find("toolbox")
    assert toolbox is not None
    assert next(iter(catalogue())) != ""
    assert toolbox.works_at_once
    assert toolbox.offline
    assert toolbox.runtimes == ("python",)
    assert find("no-such-server") is None


def test_what_signing_in_takes_is_the_easiest_way() -> None:
    by_slug = catalogue()
    assert by_slug["notion"].sign_in == "key"
    assert by_slug["notion"].sign_in_with == ""
    assert by_slug["slack"].sign_in == "oauth"
    assert by_slug["slack"].sign_in_with == "Slack"
    assert by_slug["deepwiki"].sign_in == "none"
    assert by_slug["deepwiki"].hosted
    assert by_slug["context7"].kinds == ("http", "stdio")
    assert not by_slug["obsidian"].works_at_once


def test_the_catalogue_is_read_once() -> None:
    assert catalogue() is catalogue()


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "web.toml").write_text(GOOD)
    assert [*load_folder(tmp_path)] == ["one"]


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('letters = "ON"', 'letters = "on"', "letters"),
        ('letters = "ON"', 'letters = "ON"\ncolour = "red"', "colour"),
        ('licence = "MIT"', "", "licence"),
        ('slug = "one"', 'slug = "One Thing"', "slug"),
        ("Does one thing.", "Does one thing", "not a sentence"),
        ("Does one thing.", "D" * 100 + ".", "length <= 100"),
        ('homepage = "https://example.com"', 'homepage = "http://example.com"', "homepage"),
        ('runtime = "npx"', 'runtime = "bash"', "bash"),
        ('"{folder}"', '"{folders}"', "placeholders ['folders'] and variables ['folder'] differ"),
        ('where = "arg"', 'where = "header"', "cannot go to header"),
        ('label = "Folder"', 'label = ""', "label"),
        ('label = "Folder"', 'label = "Folder", secret = true, default = "x"', "is secret and has a default"),
        ('label = "Folder"', 'label = "Folder", template = "x"', "needs {value} once"),
        ('runtime = "npx"', 'runtime = "npx"\nsign_in = "oauth"', "sign_in_with"),
        ('runtime = "npx"', 'runtime = "npx"\nsign_in = "key"', "needs a variable for the key"),
        ('kind = "stdio"', 'kind = "carrier pigeon"', "carrier pigeon"),
        ('category = "web"', 'category = "code"', "holds the category code"),
        ('category = "web"', "category = web", "web.toml"),
    ],
)
def test_a_bad_file_is_refused_with_a_reason(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    assert before in GOOD
    (tmp_path / "web.toml").write_text(GOOD.replace(before, after, 1))
    with pytest.raises(CatalogueProblem, match=re.escape(complaint)):
        load_folder(tmp_path)


def test_a_slug_is_used_once_in_all_files(tmp_path: Path) -> None:
    (tmp_path / "web.toml").write_text(GOOD)
    (tmp_path / "code.toml").write_text(GOOD.replace('"web"', '"code"'))
    with pytest.raises(CatalogueProblem, match="used twice"):
        load_folder(tmp_path)


def test_an_empty_folder_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(CatalogueProblem, match="no catalogue"):
        load_folder(tmp_path)
