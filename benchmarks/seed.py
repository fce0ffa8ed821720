"""A workspace with one server, one hub and one key, for measurements. Needs Django to be set up."""

from __future__ import annotations

from accounts.permissions import person, principal_for
from accounts.services import create_key, create_person, create_workspace
from core.permissions import SYSTEM
from proxy.adapters import runtime
from proxy.importers.drafts import ServerDraft
from proxy.services.hubs import create_hub
from proxy.services.runs import run_discovery
from proxy.services.servers import connect_server


def seed(url: str) -> str:
    """Connect `url` as the server `up` of the hub `bench/main`; returns a key's secret."""
    user = create_person(actor=SYSTEM, email="owner@example.com", name="Owner")
    workspace = create_workspace(actor=person(user), name="Bench", slug="bench")
    actor = principal_for(user, workspace)
    server = connect_server(
        actor=actor, workspace=workspace, draft=ServerDraft(title="Up", slug="up", transport="http", url=url)
    )
    run_discovery(server_id=server.id)
    create_hub(actor=actor, workspace=workspace, title="Main", slug="main", servers=[server])
    _key, secret = create_key(actor=actor, workspace=workspace, name="bench", scopes=["mcp"])
    runtime.stop()
    return secret
