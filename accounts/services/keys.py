"""API keys: made once, shown once, kept as a keyed hash."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey, User, Workspace
from accounts.permissions import in_workspace, require
from accounts.registry import hub_choices
from accounts.selectors import KEY_PREFIX
from accounts.services.versions import bump_workspace
from core.clock import now
from core.decision import SCOPES, Principal
from core.errors import InvalidProblem, PermissionProblem
from core.events import record_event
from core.keyring import keyring
from core.permissions import SYSTEM

ALPHABET = string.ascii_letters + string.digits
SECRET_LENGTH = 43
"""Of 62 letters and digits: 256 bits."""
TOUCH_EVERY = timedelta(minutes=1)


def create_key(
    *,
    actor: Principal,
    workspace: Workspace,
    name: str,
    scopes: Iterable[str],
    hub: str = "",
    expires_at: datetime | None = None,
    user: User | None = None,
) -> tuple[ApiKey, str]:
    """A key of the actor's person, and its secret, which is never seen again. `user` is for the installation itself.

    A key that makes a key cannot give it more than it has. Raises InvalidProblem or PermissionProblem.
    """
    resource = in_workspace(workspace, "key", hub_id=hub)
    require(actor, "key.manage_own", resource)
    scopes = _checked_scopes(scopes)
    name = _checked_name(name)
    if hub and hub not in {choice.id for choice in hub_choices(workspace)}:
        raise InvalidProblem(_("There is no such hub in this workspace."), field="hub")
    if expires_at is not None and expires_at <= now():
        raise InvalidProblem(_("Choose a day in the future."), field="expires_at")
    if actor.kind == "key":
        _check_no_more(actor, scopes, expires_at)
    user_id = user.id if user is not None and actor is SYSTEM else actor.user_id
    secret = f"{KEY_PREFIX}{cell_tag()}_{''.join(secrets.choice(ALPHABET) for _i in range(SECRET_LENGTH))}"
    with transaction.atomic():
        key = ApiKey.objects.create(
            workspace=workspace,
            user_id=user_id,
            name=name,
            hint=f"{secret[:12]}…",
            hash=keyring().keyed_hash(secret),
            scopes=scopes,
            hub=hub,
            expires_at=expires_at,
        )
        until = expires_at.isoformat() if expires_at else None
        _record("key.created", actor, key, {"name": name, "scopes": scopes, "hub": hub, "expires_at": until})
        bump_workspace(workspace_id=workspace.id)
    return key, secret


def revoke_key(*, actor: Principal, key: ApiKey) -> ApiKey:
    """End a key for good; every process knows within a second. Again, it changes nothing."""
    action = "key.manage_own" if key.user_id == actor.user_id else "key.manage"
    require(actor, action, in_workspace(key.workspace_id, "key", key.id, hub_id=key.hub))
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().get(pk=key.pk)
        if key.revoked_at is None:
            key.revoked_at = now()
            key.save(update_fields=["revoked_at", "updated_at"])
            _record("key.revoked", actor, key, {"name": key.name})
            bump_workspace(workspace_id=key.workspace_id)
    return key


def touch_key_last_used(*, key: ApiKey, client: str = "") -> None:
    """Remember that a key was used, to the minute."""
    if key.last_used_at is None or now() - key.last_used_at > TOUCH_EVERY:
        touch_keys_last_used(uses={key.id: (now(), client)})


def touch_keys_last_used(*, uses: Mapping[str, tuple[datetime, str]]) -> None:
    """The same for many, as the gateway's journal brings them: {key id: (when, client)}. Never goes back in time."""
    for key_id, (at, client) in uses.items():
        ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=at), pk=key_id).update(
            last_used_at=at, last_used_client=client[:120]
        )


@lru_cache(maxsize=1)
def cell_tag() -> str:
    """Four letters that name this installation in every key, so that a directory can tell where a key belongs."""
    digest = keyring().keyed_hash("crossroads/cell-tag")
    return "".join((string.ascii_lowercase + string.digits)[byte % 36] for byte in digest[:4])


def _check_no_more(actor: Principal, scopes: list[str], expires_at: datetime | None) -> None:
    has = frozenset().union(*(SCOPES[scope] for scope in actor.scopes))
    wants = frozenset().union(*(SCOPES[scope] for scope in scopes))
    if not wants <= has:
        raise PermissionProblem(_("A key cannot make one that may do more than itself."), code="scope")
    if actor.expires_at and (expires_at is None or expires_at.timestamp() > actor.expires_at):
        raise PermissionProblem(_("A key cannot make one that lives longer than itself."), code="expiry")


def _checked_scopes(scopes: Iterable[str]) -> list[str]:
    wanted = set(scopes)
    if not wanted or not wanted <= SCOPES.keys():
        names = ", ".join(SCOPES)
        raise InvalidProblem(_("Choose at least one of: %(names)s.") % {"names": names}, field="scopes")
    return [scope for scope in SCOPES if scope in wanted]


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise InvalidProblem(_("Give the key a name of at most 80 characters."), field="name")
    return name


def _record(type: str, actor: Principal, key: ApiKey, data: dict[str, object]) -> None:
    record_event(type=type, actor=actor, workspace_id=key.workspace_id, target_kind="key", target=key.id, data=data)
