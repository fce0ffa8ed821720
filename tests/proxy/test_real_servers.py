"""Thousands of real servers, as their publishers describe them, read as configurations and connected."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.importers.client_config import read_client_config
from proxy.importers.drafts import fill_draft
from proxy.models import Server
from proxy.selectors.offers import offered
from proxy.services.discovery import record_discovery
from proxy.services.hubs import create_hub
from proxy.services.imports import import_servers, items_of
from tests.peers import shared_data
from tests.proxy.conftest import Cast
from tests.proxy.offering import discovered


def package_entry(row: dict[str, Any]) -> dict[str, Any]:
    """A package of the registry as a client's configuration would name it."""
    remotes = row.get("remotes") or []
    if remotes:
        kind = {"sse": "sse"}.get(remotes[0].get("type", ""), "http")
        return {"type": kind, "url": remotes[0]["url"]}
    program = {"node": ["npx", "-y"], "python": ["uvx"], "docker": ["docker", "run", "-i", "--rm"]}
    command, *args = program.get(row.get("runtime", ""), ["npx", "-y"])
    env = {name: f"${{input:{name}}}" for name in row.get("env") or {}}
    return {"command": command, "args": [*args, row["packageName"]], "env": env}


def image_entry(row: dict[str, Any]) -> dict[str, Any]:
    if remote := row.get("remote"):
        kind = {"sse": "sse"}.get(remote.get("transport_type", ""), "http")
        return {"type": kind, "url": remote["url"], "headers": remote.get("headers") or {}}
    config = row.get("config") or {}
    secrets = {secret["env"]: f"${{input:{secret['env']}}}" for secret in config.get("secrets") or []}
    plain = {entry["name"]: str(entry.get("example", "")) for entry in config.get("env") or []}
    return {"command": "docker", "args": ["run", "-i", "--rm", row.get("image", "")], "env": {**plain, **secrets}}


def test_every_package_of_the_registry_is_read() -> None:
    rows = shared_data.servers()
    assert len(rows) > 4000
    entries = {f"{row['packageName']} {number}": package_entry(row) for number, row in enumerate(rows)}
    unread = []
    names = list(entries)
    for start in range(0, len(names), 400):
        part = {name: entries[name] for name in names[start : start + 400]}
        reading = read_client_config(json.dumps({"servers": part}))
        assert not reading.problem
        assert len(reading.entries) == len(part)
        for entry in reading.entries:
            if entry.draft is None:
                # Only a name that no environment has may be refused.
                unread.append(entry.key)
                assert any(not name.isidentifier() for name in part[entry.key].get("env", {}))
                continue
            said = part[entry.key]
            filled = fill_draft(entry.draft, {name: f"value of {name}" for name in said.get("env", {})})
            assert filled.missing == ()
            if "env" in said:
                assert set(filled.env) == set(said["env"])
                assert all(value.startswith("value of ") for value in filled.env.values())
    assert len(unread) < 20


@pytest.mark.django_db
def test_every_server_with_tools_is_connected_and_put_on_a_hub(cast: Cast) -> None:
    rows = shared_data.servers_with_tools()
    assert len(rows) > 300
    config = {"mcpServers": {row["name"]: image_entry(row) for row in rows}}
    reading = read_client_config(json.dumps(config))
    values = {
        entry.key: {variable.name: f"secret of {variable.name}" for variable in entry.draft.variables}
        for entry in reading.usable
        if entry.draft
    }
    items, failed = items_of(reading, values=values)
    results = import_servers(actor=cast.operator, workspace=cast.workspace, items=items[:300])
    problems = [(result.key, str(result.problem)) for result in (*results, *failed) if result.server is None]
    assert len(problems) <= 5, problems
    servers = {result.key: result.server for result in results if result.server}
    assert len({server.slug for server in servers.values()}) == len(servers)
    assert "secret of" not in json.dumps(list(Server.objects.values("args", "url", "command", "secret_names")))
    with_tools = [row for row in rows if row.get("tools") and row["name"] in servers][:60]
    for row in with_tools:
        tools = [
            {"name": tool["name"], "description": tool.get("description", ""), "inputSchema": {"type": "object"}}
            for tool in row["tools"]
        ]
        record_discovery(server=servers[row["name"]], found=discovered(*tools))
    on_hub = [servers[row["name"]] for row in with_tools]
    hub = create_hub(actor=cast.operator, workspace=cast.workspace, title="Everything", servers=on_hub)
    rows_offered = [row for row in offered(hub) if row.offered]
    names = [row.name for row in rows_offered]
    assert len(names) == len(set(names)) == sum(len({tool["name"] for tool in row["tools"]}) for row in with_tools)
    assert all(len(name) <= 64 for name in names)
