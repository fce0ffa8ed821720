"""Forms for servers, imports and hubs: what is typed becomes what services take, and secrets never come back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict

from accounts.permissions import principal_for
from proxy.forms.hubs import AddServerForm, ChoiceForm, FeatureForm, HubForm
from proxy.forms.imports import CONNECT, LOOK, ImportForm
from proxy.forms.servers import ServerForm, VariablesForm
from proxy.importers.drafts import Variable
from proxy.services.choices import add_server, choose_features
from proxy.services.features import set_feature
from proxy.services.hubs import create_hub, update_hub
from proxy.services.imports import import_servers
from proxy.services.secrets import opened_secrets
from proxy.services.servers import connect_server, update_server
from tests.proxy.conftest import Cast, MakeServer, tool_of

REMOTE = {"title": "GitHub", "transport": "http", "url": "https://x.example.com/mcp", "timeout_s": "30"}


def posted(values: dict[str, Any]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def valid(form: Any) -> Any:
    assert form.is_valid(), form.errors
    return form


def test_an_address_with_headers_becomes_a_draft() -> None:
    headers = "Authorization: Bearer abc\n# a comment\n\nX-Other:  two words "
    draft = valid(ServerForm(posted({**REMOTE, "headers": headers}))).draft()
    assert (draft.transport, draft.url, draft.timeout_ms) == ("http", "https://x.example.com/mcp", 30_000)
    assert draft.headers == {"Authorization": "Bearer abc", "X-Other": "two words"}


@pytest.mark.parametrize(
    ("command", "args", "expected"),
    [
        ("npx", "-y\nserver", ("npx", ("-y", "server"))),
        ("npx -y 'my server'", "", ("npx", ("-y", "my server"))),
        ("/opt/my tools/run", "", ("/opt/my tools/run", ())),
        ("uvx", "  a b  ", ("uvx", ("  a b  ",))),
    ],
)
def test_a_command_may_be_a_whole_line(command: str, args: str, expected: tuple[str, tuple[str, ...]]) -> None:
    data = {"title": "T", "transport": "stdio", "command": command, "args": args, "timeout_s": "60"}
    draft = valid(ServerForm(posted(data))).draft()
    assert (draft.command, draft.args) == expected


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": ""}, "url"),
        ({"transport": "stdio"}, "command"),
        ({"transport": "stdio", "command": "npx 'open"}, "command"),
        ({"headers": "no separator"}, "headers"),
        ({"headers": "A: 1\nA: 2"}, "headers"),
        ({"timeout_s": "0"}, "timeout_s"),
        ({"title": ""}, "title"),
    ],
)
def test_what_is_missing_or_unreadable_is_said_at_its_field(changes: dict[str, str], field: str) -> None:
    form = ServerForm(posted({**REMOTE, **changes}))
    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_environment_files_are_understood() -> None:
    env = "export A=1\nB=\"two words\"\nC='x=y'\nD="
    data = {"title": "T", "transport": "stdio", "command": "x", "env": env, "timeout_s": "60"}
    assert valid(ServerForm(posted(data))).draft().env == {"A": "1", "B": "two words", "C": "x=y", "D": ""}


def test_a_form_to_change_a_server_shows_names_and_keeps_values(cast: Cast) -> None:
    draft = valid(ServerForm(posted({**REMOTE, "headers": "Authorization: Bearer s3cret"}))).draft()
    server = connect_server(actor=cast.admin, workspace=cast.workspace, draft=draft)
    form = ServerForm(server=server)
    html = form.as_p()
    assert "s3cret" not in html
    assert "Authorization:" in html
    assert "slug" not in form.fields
    changed = ServerForm(posted({**REMOTE, "title": "GH", "headers": form["headers"].value()}), server=server)
    update_server(actor=cast.admin, server=server, draft=valid(changed).draft())
    server.refresh_from_db()
    assert (server.title, opened_secrets(server)) == ("GH", {"headers": {"Authorization": "Bearer s3cret"}})


def test_each_variable_has_its_field() -> None:
    variables = (
        Variable(name="TOKEN", label="Token", description="Of your account."),
        Variable(name="REGION", label="Region", secret=False, choices=("eu", "us"), default="eu"),
        Variable(name="NOTE", label="Note", secret=False, required=False),
    )
    form = VariablesForm(variables, posted({"TOKEN": "t", "REGION": "us"}))
    assert valid(form).values() == {"TOKEN": "t", "REGION": "us", "NOTE": ""}
    assert 'type="password"' in str(form["TOKEN"])
    assert "value" not in str(form["TOKEN"])
    assert list(VariablesForm(variables, posted({"REGION": "us"})).errors) == ["TOKEN"]


CONFIG = json.dumps(
    {
        "inputs": [{"id": "tok", "description": "Token", "password": True}],
        "servers": {
            "github": {"url": "https://g.example.com/", "headers": {"Authorization": "Bearer ${input:tok}"}},
            "off": {"url": "https://off.example.com/", "disabled": True},
            "bad": {},
        },
    }
)


def test_a_pasted_configuration_is_shown_before_it_is_connected() -> None:
    form = valid(ImportForm(posted({"text": CONFIG, "step": LOOK})))
    rows = form.rows
    assert [row.entry.key for row in rows] == ["github", "off", "bad"]
    assert [row.take.value() if row.take else None for row in rows] == [True, False, None]
    assert [field.label for field in rows[0].variables] == ["Token"]
    assert rows[2].entry.problems
    assert form["text"].value() == CONFIG


def test_what_is_chosen_is_connected_with_its_values(cast: Cast) -> None:
    data = {"text": CONFIG, "step": CONNECT, "take_0": "on", "var_0_tok": "s3cret"}
    form = valid(ImportForm(posted(data)))
    results = import_servers(actor=cast.admin, workspace=cast.workspace, items=form.items())
    assert [result.key for result in results] == ["github"]
    assert results[0].server is not None
    assert opened_secrets(results[0].server) == {"headers": {"Authorization": "Bearer s3cret"}}


def test_a_chosen_server_needs_its_values_and_one_must_be_chosen() -> None:
    form = ImportForm(posted({"text": CONFIG, "step": CONNECT, "take_0": "on"}))
    assert list(form.errors) == ["var_0_tok"]
    assert form["text"].value() == CONFIG
    nothing = ImportForm(posted({"text": CONFIG, "step": CONNECT}))
    assert list(nothing.errors) == ["__all__"]


def test_an_uploaded_file_takes_the_place_of_the_text() -> None:
    file = SimpleUploadedFile("mcp.json", CONFIG.encode())
    form = valid(ImportForm(posted({"text": "", "step": LOOK}), {"file": file}))
    assert form["text"].value() == CONFIG
    assert len(form.rows) == 3
    huge = SimpleUploadedFile("mcp.json", b" " * 1_100_000)
    assert "file" in ImportForm(posted({"text": "", "step": LOOK}), {"file": huge}).errors


def test_what_cannot_be_read_is_said_and_stays() -> None:
    form = ImportForm(posted({"text": "{oops", "step": LOOK}))
    assert "text" in form.errors
    assert form["text"].value() == "{oops"
    assert form.rows == []


def test_a_hub_is_made_and_changed_by_its_form(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a")
    common: dict[str, Any] = {"principal": cast.admin, "workspace": cast.workspace}
    form = HubForm(posted({"title": "Main", "naming": "prefixed", "servers": [server.pk]}), **common)
    hub = create_hub(actor=cast.admin, workspace=cast.workspace, **valid(form).values())
    assert [place.server for place in hub.hub_servers.all()] == [server]
    assert "open" not in form.fields
    change = HubForm(posted({"title": "Prod", "naming": "bare", "read_only": "on"}), hub=hub, **common)
    hub = update_hub(actor=cast.admin, hub=hub, **valid(change).values())
    assert (hub.title, hub.naming, hub.read_only) == ("Prod", "bare", True)
    operator = principal_for(cast.users["operator"], cast.workspace)
    assert "open" in HubForm(principal=operator, workspace=cast.workspace, hub=hub).fields


def test_a_hub_offers_only_servers_that_it_lacks(cast: Cast, make_server: MakeServer) -> None:
    first, second = make_server("First"), make_server("Second")
    hub = create_hub(actor=cast.admin, workspace=cast.workspace, title="Main", servers=[first])
    form = valid(AddServerForm(posted({"server": second.pk, "offers_all": "on"}), hub=hub))
    add_server(actor=cast.admin, hub=hub, **form.cleaned_data)
    assert AddServerForm(posted({"server": first.pk}), hub=hub).errors


@pytest.mark.parametrize("offers_all", [True, False])
def test_what_is_ticked_is_offered(cast: Cast, make_server: MakeServer, offers_all: bool) -> None:
    server = make_server("GitHub", "a", "b", "c")
    hub = create_hub(actor=cast.admin, workspace=cast.workspace, title="Main", servers=[server])
    place = hub.hub_servers.get()
    assert len(ChoiceForm(place=place).initial["features"]) == 3
    data = {"features": [tool_of(server, "a").pk, tool_of(server, "b").pk]}
    form = valid(ChoiceForm(posted({**data, **({"offers_all": "on"} if offers_all else {})}), place=place))
    choose_features(actor=cast.admin, hub=hub, server=server, **form.values())
    place.refresh_from_db()
    assert place.offers_all == offers_all
    assert set(ChoiceForm(place=place).initial["features"]) == set(data["features"])


def test_a_tool_is_decided_about_by_its_form(cast: Cast, make_server: MakeServer) -> None:
    feature = tool_of(make_server("GitHub", "a"), "a")
    form = valid(FeatureForm(posted({"alias": "find", "description": "Finds."}), feature=feature))
    changed = set_feature(actor=cast.admin, feature=feature, **form.values())
    assert (changed.enabled, changed.alias, changed.description) == (False, "find", "Finds.")
