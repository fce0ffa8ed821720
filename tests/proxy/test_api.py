"""Servers, tools, hubs and calls over the API: who gets what, and that no answer ever holds a secret."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Membership
from accounts.services import create_key, create_workspace
from core.clock import now
from core.permissions import SYSTEM
from proxy.models import Call, CallJob, Hub, Server
from proxy.services.hubs import create_hub
from tests.peers.fixtures import Peers
from tests.proxy.calling import record_call
from tests.proxy.conftest import ROLES, Cast, MakeServer, tool_of

BASE = "/api/v1/workspaces/acme"
SECRET = "s3cret-value-of-a-header"
Client = Callable[..., APIClient]


@pytest.fixture
def client_of(cast: Cast) -> Client:
    """A client with a key of that person; `scopes` and `hub` narrow it. "" is nobody."""

    def make(who: str, *scopes: str, hub: str = "") -> APIClient:
        client = APIClient()
        if who == "outsider":
            client.force_login(cast.users[who])
        elif who:
            _key, secret = create_key(
                actor=SYSTEM,
                workspace=cast.workspace,
                user=cast.users[who],
                name=who,
                scopes=scopes or ("admin",),
                hub=hub,
            )
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return make


@pytest.fixture
def server(make_server: MakeServer) -> Server:
    return make_server("GitHub", "search", "write", headers={"Authorization": f"Bearer {SECRET}"})


@pytest.fixture
def hub(cast: Cast, server: Server) -> Hub:
    return create_hub(actor=cast.admin, workspace=cast.workspace, title="Main", servers=[server])


def record(cast: Cast, hub: Hub, server: Server, **more: Any) -> Call:
    values = {"hub": hub.id, "server": server.id, "user": cast.users["member"].id}
    return record_call(cast.workspace.id, **{**values, **more})


READ, USE, MANAGE = ROLES, ("owner", "admin", "member"), ("owner", "admin")
NEW_SERVER = {"title": "Linear", "transport": "http", "url": "https://mcp.linear.app/mcp"}
ROUTES: list[tuple[str, str, dict[str, Any] | None, tuple[str, ...], int]] = [
    ("get", "/servers", None, READ, 200),
    ("post", "/servers", NEW_SERVER, MANAGE, 201),
    ("get", "/servers/{server}", None, READ, 200),
    ("patch", "/servers/{server}", {"title": "GH"}, MANAGE, 200),
    ("post", "/servers/{server}/discover", None, MANAGE, 202),
    ("post", "/servers/{server}/pause", None, MANAGE, 200),
    ("post", "/servers/{server}/resume", None, MANAGE, 200),
    ("post", "/servers/import", {"config": {"mcpServers": {"x": {"url": "https://x.example.com/"}}}}, MANAGE, 200),
    ("get", "/tools", None, READ, 200),
    ("get", "/tools/{tool}", None, READ, 200),
    ("patch", "/tools/{tool}", {"alias": "find"}, MANAGE, 200),
    ("get", "/hubs", None, READ, 200),
    ("post", "/hubs", {"title": "Other"}, MANAGE, 201),
    ("get", "/hubs/{hub}", None, READ, 200),
    ("patch", "/hubs/{hub}", {"title": "Mine"}, MANAGE, 200),
    ("post", "/hubs/{hub}/pause", None, MANAGE, 200),
    ("post", "/hubs/{hub}/resume", None, MANAGE, 200),
    ("get", "/hubs/{hub}/tools", None, READ, 200),
    ("get", "/hubs/{hub}/servers", None, READ, 200),
    ("post", "/hubs/{hub}/servers", {"server": "{server}"}, MANAGE, 201),
    ("put", "/hubs/{hub}/servers", {"servers": ["{server}"]}, MANAGE, 200),
    ("put", "/hubs/{hub}/servers/{server}", {"offers_all": True, "tools": ["{tool}"]}, MANAGE, 200),
    ("delete", "/hubs/{hub}/servers/{server}", None, MANAGE, 204),
    ("delete", "/hubs/{hub}", None, MANAGE, 204),
    ("delete", "/servers/{server}", None, MANAGE, 204),
    ("get", "/calls", None, READ, 200),
    ("get", "/calls/{call}", None, READ, 200),
    ("get", "/calls/{call}/payload", None, MANAGE, 200),
    ("get", "/runs", None, USE, 200),
    ("post", "/runs", {"hub": "main", "tool": "github__search", "arguments": {}}, USE, 202),
]


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**ids)
    if isinstance(value, dict) and "config" not in value:
        return {name: filled(inner, ids) for name, inner in value.items()}
    return [filled(inner, ids) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("method", "path", "body", "allowed", "status"), ROUTES, ids=lambda v: str(v)[:40])
def test_everyone_gets_what_their_role_says(
    cast: Cast,
    server: Server,
    hub: Hub,
    client_of: Client,
    method: str,
    path: str,
    body: dict[str, Any] | None,
    allowed: tuple[str, ...],
    status: int,
) -> None:
    call = record(cast, hub, server)
    ids = {"server": server.id, "hub": hub.id, "tool": tool_of(server, "search").id, "call": call.id}
    url = BASE + path.format(**ids)
    for who in ("", "outsider", "viewer", "member", "admin", "owner"):
        if who in allowed and who != allowed[0] and status in (201, 204):
            continue  # what can be done once is done by the first of them
        answer = getattr(client_of(who), method)(url, filled(body, ids), format="json")
        expected = status if who in allowed else {"": 401, "outsider": 404}.get(who, 403)
        assert answer.status_code == expected, (who, answer.content)
        assert SECRET.encode() not in answer.content
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["detail"]


@pytest.mark.parametrize(("scope", "may"), [("mcp", False), ("read", True), ("write", True), ("admin", True)])
def test_a_key_sees_what_its_scopes_say(client_of: Client, server: Server, scope: str, may: bool) -> None:
    client = client_of("owner", scope)
    assert client.get(f"{BASE}/servers").status_code == (200 if may else 403)
    changed = client.patch(f"{BASE}/servers/{server.id}", {"title": "X"}, format="json").status_code
    assert changed == (200 if scope in ("write", "admin") else 403)


def test_a_key_that_is_bound_to_a_hub_sees_that_hub_alone(
    cast: Cast, client_of: Client, server: Server, hub: Hub
) -> None:
    other = create_hub(actor=cast.admin, workspace=cast.workspace, title="Other", servers=[server])
    mine, theirs = record(cast, hub, server), record(cast, other, server)
    client = client_of("owner", "read", hub=hub.id)
    assert [row["id"] for row in client.get(f"{BASE}/hubs").json()["data"]] == [hub.id]
    assert client.get(f"{BASE}/hubs/{hub.id}/tools").status_code == 200
    assert client.get(f"{BASE}/hubs/{other.id}").status_code == 403
    assert client.get(f"{BASE}/servers").status_code == 403
    assert [row["id"] for row in client.get(f"{BASE}/calls").json()["data"]] == [mine.id]
    assert client.get(f"{BASE}/calls/{theirs.id}").status_code == 404


def test_a_server_is_connected_once_under_an_idempotency_key(client_of: Client) -> None:
    client = client_of("admin")
    answers = [
        client.post(f"{BASE}/servers", NEW_SERVER, format="json", headers={"Idempotency-Key": "k1"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Server.objects.count() == 1


def test_what_is_wrong_is_said_by_field(client_of: Client) -> None:
    body = {"title": "X", "transport": "http", "url": "http://10.0.0.1/", "timeout_ms": 5}
    answer = client_of("admin").post(f"{BASE}/servers", body, format="json")
    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == {"timeout_ms"}
    answer = client_of("admin").post(f"{BASE}/servers", {**body, "timeout_ms": 5000}, format="json")
    assert {error["field"] for error in answer.json()["errors"]} == {"url"}


@pytest.mark.parametrize("value", ["nul \0", "x" * 81])
def test_texts_that_cannot_be_kept_are_refused(client_of: Client, value: str) -> None:
    answer = client_of("admin").post(f"{BASE}/servers", {**NEW_SERVER, "title": value}, format="json")
    assert answer.status_code == 400


def test_a_change_keeps_what_it_does_not_name(client_of: Client, server: Server) -> None:
    client = client_of("admin")
    url = f"{BASE}/servers/{server.id}"
    assert client.patch(url, {"title": "GH"}, format="json").json()["headers"] == ["Authorization"]
    body = {"headers": {"Authorization": None, "X-New": "n"}}
    assert client.patch(url, body, format="json").json()["headers"] == ["Authorization", "X-New"]
    assert client.patch(url, {"headers": {}}, format="json").json()["headers"] == []
    assert client.patch(url, {"slug": "other"}, format="json").status_code == 400


def test_a_command_needs_the_operators_word(client_of: Client) -> None:
    body = {"title": "T", "transport": "stdio", "command": "uvx", "args": ["mcp-server-time"]}
    answer = client_of("admin").post(f"{BASE}/servers", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "stdio_refused")


def test_an_import_answers_for_each_server(client_of: Client, server: Server, hub: Hub) -> None:
    config = """{"mcpServers": {
        "linear": {"url": "https://mcp.linear.app/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}},
        "twin": {"url": "https://github.example.com/mcp"},
        "time": {"command": "uvx", "args": ["mcp-server-time"]},
        "bad": {"command": 7},
        "off": {"url": "https://off.example.com/", "disabled": true},
    }}"""
    body = {"config": config, "values": {"linear": {"TOKEN": "abc"}}, "hub": hub.id}
    answer = client_of("admin").post(f"{BASE}/servers/import", body, format="json")
    results = {result["name"]: result for result in answer.json()["results"]}
    assert list(results) == ["linear", "twin", "time", "bad"]
    assert results["linear"]["server"]["headers"] == ["Authorization"]
    assert "connected already" in results["twin"]["problem"]
    assert "operator" in results["time"]["problem"]
    assert "neither a command nor an address" in results["bad"]["problem"]
    assert hub.hub_servers.count() == 2
    assert Server.objects.get(slug="linear").secret_names == {"headers": ["Authorization"]}


def test_an_import_of_nothing_is_refused(client_of: Client) -> None:
    answer = client_of("admin").post(f"{BASE}/servers/import", {"config": "{"}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "config")


def test_tools_are_found_by_their_filters(client_of: Client, server: Server, make_server: MakeServer) -> None:
    make_server("Notion", "search")
    client = client_of("viewer")

    def names(query: str) -> list[str]:
        return sorted(row["name"] for row in client.get(f"{BASE}/tools{query}").json()["data"])

    assert names("") == ["search", "search", "write"]
    assert names(f"?server={server.id}") == ["search", "write"]
    assert names("?search=WRI") == ["write"]
    assert names("?enabled=false") == []
    assert names("?kind=prompt") == []
    assert client.get(f"{BASE}/tools?kind=magic").status_code == 400
    assert client.get(f"{BASE}/tools?enabled=maybe").status_code == 400


def test_a_hub_says_what_it_offers_and_why_not_the_rest(client_of: Client, server: Server, hub: Hub) -> None:
    client = client_of("admin")
    client.patch(f"{BASE}/tools/{tool_of(server, 'write').id}", {"enabled": False}, format="json")
    rows = client.get(f"{BASE}/hubs/{hub.id}/tools").json()["data"]
    assert {row["name"]: row["reason"] for row in rows} == {"github__search": "offered", "github__write": "disabled"}
    only = client.get(f"{BASE}/hubs/{hub.id}/tools?offered=true").json()["data"]
    assert [row["name"] for row in only] == ["github__search"]


def test_a_clash_is_a_conflict_that_names_both(client_of: Client, server: Server, make_server: MakeServer) -> None:
    other = make_server("Notion", "search")
    body = {"title": "Bare", "naming": "bare", "servers": [server.id, other.id]}
    answer = client_of("admin").post(f"{BASE}/hubs", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "clash")
    assert "GitHub: search" in answer.json()["detail"]
    assert "Notion: search" in answer.json()["detail"]


def test_calls_are_found_by_their_filters(cast: Cast, client_of: Client, server: Server, hub: Hub) -> None:
    old = record(cast, hub, server, minutes_ago=200)
    bad = record(cast, hub, server, outcome="failed", name="github__write", client_name="Cursor")
    lists = record(cast, hub, server, method="tools/list", name="", user="")
    client = client_of("viewer")

    def found(query: str) -> set[str]:
        return {row["id"] for row in client.get(f"{BASE}/calls?{query}").json()["data"]}

    assert found("") == {old.id, bad.id, lists.id}
    assert found("outcome=bad") == {bad.id}
    assert found("outcome=ok") == {old.id, lists.id}
    assert found("tool=WRITE") == {bad.id}
    assert found("method=tools/list") == {lists.id}
    assert found("client=Cursor") == {bad.id}
    assert found(f"user={cast.users['member'].id}") == {old.id, bad.id}
    since = (now() - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found(f"since={since}") == {bad.id, lists.id}
    assert found(f"until={since}") == {old.id}
    assert found("hub=hub_none") == set()
    assert client.get(f"{BASE}/calls?outcome=odd").status_code == 400
    assert client.get(f"{BASE}/calls/call_nonsense").status_code == 404


def test_calls_are_paged_by_cursor(cast: Cast, client_of: Client, server: Server, hub: Hub) -> None:
    ids = [record(cast, hub, server).id for _ in range(5)]
    client, seen, url = client_of("viewer"), [], f"{BASE}/calls?limit=2"
    while url:
        page = client.get(url).json()
        seen += [row["id"] for row in page["data"]]
        record(cast, hub, server)
        url = f"{BASE}/calls?limit=2&cursor={page['next']}" if page["next"] else ""
    assert seen == ids[::-1]


def test_a_run_is_asked_for_and_polled(cast: Cast, client_of: Client, hub: Hub) -> None:
    client = client_of("member", "write")
    body = {"hub": "main", "tool": "github__search", "arguments": {"q": "x"}}
    answer = client.post("/api/v1/calls", body, format="json")
    assert answer.status_code == 202
    run = answer.json()
    assert (run["state"], run["result"], answer["Location"]) == ("queued", None, f"/api/v1/calls/{run['id']}")
    assert client.get(answer["Location"]).json() == run
    assert client.get(f"{BASE}/runs/{run['id']}").json() == run
    assert [row["id"] for row in client.get(f"{BASE}/runs").json()["data"]] == [run["id"]]
    # Another person's runs are nobody else's.
    assert client_of("owner").get(answer["Location"]).status_code == 404
    assert client_of("outsider").get(answer["Location"]).status_code == 404
    assert client_of("owner").get(f"{BASE}/runs").json()["data"] == []


def test_a_run_finds_its_hub(cast: Cast, client_of: Client, hub: Hub) -> None:
    body = {"tool": "github__search"}
    bound = client_of("member", "write", hub=hub.id)
    assert bound.post("/api/v1/calls", body, format="json").status_code == 202
    free = client_of("member", "write")
    assert free.post("/api/v1/calls", body, format="json").json()["errors"][0]["field"] == "hub"
    assert free.post("/api/v1/calls", {**body, "hub": hub.id}, format="json").status_code == 202
    browser = APIClient()
    browser.force_login(cast.users["member"])
    assert browser.post("/api/v1/calls", {**body, "hub": hub.id}, format="json").status_code == 202
    named = {**body, "hub": "main"}
    assert browser.post("/api/v1/calls", named, format="json").json()["hub"] == hub.id
    assert browser.post("/api/v1/calls", {**body, "hub": "nothing"}, format="json").status_code == 400
    theirs = create_workspace(actor=SYSTEM, name="Theirs", slug="theirs", owner=cast.users["outsider"])
    create_hub(actor=SYSTEM, workspace=theirs, title="Main", slug="main")
    assert browser.post("/api/v1/calls", named, format="json").status_code == 202, "somebody else's is not looked at"
    Membership.objects.create(workspace=theirs, user=cast.users["member"], role="member")
    refused = browser.post("/api/v1/calls", named, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "ambiguous")
    outsider = client_of("outsider")
    assert outsider.post("/api/v1/calls", {**body, "hub": hub.id}, format="json").status_code == 400
    assert client_of("").post("/api/v1/calls", body, format="json").status_code == 401
    assert CallJob.objects.count() == 5


def test_a_key_for_clients_alone_runs_nothing(client_of: Client, hub: Hub) -> None:
    body = {"hub": "main", "tool": "github__search"}
    assert client_of("member", "mcp").post("/api/v1/calls", body, format="json").status_code == 403


@pytest.mark.parametrize("path", ["/servers", "/tools", "/hubs", "/calls", "/hubs/{hub}/tools", "/hubs/{hub}/servers"])
def test_lists_take_the_same_queries_for_one_row_and_for_three(
    cast: Cast,
    client_of: Client,
    make_server: MakeServer,
    django_assert_max_num_queries: Any,
    path: str,
) -> None:
    client = client_of("owner")
    client.get(f"{BASE}/hubs")  # the first use of a key is written down
    hub: Hub | None = None
    counts = []
    for round_ in range(2):
        for number in range(1 if round_ == 0 else 2):
            server = make_server(f"S{round_}{number}", "a")
            hub = create_hub(actor=cast.admin, workspace=cast.workspace, title="Main", servers=Server.objects.all())
            record(cast, hub, server)
        assert hub is not None
        with django_assert_max_num_queries(9) as queries:
            rows = client.get(BASE + path.format(hub=hub.id)).json()
        counts.append(len(queries))
        found = rows["data"] if isinstance(rows, dict) else rows
        assert len(found) == (1 if round_ == 0 else 3)
    assert counts[0] == counts[1]


def test_a_draft_is_tested_over_the_api(cast: Cast, engine: None, client_of: Client, peers: Peers) -> None:
    peer = peers.start("plain", "--need-header", f"X-Key: {SECRET}")
    body = {"title": "Peer", "transport": "http", "url": peer.url, "headers": {"X-Key": SECRET}}
    client = client_of("admin")
    answer = client.post(f"{BASE}/servers/test", body, format="json")
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    bad = client.post(f"{BASE}/servers/test", {**body, "headers": {}}, format="json").json()
    assert (bad["ok"], bad["kind"]) == (False, "unauthorized")
    assert bad["sentence"]
    assert bad["advice"]
    made = client.post(f"{BASE}/servers", body, format="json").json()
    url = f"{BASE}/servers/{made['id']}/test"
    assert client.post(url, {}, format="json").json()["ok"]
    assert not client.post(url, {"headers": {}}, format="json").json()["ok"]
    assert client_of("member").post(f"{BASE}/servers/test", body, format="json").status_code == 403
