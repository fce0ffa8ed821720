"""Catalogue files: three formats, every refusal with its line, and the real data whole."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from marketplace.catalogue.labels import CATEGORIES
from marketplace.catalogue.schema import Http, Stdio
from marketplace.importers.drafts import ListingDraft
from marketplace.importers.files import read_lines
from marketplace.importers.reports import Row
from marketplace.importers.servers import is_secret
from marketplace.models import ImportRun, Listing
from marketplace.packages import AssistantPackage, ServerPackage

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
NAMES = ("assistants.jsonl", "servers.jsonl", "servers_with_tools.jsonl")
real = pytest.mark.skipif(
    not all((SHARED / name).exists() for name in NAMES), reason="the catalogues to import are not beside this checkout"
)
ASSISTANT = {
    "identifier": "baker",
    "author": "ada",
    "homepage": "https://github.com/ada",
    "createdAt": "2024-03-05",
    "meta": {"title": "Baker", "description": "Knows bread.", "tags": ["bread"], "category": "life"},
    "config": {
        "systemRole": "You know bread.",
        "openingMessage": "Hello",
        "openingQuestions": ["Which flour?"],
        "params": {"temperature": 0.4},
    },
    "locales": {"de-DE": {"title": "Bäcker", "description": "Kennt Brot.", "tags": ["brot"]}},
}
SERVER = {
    "type": "mcp-server",
    "packageName": "@ada/bread-mcp",
    "description": "Bread as tools.",
    "url": "https://github.com/ada/bread-mcp",
    "runtime": "node",
    "license": "mit",
    "env": {"BREAD_API_KEY": {"description": "The key", "required": True}, "OVEN": {"required": False}},
    "category": "uncategorized",
}
IMAGE: dict[str, Any] = {
    "name": "bread",
    "image": "mcp/bread",
    "type": "server",
    "meta": {"category": "devops", "tags": ["bread"]},
    "about": {"title": "Bread (Archived)", "description": "Bread in a box."},
    "source": {"project": "https://github.com/ada/bread-box"},
    "config": {
        "secrets": [{"name": "bread.key", "env": "BREAD_KEY", "example": "<key>"}],
        "env": [{"name": "OVEN_URL", "example": "http://oven", "value": "{{bread.oven}}"}],
        "parameters": {"properties": {"oven": {"type": "string"}, "folder": {"type": "string"}}, "required": ["oven"]},
    },
    "run": {"command": ["--in={{bread.folder}}"], "volumes": ["{{bread.folder|volume|into}}"]},
    "tools": [
        {"name": "bake", "description": "Bakes.", "arguments": [{"name": "n", "type": "integer", "desc": "How many"}]}
    ],
}  # fmt: skip


def read(*rows: Any) -> list[ListingDraft | Row]:
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    return list(read_lines(lines))


def one(row: Any) -> ListingDraft:
    (found,) = read(row)
    assert isinstance(found, ListingDraft), found
    return found


def test_an_assistant_keeps_what_it_is_and_its_languages() -> None:
    draft = one(ASSISTANT)
    package = draft.package
    assert isinstance(package, AssistantPackage)
    assert (draft.key, draft.name, draft.category, draft.languages) == ("baker", "Baker", "life", ("en", "de-DE"))
    assert draft.translations["de-DE"] == {"name": "Bäcker", "summary": "Kennt Brot.", "tags": ["brot"]}
    assert (package.instructions, package.greeting, package.starters) == ("You know bread.", "Hello", ("Which flour?",))
    assert package.temperature == 0.4
    assert draft.author.key == "github.com/ada"
    assert draft.made_at is not None and draft.made_at.year == 2024


def test_a_package_becomes_a_command_with_its_variables() -> None:
    draft = one(SERVER)
    package = draft.package
    assert isinstance(package, ServerPackage)
    (way,) = package.transports
    assert isinstance(way, Stdio)
    assert (way.runtime, way.args, way.sign_in) == ("npx", ("-y", "@ada/bread-mcp"), "key")
    assert [(v.name, v.secret, v.required) for v in way.variables] == [
        ("BREAD_API_KEY", True, True),
        ("OVEN", False, False),
    ]
    assert (draft.key, draft.name, draft.licence) == ("npm:@ada/bread-mcp", "Bread MCP", "MIT")


def test_a_hosted_server_becomes_an_address() -> None:
    auth = {"type": "streamable-http", "url": "https://bread.example/mcp", "auth": {"type": "oauth2"}}
    package = one({**SERVER, "name": "Bread", "remotes": [auth]}).package
    assert isinstance(package, ServerPackage)
    (way,) = package.transports
    assert isinstance(way, Http)
    assert (way.url, way.sign_in, way.sign_in_with) == ("https://bread.example/mcp", "oauth", "Bread")


def test_an_image_becomes_docker_run_with_its_tools() -> None:
    draft = one(IMAGE)
    package = draft.package
    assert isinstance(package, ServerPackage)
    (way,) = package.transports
    assert isinstance(way, Stdio)
    assert way.args == (
        "run", "-i", "--rm", ("-e", "BREAD_KEY"), ("-e", "OVEN_URL"), ("-v", "{folder}:{folder}"), "mcp/bread",
        "--in={folder}",
    )  # fmt: skip
    assert {v.name: (v.where, v.required) for v in way.variables} == {
        "BREAD_KEY": ("env", True),
        "OVEN_URL": ("env", True),
        "folder": ("arg", False),
    }
    assert package.tools[0].input_schema["properties"]["n"] == {"type": "integer", "description": "How many"}
    assert (draft.name, draft.deprecated) == ("Bread", True)


BAD: list[tuple[Any, str]] = [
    (b"{", "no JSON object"),
    (b"[1]", "no JSON object"),
    (b"[" * 100_000, "no JSON object"),
    (b'{"identifier": "\xff"}', "no JSON object"),
    ({"x": 1}, "no meta"),
    ({**ASSISTANT, "meta": None}, "no meta"),
    ({**ASSISTANT, "config": {"systemRole": "  "}}, "no instructions"),
    ({**ASSISTANT, "config": {"systemRole": "x" * 100_001}}, "longer than"),
    ({**ASSISTANT, "config": {"systemRole": "x", "params": {"temperature": 9, "max_tokens": "x"}}}, ""),
    ({**SERVER, "packageName": "--registry=https://evil.example"}, "npm"),
    ({**SERVER, "packageName": "a; rm -rf /"}, "npm"),
    ({**SERVER, "packageName": "../../etc"}, "npm"),
    ({**SERVER, "runtime": "python", "packageName": "--index-url"}, "PyPI"),
    ({**SERVER, "runtime": "docker", "packageName": "--privileged"}, "container image"),
    ({**SERVER, "runtime": "java"}, "java"),
    ({**SERVER, "bin": "-c"}, "command"),
    ({**SERVER, "env": {"A B": {"required": True}}}, "cannot be set"),
    ({**SERVER, "remotes": [{"type": "streamable-http", "url": "javascript:alert(1)"}]}, "address"),
    ({**SERVER, "remotes": [{"type": "streamable-http", "url": "https://u:p@evil.example/"}]}, "address"),
    ({**SERVER, "remotes": [{"type": "carrier-pigeon", "url": "https://a.example"}]}, "transport"),
    ({**SERVER, "description": None}, "no description"),
    ({**IMAGE, "type": "poci"}, "container of its own"),
    ({**IMAGE, "image": "-v /:/host"}, "container image"),
]


@pytest.mark.parametrize("row, reason", BAD)
def test_a_bad_entry_is_refused_alone_with_its_line(row: Any, reason: str) -> None:
    good = next((known for known in (SERVER, IMAGE) if isinstance(row, dict) and known.keys() <= row.keys()), ASSISTANT)
    found = read(good, row, {**good, "name": "Another"})
    assert [type(draft) for draft in found[::2]] == [ListingDraft, ListingDraft]
    if reason:
        assert isinstance(found[1], Row)
        assert found[1].line == 2
        assert reason in found[1].reason


@pytest.mark.parametrize("name", ["API_KEY", "GITHUB_TOKEN", "APITOKEN", "DB_PASSWORD", "DATABASE_URL", "AUTH"])
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["MAX_TOKENS", "LOG_LEVEL", "CREDENTIALS_PATH", "API_BASE_URL", "CLIENT_ID", "MONKEY"])
def test_names_of_other_settings_are_not_secrets(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.django_db
def test_the_command_reports_and_fails_with_a_sentence(tmp_path: Path) -> None:
    path, out = tmp_path / "some.jsonl", StringIO()
    path.write_bytes(b"\n".join([json.dumps(ASSISTANT).encode(), b"{", json.dumps(ASSISTANT).encode()]))
    call_command("import_catalogue", str(path), stdout=out)
    assert "1 new" in out.getvalue()
    assert "line 2" in out.getvalue()
    assert "the same entry as that of line 1" in out.getvalue()
    run = ImportRun.objects.get()
    assert (run.state, run.report["new"], run.report["refused"]["count"]) == ("done", 1, 2)
    path.write_bytes(b'{"x": 1}\n')
    with pytest.raises(CommandError, match="format"):
        call_command("import_catalogue", str(path))
    with pytest.raises(CommandError, match="missing"):
        call_command("import_catalogue", str(tmp_path / "missing.jsonl"))


@real
@pytest.mark.django_db
def test_the_real_data_comes_in_whole_and_only_once() -> None:
    rows = {name: len((SHARED / name).read_bytes().splitlines()) for name in NAMES}
    out = StringIO()
    call_command("import_catalogue", *(str(SHARED / name) for name in NAMES), "--json", stdout=out)
    reports = [json.loads(text) for text in out.getvalue().splitlines()]
    for report, name in zip(reports, NAMES, strict=True):
        assert report["read"] == rows[name]
        assert report["new"] + report["refused"]["count"] == rows[name], name
        assert all(row["line"] and row["reason"] for row in report["refused"]["rows"])
    assert reports[0]["refused"]["count"] == 0
    assert reports[1]["refused"]["count"] < 0.15 * rows["servers.jsonl"]
    assert reports[2]["refused"]["count"] == 3
    assert reports[2]["alike"]["count"] >= 50
    assert sum(report["quarantined"]["count"] for report in reports) < 0.01 * Listing.objects.count()
    count = Listing.objects.count()
    assert count == sum(report["new"] for report in reports)
    assert set(Listing.objects.values_list("category", flat=True)) <= set(CATEGORIES)
    call_command("import_catalogue", *(str(SHARED / name) for name in NAMES), stdout=StringIO())
    assert Listing.objects.count() == count


@real
@pytest.mark.django_db
def test_real_assistants_carry_seven_languages() -> None:
    call_command("import_catalogue", str(SHARED / "assistants.jsonl"), stdout=StringIO())
    languages = {"en", "zh-CN", "de-DE", "es-ES", "fr-FR", "ja-JP", "tr-TR"}
    assert Listing.objects.count() == 505
    assert all(set(found) == languages for found in Listing.objects.values_list("languages", flat=True))
    assert not Listing.objects.exclude(state="live").exists()
