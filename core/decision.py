"""The one permission function, pure and without Django: pages, API and gateway all ask it.

`decide(policy, principal, action, resource)` answers allowed or not, always with a reason that can be shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Role = Literal["owner", "admin", "member", "viewer"]

VIEW = frozenset({"workspace.view", "server.view", "hub.view", "tool.view", "call.view", "assistant.view"})
USE = VIEW | {
    "hub.use", "tool.call", "call.run", "key.manage_own", "assistant.use", "review.write", "collection.write",
    "publisher.follow",
}  # fmt: skip
ADMIN = USE | {
    "server.manage", "hub.manage", "key.manage", "member.manage", "webhook.manage", "call.view_payload",
    "event.view", "workspace.manage", "assistant.manage", "model.manage", "install.manage", "listing.manage",
}  # fmt: skip
OWNER = ADMIN | {"workspace.delete", "workspace.transfer"}
OPERATOR = frozenset({"operator.view", "operator.manage", "server.run_stdio"})

ACTIONS = OWNER | OPERATOR
"""Every action there is. Asking for another one is a programming error and raises."""

# What a key's scope lets through, on top of what its owner's role allows.
SCOPES: Mapping[str, frozenset[str]] = {
    "mcp": frozenset({"hub.use", "tool.call", "hub.view"}),
    "read": VIEW,
    "assistants": frozenset({"assistant.view", "assistant.use"}),
    "write": ADMIN - {"member.manage", "workspace.manage"},
    "admin": OWNER,
}


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. A key acts with the role of its person, narrowed by its scopes and, when set, to one hub."""

    kind: Literal["person", "key", "anonymous"] = "anonymous"
    id: str = ""
    """`usr_…`, `key_…` or `anon:<hub id>`."""
    user_id: str = ""
    key_id: str = ""
    label: str = ""
    workspace_id: str = ""
    """The workspace in which `role` holds."""
    role: str = ""
    scopes: frozenset[str] = frozenset()
    hub_id: str = ""
    is_operator: bool = False
    expires_at: float = 0.0
    """UTC epoch seconds; 0 means never."""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `hub_id` is set where the resource is a hub or lies in one."""

    kind: str
    id: str = ""
    workspace_id: str = ""
    hub_id: str = ""
    read_only: bool = True
    hub_read_only: bool = False


class Decision(msgspec.Struct, frozen=True):
    """`reason` is a stable code, `sentence` says it in plain words (English; pages translate by code)."""

    allowed: bool
    reason: str
    sentence: str


class PolicySnapshot(msgspec.Struct, frozen=True):
    """The roles that hold in one workspace. Custom roles extend the mapping."""

    roles: Mapping[str, frozenset[str]]


BUILT_IN = PolicySnapshot(roles={"owner": OWNER, "admin": ADMIN, "member": USE, "viewer": VIEW})


def _no(reason: str, sentence: str) -> Decision:
    return Decision(False, reason, sentence)


def decide(policy: PolicySnapshot, principal: Principal, action: str, resource: Resource) -> Decision:
    """May `principal` do `action` to `resource`? Pure; the first rule that refuses gives the reason."""
    if action not in ACTIONS:
        raise ValueError(f"unknown action {action!r}")
    if action in OPERATOR:
        if principal.is_operator and principal.kind == "person":
            return Decision(True, "operator", "The operator may do this.")
        return _no("not_operator", "Only the operator of this installation may do this.")
    if principal.kind == "anonymous":
        return _decide_anonymous(principal, action, resource)
    if not principal.role or principal.workspace_id != resource.workspace_id:
        return _no("not_member", "You are not a member of this workspace.")
    if action not in policy.roles.get(principal.role, frozenset()):
        return _no("role", f"The role {principal.role} does not include {action}.")
    if principal.kind == "key":
        refusal = _key_refusal(principal, action, resource)
        if refusal is not None:
            return refusal
    if action == "tool.call" and resource.hub_read_only and not resource.read_only:
        return _no("hub_read_only", "This hub offers only tools that read; this tool may write.")
    return Decision(True, "role", f"The role {principal.role} includes {action}.")


def _decide_anonymous(principal: Principal, action: str, resource: Resource) -> Decision:
    if principal.hub_id and principal.hub_id == resource.hub_id and action in SCOPES["mcp"]:
        return Decision(True, "open_hub", "This hub is open on its own listener.")
    return _no("anonymous", "Sign in, or send a key.")


def _key_refusal(principal: Principal, action: str, resource: Resource) -> Decision | None:
    if not any(action in SCOPES.get(scope, frozenset()) for scope in principal.scopes):
        return _no(
            "scope", f"The key's scopes ({', '.join(sorted(principal.scopes)) or 'none'}) do not include {action}."
        )
    if principal.hub_id and principal.hub_id != resource.hub_id:
        return _no("key_hub", "This key is bound to another hub.")
    return None
