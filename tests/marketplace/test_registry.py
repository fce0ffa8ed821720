"""The registry API: what we give out fits the published schema, what we read may be hostile, and ours reads ours."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import jsonschema_rs
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from core.permissions import SYSTEM
from marketplace.catalogue.schema import Http, Stdio
from marketplace.importers.drafts import Refused
from marketplace.importers.registry import read_registry_entry
from marketplace.models import ImportRun, Listing, Publisher
from marketplace.packages import read_package
from marketplace.selectors.registry import find_server, registry_name
from marketplace.services.imports import import_registry
from marketplace.services.stock import sync_catalogue
from tests.marketplace.registry_schema import LIST, RESPONSE

LIST_CHECK = jsonschema_rs.validator_for(LIST, validate_formats=True)
ONE_CHECK = jsonschema_rs.validator_for(RESPONSE, validate_formats=True)
META = "io.modelcontextprotocol.registry/official"


@pytest.fixture
def stock(db: None) -> None:
    sync_catalogue(actor=SYSTEM)


def pages(client: Client, **asked: Any) -> Iterator[dict[str, Any]]:
    """Every entry of a list, page after page."""
    cursor = ""
    while True:
        reply = client.get("/v0.1/servers", {**asked, **({"cursor": cursor} if cursor else {})})
        assert reply.status_code == 200, reply.content
        value = reply.json()
        LIST_CHECK.validate(value)
        yield from value["servers"]
        cursor = value["metadata"].get("nextCursor", "")
        if not cursor:
            return


@pytest.mark.usefixtures("stock")
@pytest.mark.parametrize("version", ["latest", ""])
def test_every_server_is_given_out_once_in_the_published_schema(client: Client, version: str) -> None:
    found = list(pages(client, limit=17, version=version))
    names = [entry["server"]["name"] for entry in found]
    assert len(names) == len(set(names)) == Listing.objects.filter(kind="server").count()
    assert all(entry["_meta"][META]["isLatest"] for entry in found)
    assert {"localhost/github", "localhost/stripe"} <= set(names)


@pytest.mark.usefixtures("stock")
def test_one_server_and_its_versions(client: Client) -> None:
    for name in ("localhost/github", quote("localhost/github", safe="")):
        reply = client.get(f"/v0.1/servers/{name}/versions/latest")
        ONE_CHECK.validate(reply.json())
        assert reply.json()["server"]["title"] == "GitHub"
        assert client.get(f"/v0.1/servers/{name}/versions/1.0.0").json() == reply.json()
        versions = client.get(f"/v0.1/servers/{name}/versions").json()
        LIST_CHECK.validate(versions)
        assert versions["metadata"]["count"] == 1
    for path in ("localhost/nothing/versions", "localhost/github/versions/9.9.9", "evil/github/versions/latest"):
        missing = client.get(f"/v0.1/servers/{path}")
        assert (missing.status_code, missing.json()) == (404, {"error": "Server not found"})


@pytest.mark.usefixtures("stock")
def test_any_page_may_read_it_and_a_cache_may_keep_it(client: Client) -> None:
    reply = client.get("/v0.1/servers")
    assert reply["Access-Control-Allow-Origin"] == "*"
    assert "max-age" in reply["Cache-Control"]
    again = client.get("/v0.1/servers", headers={"If-None-Match": reply["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.options("/v0.1/servers").status_code == 204
    assert client.post("/v0.1/servers").status_code == 405


@pytest.mark.usefixtures("stock")
@pytest.mark.parametrize(
    "asked",
    ["limit=0", "limit=101", "limit=x", "limit=²", "cursor=x", "cursor=eHg", "version=latest&cursor=YQpi",
     "updated_since=yesterday", "updated_since=9999-99-99T00:00:00Z"],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(client: Client, asked: str) -> None:
    reply = client.get(f"/v0.1/servers?{asked}")
    assert reply.status_code == 400
    assert reply.json()["error"]


@pytest.mark.usefixtures("stock")
def test_search_and_what_changed_since(client: Client) -> None:
    assert {e["server"]["name"] for e in pages(client, search="GitHub", version="latest")} >= {"localhost/github"}
    assert not list(pages(client, search="no such thing"))
    latest = Listing.objects.filter(kind="server").order_by("-updated_at")[0]
    latest.summary = "Something else."
    latest.save()
    changed = list(pages(client, updated_since=latest.updated_at.isoformat(), version="latest"))
    assert [entry["server"]["name"] for entry in changed] == [f"localhost/{latest.slug}"]


@pytest.mark.usefixtures("stock")
def test_what_was_removed_is_told_as_deleted_to_those_who_follow(client: Client) -> None:
    listing = Listing.objects.get(slug="github")
    listing.state = Listing.State.REMOVED
    listing.save()
    names = {e["server"]["name"] for e in pages(client, version="latest", limit=100)}
    assert "localhost/github" not in names
    told = {
        e["server"]["name"]: e["_meta"][META]["status"] for e in pages(client, updated_since="2020-01-01T00:00:00Z")
    }
    assert told["localhost/github"] == "deleted"
    assert client.get("/v0.1/servers/localhost/github/versions/latest").status_code == 404
    assert client.get("/v0.1/servers/localhost/github/versions/latest?include_deleted=true").status_code == 200


@pytest.mark.usefixtures("stock")
def test_what_never_went_live_is_not_given_out(client: Client) -> None:
    Listing.objects.filter(slug="github").update(state="quarantine")
    assert "localhost/github" not in {e["server"]["name"] for e in pages(client, updated_since="2020-01-01T00:00:00Z")}
    assert client.get("/v0.1/servers/localhost/github/versions/latest?include_deleted=true").status_code == 404


@pytest.mark.usefixtures("stock")
@pytest.mark.parametrize(
    "proof, proved_as, name",
    [
        ("", "", "localhost/github"),
        ("domain", "mcp.acme.com", "com.acme.mcp/github"),
        ("repository", "https://github.com/Acme/thing", "io.github.acme/github"),
    ],
)
def test_a_namespace_belongs_to_whoever_proved_it(proof: str, proved_as: str, name: str) -> None:
    listing = Listing.objects.get(slug="github")
    Publisher.objects.filter(pk=listing.publisher_id).update(proof=proof, proved_as=proved_as)
    assert registry_name(Listing.objects.select_related("publisher").get(pk=listing.pk)) == name
    found = find_server(name)
    assert found is not None and found.pk == listing.pk


@pytest.mark.django_db(transaction=True)
def test_ours_imports_ours_over_http(live_server: LiveServer) -> None:
    sync_catalogue(actor=SYSTEM)
    Publisher.objects.update(proof="domain", proved_as="bread.example")
    before = Listing.objects.filter(kind="server").count()
    imported = import_registry(actor=SYSTEM, address=live_server.url)
    report = imported.report
    refused = {row.key for row in report.refused.rows}
    assert report.new + len(refused) == before
    assert (report.changed, report.read) == (0, report.new + report.same + report.refused.count)
    assert all("nor how to start" in row.reason for row in report.refused.rows), "commands that the schema cannot tell"
    assert report.new > 0.9 * before
    copy = Listing.objects.select_related("current").get(source=imported.run.source, source_key="example.bread/github")
    ours = Listing.objects.select_related("current").get(slug="github", source="stock")
    assert copy.current and ours.current
    assert (copy.name, copy.summary, copy.category, copy.tags) == (ours.name, ours.summary, ours.category, ours.tags)
    remote_ways = [way for way in read_package(ours.current.package).transports if way.kind != "stdio"]  # type: ignore[union-attr]
    copied = [way for way in read_package(copy.current.package).transports if way.kind != "stdio"]  # type: ignore[union-attr]
    assert [way.url for way in copied] == [way.url for way in remote_ways]  # type: ignore[union-attr]
    again = import_registry(actor=SYSTEM, address=f"{live_server.url}/v0.1/servers", whole=True).report
    assert (again.new, again.changed) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_what_is_ours_does_not_come_back(live_server: LiveServer) -> None:
    sync_catalogue(actor=SYSTEM)
    report = import_registry(actor=SYSTEM, address=live_server.url).report
    assert (report.new, report.changed) == (0, 0)
    assert any("this installation" in row.reason for row in report.refused.rows)


GOOD: dict[str, Any] = {
    "server": {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": "io.github.ada/bread",
        "title": "Bread",
        "description": "Bread as tools.",
        "version": "1.2.0",
        "repository": {"url": "https://github.com/ada/bread", "source": "github"},
        "packages": [
            {
                "registryType": "npm",
                "identifier": "@ada/bread",
                "version": "1.2.0",
                "runtimeHint": "npx",
                "transport": {"type": "stdio"},
                "packageArguments": [
                    {"type": "named", "name": "--oven", "value": "{oven}", "variables": {"oven": {"isRequired": True}}},
                    {"type": "positional", "value": "serve"},
                ],
                "environmentVariables": [{"name": "BREAD_KEY", "isRequired": True, "isSecret": True}],
            }
        ],
        "remotes": [
            {
                "type": "streamable-http",
                "url": "https://{tenant}.bread.example/mcp",
                "variables": {"tenant": {"description": "Your bakery", "isRequired": True}},
                "headers": [
                    {
                        "name": "Authorization",
                        "value": "Bearer {token}",
                        "variables": {"token": {"isRequired": True, "isSecret": True}},
                    }
                ],
            }
        ],
    },
    "_meta": {META: {"status": "active", "publishedAt": "2026-01-02T03:04:05Z", "isLatest": True}},
}


def test_an_entry_of_the_schema_is_read_whole() -> None:
    draft = read_registry_entry(GOOD)
    http, stdio = draft.package.transports  # type: ignore[union-attr]
    assert isinstance(http, Http) and isinstance(stdio, Stdio)
    assert (draft.key, draft.version, draft.author.key) == ("io.github.ada/bread", "1.2.0", "github.com/ada")
    assert http.url == "https://{tenant}.bread.example/mcp"
    assert {(v.name, v.where, v.secret, v.template) for v in http.variables} == {
        ("tenant", "url", False, "{value}"),
        ("Authorization", "header", True, "Bearer {value}"),
    }
    assert stdio.args == ("-y", "@ada/bread@1.2.0", "--oven={oven}", "serve")
    assert [(v.name, v.where) for v in stdio.variables] == [("BREAD_KEY", "env"), ("oven", "arg")]


def changed(**server: Any) -> dict[str, Any]:
    return {**GOOD, "server": {**GOOD["server"], **server}}


def packed(**package: Any) -> dict[str, Any]:
    return changed(remotes=[], packages=[{**GOOD["server"]["packages"][0], **package}])


HOSTILE: list[tuple[Any, str]] = [
    ([], "no JSON object"),
    ({}, "name"),
    (changed(name="no-slash"), "namespace/name"),
    (changed(name="a/b/c"), "namespace/name"),
    (changed(name="a/" + "b" * 500), "namespace/name"),
    (changed(version="^1.0"), "not a version"),
    (changed(version="../../x"), "not a version"),
    (changed(description=""), "description"),
    (changed(packages=[], remotes=[]), "neither"),
    (changed(packages="x", remotes=7), "neither"),
    (changed(packages=[], remotes=[{"type": "sse", "url": "file:///etc/passwd"}]), "address"),
    (changed(packages=[], remotes=[{"type": "sse", "url": "https://a@b.example/"}]), "address"),
    (packed(identifier="--eval=require('x')"), "npm"),
    (packed(version="latest"), "single version"),
    (packed(registryType="mcpb"), "mcpb"),
    (packed(registryType="oci", identifier="-v/:/host"), "container image"),
    (packed(transport={"type": "streamable-http", "url": "http://localhost"}), "server of its own"),
    (packed(packageArguments=[{"type": "named", "name": "; rm -rf /"}]), "argument"),
    (packed(environmentVariables=[{"name": "A=B C", "isRequired": True}]), "cannot be set"),
    ({**GOOD, "_meta": {META: {"status": "deleted"}}}, "deleted"),
]


@pytest.mark.parametrize("row, reason", HOSTILE[2:])
def test_a_hostile_entry_is_refused_with_a_reason(row: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read_registry_entry(row)


class Foreign:
    """A registry that somebody else runs: pages by cursor, and whatever a test puts in."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.asked: list[dict[str, str]] = []
        self.fail_at = ""
        self.body: bytes | None = None
        self.again = False
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = peer.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path: str) -> tuple[int, bytes]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        self.asked.append(query)
        cursor = query.get("cursor", "")
        if self.body is not None:
            return 200, self.body
        if self.fail_at and cursor == self.fail_at:
            return 500, b"no"
        start = int(cursor or 0)
        following = {"nextCursor": str(start + 2)} if start + 2 < len(self.rows) or self.again else {}
        if self.again:
            following = {"nextCursor": "0"}
        return 200, json.dumps({"servers": self.rows[start : start + 2], "metadata": following}).encode()


@pytest.fixture
def foreign() -> Iterator[Foreign]:
    peer = Foreign()
    thread = threading.Thread(target=peer.server.serve_forever, daemon=True)
    thread.start()
    yield peer
    peer.server.shutdown()
    peer.server.server_close()
    thread.join()


def numbered(number: int) -> dict[str, Any]:
    return changed(name=f"io.github.ada/bread-{number}", title=f"Bread {number}")


@pytest.mark.django_db
def test_hostile_rows_are_refused_beside_good_ones(foreign: Foreign) -> None:
    foreign.rows = [numbered(1), *(row for row, _ in HOSTILE), numbered(2)]
    report = import_registry(actor=SYSTEM, address=foreign.url).report
    assert (report.new, report.refused.count, report.read) == (2, len(HOSTILE), len(HOSTILE) + 2)
    assert all(row.reason for row in report.refused.rows)
    assert Listing.objects.get(source_key="io.github.ada/bread-2").current.version == "1.2.0"  # type: ignore[union-attr]


@pytest.mark.django_db
def test_an_import_that_was_cut_short_goes_on_where_it_stopped(foreign: Foreign) -> None:
    foreign.rows, foreign.fail_at = [numbered(number) for number in range(6)], "4"
    with pytest.raises(CommandError, match="500"):
        call_command("import_registry", foreign.url, stdout=StringIO())
    assert Listing.objects.count() == 4
    run = ImportRun.objects.get()
    assert (run.state, run.cursor) == ("failed", "4")
    foreign.fail_at, foreign.asked = "", []
    out = StringIO()
    call_command("import_registry", foreign.url, stdout=out)
    assert [asked.get("cursor") for asked in foreign.asked] == ["4"]
    assert "2 new" in out.getvalue()
    assert Listing.objects.count() == 6


@pytest.mark.django_db
def test_the_next_import_asks_for_what_changed_since(foreign: Foreign) -> None:
    foreign.rows = [numbered(1)]
    import_registry(actor=SYSTEM, address=foreign.url)
    assert "updated_since" not in foreign.asked[0]
    import_registry(actor=SYSTEM, address=foreign.url + "/v0.1/servers/")
    assert foreign.asked[1]["updated_since"] < ImportRun.objects.order_by("id")[0].created_at.isoformat()
    import_registry(actor=SYSTEM, address=foreign.url, whole=True)
    assert "updated_since" not in foreign.asked[2]
    assert Listing.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"<html>", b"[" * 200_000, b'"x"', b'{"servers": 7}', b"\xff\xfe", b"null"])
def test_a_registry_that_answers_garbage_is_a_sentence(foreign: Foreign, body: bytes) -> None:
    foreign.body = body
    with pytest.raises(CommandError):
        call_command("import_registry", foreign.url, stdout=StringIO())
    assert ImportRun.objects.get().problem


@pytest.mark.django_db
def test_a_registry_without_end_is_left(foreign: Foreign) -> None:
    foreign.rows, foreign.again = [numbered(1)], True
    with pytest.raises(CommandError, match="again and again"):
        call_command("import_registry", foreign.url, stdout=StringIO())


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["http://", "https://?x", "http://[::1", "http://169.254.169.254/"])
def test_addresses_that_are_none_or_not_allowed(address: str) -> None:
    with pytest.raises(CommandError):
        call_command("import_registry", address, stdout=StringIO())


@pytest.mark.django_db
@pytest.mark.parametrize("shape", ["page", "list", "one", "bare"])
def test_a_file_may_be_a_page_a_list_or_one_server(tmp_path: Path, shape: str) -> None:
    value = {"page": {"servers": [GOOD]}, "list": [GOOD], "one": GOOD, "bare": GOOD["server"]}[shape]
    path = tmp_path / "server.json"
    path.write_text(json.dumps(value))
    call_command("import_registry", str(path), stdout=StringIO())
    assert Listing.objects.get().source_key == "io.github.ada/bread"
    path.write_text("{")
    with pytest.raises(CommandError, match="no list"):
        call_command("import_registry", str(path), stdout=StringIO())
