"""The cast of every permission test: owner, admin, member, viewer, outsider, operator, and anonymous.

    def test_...(cast: Cast) -> None:
        cast.browser("viewer").get(f"/w/{cast.workspace.slug}/keys/")
        cast.api("admin", "write").get("/api/v1/workspaces")

Import the fixture into a conftest: `from tests.cast import cast  # noqa: F401`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Membership, User, Workspace
from accounts.permissions import SYSTEM, person, principal_for
from accounts.services import create_key, create_person, create_workspace
from core.decision import Principal

ROLES = ("owner", "admin", "member", "viewer")
EVERYBODY = (*ROLES, "outsider", "operator", "anonymous")
PASSWORD = "correct horse battery"


@dataclass
class Cast:
    """A team workspace with a member of each role, and people outside it. The operator is no member."""

    workspace: Workspace
    users: dict[str, User]
    browsers: dict[str, Client] = field(default_factory=dict)

    def principal(self, name: str) -> Principal:
        """Somebody as their role in the workspace makes them; SYSTEM for "system"."""
        if name == "system":
            return SYSTEM
        return principal_for(self.users[name], self.workspace) if name in self.users else person(None)  # type: ignore[arg-type]

    def member(self, name: str) -> Membership:
        return Membership.objects.get(workspace=self.workspace, user=self.users[name])

    def browser(self, name: str) -> Client:
        """A browser in which somebody is signed in; nobody for "anonymous"."""
        if name not in self.browsers:
            client = Client()
            if name in self.users:
                client.force_login(self.users[name])
            self.browsers[name] = client
        return self.browsers[name]

    def key(self, name: str, *scopes: str, hub: str = "") -> str:
        """The secret of a fresh key of somebody."""
        _key, secret = create_key(
            actor=SYSTEM, workspace=self.workspace, user=self.users[name], name=f"{name}'s", scopes=scopes, hub=hub
        )
        return secret

    def api(self, name: str, *scopes: str) -> APIClient:
        """A program with a key of somebody; without scopes, their browser's session."""
        client = APIClient()
        if scopes:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.key(name, *scopes)}")
        elif name in self.users:
            client.force_login(self.users[name])
        return client

    def reload(self) -> Workspace:
        self.workspace = Workspace.objects.get(pk=self.workspace.pk)
        return self.workspace


@pytest.fixture
def cast(db: None) -> Cast:
    users = {
        name: create_person(
            actor=SYSTEM,
            email=f"{name}@example.com",
            password=PASSWORD,
            name=name.title(),
            is_operator=name == "operator",
        )
        for name in (*ROLES, "outsider", "operator")
    }
    workspace = create_workspace(actor=SYSTEM, name="Acme", slug="acme", owner=users["owner"])
    for role in ROLES[1:]:
        Membership.objects.create(workspace=workspace, user=users[role], role=role)
    return Cast(workspace, users)
