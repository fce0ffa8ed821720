"""Clients' configurations are read as people keep them, and what is wrong is said in words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.importers.client_config import Entry, read_client_config
from proxy.importers.drafts import ServerDraft, Variable, fill_draft
from proxy.importers.hiding import hide_secrets
from proxy.importers.templates import ServerTemplate, draft_from_catalogue


def only(text: str) -> Entry:
    reading = read_client_config(text)
    assert not reading.problem
    assert len(reading.entries) == 1
    return reading.entries[0]


def draft(text: str) -> ServerDraft:
    found = only(text).draft
    assert found is not None
    return found


def test_claude_desktop_names_a_command() -> None:
    found = draft('{"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"], "env": {"TZ": "UTC"}}}}')
    assert (found.title, found.transport, found.command, found.args) == ("Time", "stdio", "uvx", ("mcp-server-time",))
    assert found.env == {"TZ": "UTC"}


def test_cursor_names_an_address_with_headers() -> None:
    text = (
        '{"mcpServers": {"linear": {"url": "https://mcp.linear.app/mcp", "headers": {"Authorization": "Bearer abc"}}}}'
    )
    found = draft(text)
    assert (found.transport, found.url) == ("http", "https://mcp.linear.app/mcp")
    assert found.headers == {"Authorization": "Bearer abc"}


def test_vs_code_inputs_become_variables_with_their_descriptions() -> None:
    found = draft(
        """{
          "inputs": [
            {"type": "promptString", "id": "token", "description": "GitHub token", "password": true},
            {"type": "pickString", "id": "area", "description": "Area", "options": ["eu", "us"], "default": "eu"}
          ],
          "servers": {"github": {
            "type": "http", "url": "https://${input:area}.example.com/mcp",
            "headers": {"Authorization": "Bearer ${input:token}"}
          }}
        }"""
    )
    token = next(variable for variable in found.variables if variable.name == "token")
    area = next(variable for variable in found.variables if variable.name == "area")
    assert (token.label, token.secret) == ("GitHub token", True)
    assert (area.choices, area.default, area.secret) == (("eu", "us"), "eu", False)
    filled = fill_draft(found, {"token": "s3cret"})
    assert filled.headers == {"Authorization": "Bearer s3cret"}
    assert filled.url == "https://eu.example.com/mcp"
    assert filled.missing == ()


def test_a_variable_that_nobody_filled_in_is_missing() -> None:
    found = draft('{"servers": {"x": {"command": "npx", "args": ["x"], "env": {"API_KEY": "${env:MY_KEY}"}}}}')
    assert [variable.name for variable in fill_draft(found, {}).missing] == ["MY_KEY"]


def test_comments_and_trailing_commas_are_fine() -> None:
    found = draft(
        """// mine
        {"mcpServers": { /* one, */ "a": {"command": "npx", "args": ["-y", "http://x//y",], }, }, }"""
    )
    assert found.args == ("-y", "http://x//y")


@pytest.mark.parametrize(
    ("text", "transport", "url"),
    [
        ('{"mcpServers": {"w": {"serverUrl": "https://w.example.com/mcp"}}}', "http", "https://w.example.com/mcp"),
        ('{"mcpServers": {"g": {"httpUrl": "https://g.example.com/x"}}}', "http", "https://g.example.com/x"),
        ('{"mcpServers": {"s": {"url": "https://s.example.com/sse"}}}', "sse", "https://s.example.com/sse"),
        ('{"mcpServers": {"s": {"type": "sse", "url": "https://s.example.com/x"}}}', "sse", "https://s.example.com/x"),
        ('{"mcpServers": {"s": {"type": "http", "url": "https://a.b/sse"}}}', "http", "https://a.b/sse"),
        ('{"context_servers": {"z": {"url": "https://z.example.com/"}}}', "http", "https://z.example.com/"),
    ],
)
def test_each_client_says_address_in_its_own_way(text: str, transport: str, url: str) -> None:
    found = draft(text)
    assert (found.transport, found.url) == (transport, url)


@pytest.mark.parametrize(
    "text",
    [
        '"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"]}}',
        '"time": {"command": "uvx", "args": ["mcp-server-time"]},',
        '{"time": {"command": "uvx", "args": ["mcp-server-time"]}}',
        '{"name": "time", "command": "uvx", "args": ["mcp-server-time"]}',
        '[{"name": "time", "command": "uvx mcp-server-time"}]',
        '{"mcp": {"servers": {"time": {"command": "uvx", "args": ["mcp-server-time"]}}}}',
        '{"mcp": {"time": {"type": "local", "command": ["uvx", "mcp-server-time"]}}}',
        '{"mcpServers": {"time": {"command": "cmd", "args": ["/c", "uvx", "mcp-server-time"]}}}',
        '{"projects": {"/home/me": {"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"]}}}}}',
    ],
)
def test_the_same_server_in_many_wrappings(text: str) -> None:
    found = draft(text)
    assert (found.title, found.command, found.args) == ("Time", "uvx", ("mcp-server-time",))


def test_a_server_without_a_name_is_called_after_its_package_or_host() -> None:
    assert only('{"command": "npx", "args": ["-y", "@acme/server-maps@1.2"]}').key == "server-maps"
    assert only('{"url": "https://mcp.linear.app/sse"}').key == "linear"


def test_a_bridge_to_an_address_becomes_the_address() -> None:
    entry = only(
        """{"mcpServers": {"x": {"command": "npx", "env": {"KEY": "k1"}, "args":
        ["-y", "mcp-remote@latest", "https://x.example.com/mcp", "--header", "Authorization: Bearer ${KEY}"]}}}"""
    )
    assert entry.draft is not None
    assert (entry.draft.transport, entry.draft.url) == ("http", "https://x.example.com/mcp")
    assert entry.draft.headers == {"Authorization": "Bearer k1"}
    assert entry.draft.command == ""
    assert entry.notes


def test_what_only_stands_for_a_value_is_asked_for() -> None:
    found = draft(
        '{"mcpServers": {"x": {"command": "x", "env": {"API_KEY": "<your-api-key>", "T": "YOUR_TOKEN_HERE"}}}}'
    )
    assert {variable.name for variable in found.missing} == {"API_KEY", "T"}


def test_a_path_of_the_own_computer_is_pointed_out() -> None:
    assert only('{"command": "npx", "args": ["files", "/Users/me/Documents"]}').notes
    assert not only('{"command": "npx", "args": ["files", "/srv/files"]}').notes


def test_a_server_that_is_switched_off_is_marked() -> None:
    assert only('{"mcpServers": {"x": {"command": "x", "disabled": true}}}').disabled


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({}, "neither a command nor an address"),
        ({"type": "http"}, "address"),
        ({"type": "stdio"}, "command is missing"),
        ({"type": "grpc", "url": "https://x"}, "grpc"),
        ({"command": "x", "args": {"a": 1}}, "args"),
        ({"command": "x", "env": ["A=1"]}, "env"),
        ({"command": "x", "env": {"A B": "1"}}, "A B"),
        ({"url": "https://x", "headers": {"A\nB": "1"}}, "headers"),
        ("npx x", "not an object"),
    ],
)
def test_what_cannot_be_used_is_said_for_its_entry_alone(said: object, wrong: str) -> None:
    text = json.dumps({"mcpServers": {"bad": said, "good": {"command": "npx", "args": ["x"]}}})
    reading = read_client_config(text)
    bad, good = reading.entries
    assert bad.draft is None
    assert wrong in " ".join(map(str, bad.problems))
    assert good.draft is not None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "nothing to read"),
        ('{"mcpServers": {"a": {"command": "x"}}', "ends too early"),
        ("{'mcpServers': {}}", "straight double quotes"),
        ('{"mcpServers": {\n"a": {"command" "x"}}}', "Line 2"),
        ('{"mcpServers": {}}', "empty"),
        ('{"editor.fontSize": 12}', "editor.fontSize"),
        ("42", "no server"),
        ("[" * 100_000, "nested"),
    ],
)
def test_a_text_without_servers_says_why(text: str, wrong: str) -> None:
    reading = read_client_config(text)
    assert reading.entries == ()
    assert wrong in str(reading.problem)


def test_secrets_are_taken_out_of_arguments_and_address() -> None:
    found = hide_secrets(
        ServerDraft(
            title="x",
            transport="stdio",
            command="npx",
            args=(
                "server",
                "--api-key",
                "abc123",
                "--token=tok",
                "-e",
                "GITHUB_TOKEN=ghp_aaaaaaaaaaaaaaaaaaaa",
                "postgres://me:pw@db/x",
                "--header",
                "Authorization: Bearer zzz",
                "--region",
                "eu",
            ),
            url="https://x.example.com/mcp?api_key=qqq&page=1",
        )
    )
    shown = " ".join((*found.args, found.url))
    for secret in ("abc123", "tok", "ghp_", "pw@", "zzz", "qqq"):
        assert secret not in shown.replace("token", "").replace("TOKEN", "")
    assert "postgres://me:${secret:password}@db/x" in found.args
    assert "Authorization: Bearer ${secret:Authorization}" in found.args
    assert found.args[-2:] == ("--region", "eu")
    assert found.url.endswith("&page=1")
    assert set(found.hidden.values()) == {"abc123", "tok", "ghp_aaaaaaaaaaaaaaaaaaaa", "pw", "zzz", "qqq"}
    assert hide_secrets(found) == found


def test_a_secret_variable_in_an_argument_is_hidden_when_filled_in() -> None:
    found = draft(
        '{"servers": {"x": {"command": "x", "args": ["${input:pass}"]}}, "inputs": [{"id": "pass", "password": true}]}'
    )
    filled = fill_draft(found, {"pass": "hunter2"})
    assert filled.args == ("${secret:pass}",)
    assert filled.hidden == {"pass": "hunter2"}


def test_a_draft_does_not_print_its_secrets() -> None:
    found = draft('{"command": "x", "args": ["--k", "inarg"], "env": {"A": "inenv"}}')
    assert "inenv" not in repr(found)
    assert "inarg" not in repr(found)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["mcpServers", "servers", "inputs", "command", "args", "env", "url", "headers", "type", "id", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(json_values)
def test_any_json_is_read_or_refused_in_words(value: object) -> None:
    reading = read_client_config(json.dumps(value))
    assert reading.problem or reading.entries
    for entry in reading.entries:
        assert (entry.draft is None) == bool(entry.problems)


@given(st.text(alphabet="{}[]\",:/*\\\n'abc0 ", max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    reading = read_client_config(text)
    assert reading.problem or reading.entries


def test_a_catalogues_template_is_filled_like_any_other() -> None:
    token, region = Variable(name="TOKEN", label="Token"), Variable(name="REGION", label="Region", default="eu")
    template = ServerTemplate(
        slug="maps",
        title="Maps",
        transport="stdio",
        letters="MA",
        command="npx",
        args=("-y", "maps", "--region", region.mark, "--pass", token.mark),
        env={"TOKEN": token.mark, "NOTE": Variable(name="NOTE", label="Note").mark},
        variables=(token, region, Variable(name="NOTE", label="Note", required=False)),
    )
    empty = draft_from_catalogue(template, {})
    assert [variable.name for variable in empty.missing] == ["TOKEN"]
    filled = draft_from_catalogue(template, {"TOKEN": "t0p"})
    assert filled.missing == ()
    assert (filled.catalogue, filled.letters) == ("maps", "MA")
    assert filled.env == {"TOKEN": "t0p"}
    assert filled.hidden["TOKEN"] == "t0p"
    assert "t0p" not in filled.args
