"""What the middleware adds to a request below `/w/<slug>/`, and on pages of a signed-in person."""

from __future__ import annotations

from accounts.models import Membership, User, Workspace
from core.http import SiteRequest


class PersonRequest(SiteRequest):
    """A signed-in person, inside a workspace or not."""

    user: User


class EnteredRequest(SiteRequest):
    """Any request after the middleware: in a workspace, or in none."""

    workspace: Workspace | None
    membership: Membership | None


class WorkspaceRequest(PersonRequest):
    """A member of the workspace in the address. `principal` carries their role there."""

    workspace: Workspace
    membership: Membership
