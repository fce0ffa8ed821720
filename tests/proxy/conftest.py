"""The cast: people of one workspace by role, an outsider, and the operator; servers with tools, made by services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import Membership, User, Workspace
from accounts.permissions import principal_for
from core.decision import Principal
from proxy.importers.drafts import ServerDraft
from proxy.models import Feature, Server
from proxy.services.discovery import record_discovery
from proxy.services.servers import connect_server
from tests.peers.fixtures import peers
from tests.proxy.enginekit import engine, owner_folder
from tests.proxy.offering import discovered

__all__ = ["engine", "owner_folder", "peers"]


@dataclass(frozen=True)
class Cast:
    """Everybody who may ask, as users and as principals in `workspace`."""

    workspace: Workspace
    users: dict[str, User]

    def __getattr__(self, name: str) -> Principal:
        return principal_for(self.users[name], self.workspace)

    def reload(self) -> Workspace:
        return Workspace.objects.get(pk=self.workspace.pk)


ROLES = ("owner", "admin", "member", "viewer")


@pytest.fixture
def cast(db: None) -> Cast:
    workspace = Workspace.objects.create(slug="acme", name="Acme")
    users = {}
    for name in (*ROLES, "outsider", "operator"):
        users[name] = User.objects.create_user(f"{name}@example.com", name=name.title(), is_operator=name == "operator")
    for role in ROLES:
        Membership.objects.create(workspace=workspace, user=users[role], role=role)
    Membership.objects.create(workspace=workspace, user=users["operator"], role="owner")
    return Cast(workspace, users)


MakeServer = Callable[..., Server]


@pytest.fixture
def make_server(cast: Cast) -> MakeServer:
    """A server over HTTP that has been discovered with these tools (names, or definitions)."""

    def make(title: str = "GitHub", *tools: str | dict[str, Any], **more: Any) -> Server:
        draft = ServerDraft(title=title, transport="http", url=f"https://{title.lower()}.example.com/mcp", **more)
        server = connect_server(actor=cast.admin, workspace=cast.workspace, draft=draft)
        record_discovery(server=server, found=discovered(*tools))
        server.refresh_from_db()
        return server

    return make


def tool_of(server: Server, name: str) -> Feature:
    return Feature.objects.get(server=server, kind="tool", name=name)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Jobs are rows; nobody runs a worker here, so nothing is sent to one."""
    from core import jobs

    monkeypatch.setattr(jobs, "wake_job", lambda job: True)
    yield
