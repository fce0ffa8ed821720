"""From an entry and a person's answers to a connection."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from marketplace.catalogue.filling import Connection, MissingValues, draft, fill
from marketplace.catalogue.loader import catalogue, entries
from marketplace.catalogue.schema import PLACEHOLDER, Entry, Transport


def first(slug: str) -> Transport:
    return catalogue()[slug].transports[0]


def test_our_own_server_runs_with_this_interpreter() -> None:
    made = fill(first("toolbox"), {})
    assert made == Connection(transport="stdio", command=sys.executable, args=("-m", "proxy.bundled"), cwd=made.cwd)
    assert (Path(made.cwd) / "proxy" / "bundled" / "__init__.py").is_file()


def test_an_argument_takes_its_value() -> None:
    made = fill(first("filesystem"), {"folder": " /srv/shared "})
    assert made.command == "npx"
    assert made.args == ("-y", "@modelcontextprotocol/server-filesystem", "/srv/shared")


def test_arguments_that_belong_together_are_left_out_together() -> None:
    assert fill(first("git"), {}).args == ("mcp-server-git",)
    assert fill(first("git"), {"repository": "/srv/r"}).args == ("mcp-server-git", "--repository", "/srv/r")
    assert fill(first("time"), {}).args == ("mcp-server-time",)


def test_a_value_with_braces_is_taken_as_it_is() -> None:
    assert fill(first("filesystem"), {"folder": "/srv/{python}/{folder}"}).args[-1] == "/srv/{python}/{folder}"


def test_a_header_gets_its_form_and_is_secret() -> None:
    made = fill(first("github"), {"Authorization": "github_pat_1"})
    assert made.transport == "http"
    assert made.url == "https://api.githubcopilot.com/mcp/"
    assert made.headers == {"Authorization": "Bearer github_pat_1"}
    assert made.secrets == {"Authorization"}


def test_empty_optional_values_are_left_out_and_defaults_taken() -> None:
    made = fill(first("redis"), {"REDIS_PWD": ""})
    assert made.env == {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "6379"}
    assert "REDIS_PWD" in made.secrets


def test_a_value_inside_an_address_is_quoted() -> None:
    made = fill(first("supabase"), {"project": "a&b=c/d", "Authorization": "sbp_1"})
    assert made.url == "https://mcp.supabase.com/mcp?project_ref=a%26b%3Dc%2Fd&read_only=true"


def test_a_value_that_begins_an_address_is_the_address() -> None:
    made = fill(first("home-assistant"), {"address": "http://ha.local:8123/", "Authorization": "t"})
    assert made.url == "http://ha.local:8123/api/mcp"


def test_missing_values_are_named() -> None:
    with pytest.raises(MissingValues) as caught:
        fill(first("postgres"), {"DATABASE_URI": "  "})
    assert [variable.name for variable in caught.value.variables] == ["DATABASE_URI"]
    assert "Connection address" in str(caught.value)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.slug)
def test_every_transport_can_be_filled_and_drafted(entry: Entry) -> None:
    for transport in entry.transports:
        made = fill(transport, {variable.name: variable.example or "x" for variable in transport.variables})
        assert made.command or made.url
        assert not PLACEHOLDER.search(" ".join((made.command, made.url, *made.args)))
        assert made.secrets <= {variable.name for variable in transport.variables if variable.secret}
        shown = draft(transport)
        assert set(shown.env) | set(shown.headers) == {
            variable.name for variable in transport.variables if variable.where in {"env", "header"}
        }
        assert all(not shown.env.get(name) and not shown.headers.get(name) for name in shown.secrets)
