"""Servers: connected, changed, paused, removed; who may, what is refused, and what becomes of secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from core.errors import PermissionProblem, ServiceProblem
from core.models import Event, Job
from proxy.errors import DraftProblem, StdioRefused
from proxy.importers.drafts import ServerDraft
from proxy.models import HubServer, Server
from proxy.selectors.servers import draft_of
from proxy.services.hubs import create_hub
from proxy.services.reach import spec_of_server
from proxy.services.secrets import mask, opened_secrets
from proxy.services.servers import (
    connect_server,
    delete_server,
    pause_server,
    rediscover_server,
    resume_server,
    update_server,
)
from proxy.services.stdio import bundled_draft
from tests.proxy.conftest import Cast, MakeServer

REMOTE = ServerDraft(
    title="GitHub", transport="http", url="https://api.example.com/mcp", headers={"Authorization": "Bearer s3cret"}
)
COMMAND = ServerDraft(title="Time", transport="stdio", command="uvx", args=("mcp-server-time",), env={"TZ": "UTC"})


def policy(settings: Settings, *words: str) -> None:
    settings.ENV = replace(settings.ENV, stdio_policy=words)


def connect(cast: Cast, draft: ServerDraft = REMOTE, who: str = "admin") -> Server:
    return connect_server(actor=getattr(cast, who), workspace=cast.workspace, draft=draft)


def test_a_connected_server_is_found_out_about_and_told_of(cast: Cast) -> None:
    version = cast.reload().version
    server = connect(cast)
    assert (server.slug, server.letters, server.line, server.state) == ("github", "GI", 1, "new")
    assert cast.reload().version == version + 1
    event = Event.objects.get(type="server.connected")
    assert (event.target, event.actor, event.workspace) == (server.id, cast.users["admin"].id, cast.workspace.id)
    job = Job.objects.get(subject=server.id)
    assert (job.task, job.queue, job.workspace) == ("proxy.discover_server", "discovery", cast.workspace.id)


def test_secrets_are_kept_sealed_and_named_alone(cast: Cast) -> None:
    draft = replace(COMMAND, args=("run", "--api-key", "k3y"), env={"TOKEN": "t0ken"})
    server = connect(cast, draft, "operator")
    assert server.secret_names == {"env": ["TOKEN"], "args": ["api-key"]}
    assert server.args == ["run", "--api-key", "${secret:api-key}"]
    assert b"t0ken" not in bytes(server.secrets or b"")
    spec = spec_of_server(Server.objects.get(pk=server.pk))
    assert spec.env == {"TOKEN": "t0ken"}
    assert spec.args == ("run", "--api-key", "k3y")
    for event in Event.objects.all():
        assert "t0ken" not in str(event.data) + str(event.changes)


def test_slugs_letters_and_lines_differ_from_server_to_server(cast: Cast) -> None:
    servers = [connect(cast, replace(REMOTE, title="Git Hub", url=f"https://{n}.example.com/")) for n in "abcdefghi"]
    assert len({server.slug for server in servers}) == 9
    assert [server.line for server in servers] == [1, 2, 3, 4, 5, 6, 7, 8, 1]
    assert len({server.letters for server in servers[:5]}) == 5


def test_a_line_that_became_free_is_taken_first(cast: Cast) -> None:
    first, second = connect(cast), connect(cast)
    delete_server(actor=cast.admin, server=first)
    assert connect(cast).line == first.line
    assert second.line == 2


@pytest.mark.parametrize("who", ["member", "viewer", "outsider"])
def test_only_those_who_manage_servers_may(cast: Cast, make_server: MakeServer, who: str) -> None:
    server = make_server("GitHub", "search")
    actor = getattr(cast, who)
    for attempt in (
        lambda: connect(cast, REMOTE, who),
        lambda: update_server(actor=actor, server=server, draft=draft_of(server)),
        lambda: pause_server(actor=actor, server=server),
        lambda: resume_server(actor=actor, server=server),
        lambda: rediscover_server(actor=actor, server=server),
        lambda: delete_server(actor=actor, server=server),
    ):
        with pytest.raises(PermissionProblem):
            attempt()
    assert Server.objects.get() == server


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 81}, "title"),
        ({"slug": "a__b"}, "slug"),
        ({"slug": "Big"}, "slug"),
        ({"url": ""}, "url"),
        ({"url": "ftp://x.example.com"}, "url"),
        ({"url": "https://user:pw@x.example.com/"}, "url"),
        ({"url": "http://10.0.0.8/mcp"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "url"),
        ({"headers": {"Bad Name": "x"}}, "headers"),
        ({"headers": {"X-Key": "a\r\nHost: evil"}}, "headers"),
        ({"headers": {"Mcp-Session-Id": "x"}}, "headers"),
        ({"headers": {"Host": "x"}}, "headers"),
        ({"timeout_ms": 10}, "timeout_ms"),
        ({"transport": "grpc"}, "transport"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_field(cast: Cast, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DraftProblem) as refused:
        connect(cast, replace(REMOTE, **changes))
    assert list(refused.value.errors) == [field]
    assert not Server.objects.exists()


def test_all_problems_are_said_at_once(cast: Cast) -> None:
    with pytest.raises(DraftProblem) as refused:
        connect(cast, replace(REMOTE, title="", url="nonsense", timeout_ms=1))
    assert set(refused.value.errors) == {"title", "url", "timeout_ms"}


def test_a_slug_that_is_taken_is_refused(cast: Cast) -> None:
    connect(cast, replace(REMOTE, slug="gh"))
    with pytest.raises(DraftProblem, match="short name"):
        connect(cast, replace(REMOTE, slug="gh"))


@pytest.mark.parametrize(
    ("words", "who", "may"),
    [
        (("operator",), "admin", False),
        (("operator",), "operator", True),
        (("acme",), "admin", True),
        (("other",), "admin", False),
        (("other",), "operator", True),
        (("everyone",), "admin", True),
    ],
)
def test_commands_run_where_the_operator_lets_them(
    cast: Cast, settings: Settings, words: tuple[str, ...], who: str, may: bool
) -> None:
    policy(settings, *words)
    if may:
        assert connect(cast, COMMAND, who).transport == "stdio"
    else:
        with pytest.raises(StdioRefused) as refused:
            connect(cast, COMMAND, who)
        assert "operator" in str(refused.value)


def test_the_bundled_server_is_for_everyone_and_nothing_that_looks_like_it(cast: Cast) -> None:
    bundled = bundled_draft(cast.workspace)
    server = connect(cast, replace(bundled, env={}, cwd=""))
    assert spec_of_server(server).env["NOTES_DIR"].endswith(cast.workspace.id)
    for changes in ({"args": ("-c", "print(1)")}, {"command": "/bin/sh"}, {"args": (*bundled.args, "x")}):
        with pytest.raises(StdioRefused):
            connect(cast, replace(bundled, **changes))
    # An environment that would run other code is put back to the bundled one.
    sly = connect(cast, replace(bundled, slug="", env={"PYTHONPATH": "/tmp/evil"}))
    assert set(spec_of_server(sly).env) == {"NOTES_DIR"}


def test_what_was_left_blank_stays(cast: Cast) -> None:
    server = connect(cast)
    update_server(actor=cast.admin, server=server, draft=replace(draft_of(server), title="GH"))
    server.refresh_from_db()
    assert server.title == "GH"
    assert opened_secrets(server) == {"headers": {"Authorization": "Bearer s3cret"}}
    changed = replace(draft_of(server), headers={"X-Other": "new"})
    update_server(actor=cast.admin, server=server, draft=changed)
    server.refresh_from_db()
    assert opened_secrets(server) == {"headers": {"X-Other": "new"}}


def test_secrets_go_to_another_address_only_when_typed_again(cast: Cast) -> None:
    server = connect(cast)
    moved = replace(draft_of(server), url="https://evil.example.net/mcp")
    with pytest.raises(DraftProblem) as refused:
        update_server(actor=cast.admin, server=server, draft=moved)
    assert "Authorization" in str(refused.value.errors["headers"][0])
    update_server(actor=cast.admin, server=server, draft=replace(moved, headers={"Authorization": "Bearer other"}))
    server.refresh_from_db()
    assert opened_secrets(server) == {"headers": {"Authorization": "Bearer other"}}
    same_host = replace(draft_of(server), url="https://evil.example.net/other")
    update_server(actor=cast.admin, server=server, draft=same_host)
    server.refresh_from_db()
    assert opened_secrets(server) == {"headers": {"Authorization": "Bearer other"}}


def test_a_host_that_is_itself_a_secret_cannot_be_changed_below_the_others(cast: Cast) -> None:
    server = connect(cast, replace(REMOTE, url="https://${secret:host}/mcp", hidden={"host": "good.example.com"}))
    kept = opened_secrets(server)
    moved = replace(draft_of(server), hidden={"host": "evil.example.net"})
    with pytest.raises(DraftProblem) as refused:
        update_server(actor=cast.admin, server=server, draft=moved)
    assert "Authorization" in str(refused.value.errors["headers"][0])
    renamed = replace(draft_of(server), title="Renamed")
    assert opened_secrets(update_server(actor=cast.admin, server=server, draft=renamed)) == kept


def test_a_change_says_what_changed_without_secrets(cast: Cast) -> None:
    server = connect(cast)
    draft = replace(draft_of(server), title="GH", headers={"Authorization": "Bearer n3w"})
    update_server(actor=cast.admin, server=server, draft=draft)
    event = Event.objects.get(type="server.changed")
    assert event.changes["title"] == ["GitHub", "GH"]
    assert "secrets" in event.changes
    assert "n3w" not in str(event.changes)


def test_a_change_of_nothing_is_none(cast: Cast) -> None:
    server = connect(cast)
    version = cast.reload().version
    update_server(actor=cast.admin, server=server, draft=draft_of(server))
    assert cast.reload().version == version
    assert not Event.objects.filter(type="server.changed").exists()


def test_a_name_may_be_changed_by_an_admin_but_a_command_only_by_the_operator(cast: Cast) -> None:
    server = connect(cast, COMMAND, "operator")
    update_server(actor=cast.admin, server=server, draft=replace(draft_of(server), title="Clock", timeout_ms=5000))
    with pytest.raises(StdioRefused):
        update_server(actor=cast.admin, server=server, draft=replace(draft_of(server), args=("evil",)))
    with pytest.raises(StdioRefused):
        update_server(actor=cast.admin, server=server, draft=replace(draft_of(server), env={"LD_PRELOAD": "x"}))
    server.refresh_from_db()
    assert (server.title, server.args) == ("Clock", ["mcp-server-time"])


def test_a_server_that_is_reached_otherwise_is_asked_anew(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "search")
    Job.objects.all().delete()
    update_server(actor=cast.admin, server=server, draft=replace(draft_of(server), url="https://new.example.com/"))
    server.refresh_from_db()
    assert server.eras == []
    assert Job.objects.filter(subject=server.id).exists()
    assert server.features.count() == 1


def test_a_paused_server_is_asked_nothing_until_it_is_resumed(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "search")
    Job.objects.all().delete()
    version = cast.reload().version
    paused = pause_server(actor=cast.admin, server=server)
    pause_server(actor=cast.admin, server=server)
    assert (paused.state, paused.next_discovery_at, paused.paused_by) == ("paused", None, cast.users["admin"].id)
    rediscover_server(actor=cast.admin, server=paused)
    assert not Job.objects.exists()
    assert cast.reload().version == version + 1
    resumed = resume_server(actor=cast.admin, server=server)
    assert (resumed.state, resumed.paused_at) == ("running", None)
    assert Job.objects.filter(subject=server.id).count() == 1
    assert [event.type for event in Event.objects.order_by("id")][-2:] == ["server.paused", "server.resumed"]


def test_a_removed_server_leaves_its_hubs(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "search")
    create_hub(actor=cast.admin, workspace=cast.workspace, title="Main", servers=[server])
    delete_server(actor=cast.admin, server=server)
    assert not HubServer.objects.exists()
    assert Event.objects.filter(type="server.deleted").exists()


def test_a_workspace_has_a_limit(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.services.servers.MAX_SERVERS", 1)
    connect(cast)
    with pytest.raises(ServiceProblem, match="at most 1"):
        connect(cast)


def test_evidence_is_masked() -> None:
    secrets = {"headers": {"Authorization": "Bearer abcdef"}, "env": {"A": "hunter2", "B": "x"}}
    text = mask("sent abcdef and hunter2, x; authorization: Bearer zzzzzzzzzz", secrets)
    assert "abcdef" not in text
    assert "hunter2" not in text
    assert "zzzz" not in text
    assert "x;" in text
