"""Asking the permission function from services and pages. It is pure (`core.decision`); here a no becomes a problem."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from core.decision import BUILT_IN, Decision, Principal, Resource, decide
from core.errors import PermissionProblem

SYSTEM: Final = Principal(id="system", label="Crossroads")
"""The installation itself: management commands, timers, the first run. Compared by identity, so nobody can claim it."""

NOBODY: Final = Principal(label="anonymous")

INSTALLATION: Final = Resource(kind="installation")

# The decision's own sentences are English and may carry details; these are what a page shows for a code.
_SENTENCES = {
    "not_operator": _("Only the operator of this installation may do this."),
    "not_member": _("You are not a member of this workspace."),
    "anonymous": _("Sign in, or send a key."),
    "key_hub": _("This key is bound to another hub."),
    "hub_read_only": _("This hub offers only tools that read; this tool may write."),
}


def ask(principal: Principal, action: str, resource: Resource) -> Decision:
    """The decision with its reason."""
    if principal is SYSTEM:
        return Decision(True, "system", "The installation itself may do this.")
    return decide(BUILT_IN, principal, action, resource)


def allowed(principal: Principal, action: str, resource: Resource) -> bool:
    return ask(principal, action, resource).allowed


def require(principal: Principal, action: str, resource: Resource) -> Decision:
    """The decision when it is yes. Raises PermissionProblem with the reason's code and sentence."""
    decision = ask(principal, action, resource)
    if not decision.allowed:
        raise PermissionProblem(_SENTENCES.get(decision.reason, decision.sentence), code=decision.reason)
    return decision
