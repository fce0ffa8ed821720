"""Hubs: made, changed, paused, removed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey, Workspace
from accounts.permissions import INSTALLATION, SYSTEM, in_workspace, require
from accounts.services import bump_workspace, revoke_key
from core.clock import now
from core.decision import Principal
from core.errors import Text
from core.events import changed
from proxy.enums import MAX_HUBS
from proxy.errors import DraftProblem, LimitProblem
from proxy.models import Hub, HubServer, Server
from proxy.selectors.offers import hub_rows
from proxy.services.clashes import reflag, refuse_clashes, with_hub
from proxy.services.drafts import MAX_SLUG, SLUG, free_slug
from proxy.services.events import record_change

_SETTINGS = ("title", "instructions", "naming", "read_only", "record_payloads", "open")


def create_hub(
    *,
    actor: Principal,
    workspace: Workspace,
    title: str,
    slug: str = "",
    instructions: str = "",
    naming: str = Hub.Naming.PREFIXED,
    read_only: bool = False,
    record_payloads: bool = False,
    open: bool = False,
    servers: Iterable[Server] = (),
) -> Hub:
    """A hub that offers everything of `servers`. Raises DraftProblem, ClashProblem or LimitProblem.

    `open` (no key on the loopback listener) is for the operator alone. An empty slug is made from the title.
    """
    require(actor, "hub.manage", in_workspace(workspace, "hub"))
    hub = Hub(workspace=workspace, slug=slug.strip(), created_by=actor.user_id)
    _write(hub, title, instructions, naming, read_only, record_payloads, open)
    if open:
        _require_operator(actor)
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        slugs = set(Hub.objects.filter(workspace=workspace).values_list("slug", flat=True))
        if len(slugs) >= MAX_HUBS:
            raise LimitProblem(_("A workspace has at most %d hubs.") % MAX_HUBS)
        hub.slug = _checked_slug(hub.slug, slugs) if hub.slug else free_slug(hub.title, slugs)
        hub.save(force_insert=True)
        chosen = list(servers)
        _check_servers(workspace, chosen)
        HubServer.objects.bulk_create(
            HubServer(hub=hub, server=server, position=position) for position, server in enumerate(chosen)
        )
        refuse_clashes(None, hub_rows(hub))
        record_change("hub.created", actor, hub, data={"slug": hub.slug, "servers": [server.id for server in chosen]})
        bump_workspace(workspace_id=workspace.id)
    return hub


def update_hub(
    *,
    actor: Principal,
    hub: Hub,
    title: str | None = None,
    instructions: str | None = None,
    naming: str | None = None,
    read_only: bool | None = None,
    record_payloads: bool | None = None,
    open: bool | None = None,
) -> Hub:
    """Change a hub's settings; None leaves as it is, the slug stays. Raises DraftProblem or ClashProblem."""
    require(actor, "hub.manage", in_workspace(hub.workspace_id, "hub", hub.id, hub_id=hub.id))
    with transaction.atomic():
        hub = locked_hub(hub)
        before = _settings(hub)
        if open is not None and open != hub.open:
            _require_operator(actor)
        _write(
            hub,
            hub.title if title is None else title,
            hub.instructions if instructions is None else instructions,
            hub.naming if naming is None else naming,
            hub.read_only if read_only is None else read_only,
            hub.record_payloads if record_payloads is None else record_payloads,
            hub.open if open is None else open,
        )
        changes = changed(before, _settings(hub))
        if not changes:
            return hub
        after = hub_rows(hub)
        refuse_clashes(with_hub(after, naming=before["naming"], read_only=before["read_only"]), after)
        hub.save()
        reflag(hub)
        record_change("hub.changed", actor, hub, changes=changes)
        bump_workspace(workspace_id=hub.workspace_id)
    return hub


def delete_hub(*, actor: Principal, hub: Hub) -> None:
    """Remove a hub; keys that open only this hub are revoked."""
    require(actor, "hub.manage", in_workspace(hub.workspace_id, "hub", hub.id, hub_id=hub.id))
    with transaction.atomic():
        hub = locked_hub(hub)
        keys = list(ApiKey.objects.filter(workspace_id=hub.workspace_id, hub=hub.id, revoked_at=None))
        for key in keys:
            # Whoever may remove the hub may end what is of no use without it.
            revoke_key(actor=SYSTEM, key=key)
        record_change("hub.deleted", actor, hub, data={"slug": hub.slug, "keys_revoked": [key.id for key in keys]})
        hub.delete()
        bump_workspace(workspace_id=hub.workspace_id)


def pause_hub(*, actor: Principal, hub: Hub) -> Hub:
    """Answer every call with a clear refusal, until it is resumed. Again, it changes nothing."""
    return _set_paused(actor, hub, paused=True)


def resume_hub(*, actor: Principal, hub: Hub) -> Hub:
    return _set_paused(actor, hub, paused=False)


def locked_hub(hub: Hub) -> Hub:
    """The row as it is now, locked until the transaction ends."""
    return Hub.objects.select_for_update(of=("self",), no_key=True).select_related("workspace").get(pk=hub.pk)


def _set_paused(actor: Principal, hub: Hub, *, paused: bool) -> Hub:
    require(actor, "hub.manage", in_workspace(hub.workspace_id, "hub", hub.id, hub_id=hub.id))
    with transaction.atomic():
        hub = locked_hub(hub)
        if (hub.paused_at is not None) != paused:
            hub.paused_at = now() if paused else None
            hub.save(update_fields=["paused_at", "updated_at"])
            record_change("hub.paused" if paused else "hub.resumed", actor, hub)
            bump_workspace(workspace_id=hub.workspace_id)
    return hub


def _require_operator(actor: Principal) -> None:
    require(actor, "operator.manage", INSTALLATION)


def _settings(hub: Hub) -> dict[str, Any]:
    return {name: getattr(hub, name) for name in _SETTINGS}


def _write(
    hub: Hub, title: str, instructions: str, naming: str, read_only: bool, record_payloads: bool, open: bool
) -> None:
    errors: dict[str, list[Text]] = {}
    hub.title = " ".join(title.split())
    if not hub.title or len(hub.title) > 80:
        errors["title"] = [_("Give the hub a name of at most 80 characters.")]
    hub.instructions = instructions.strip()
    if len(hub.instructions) > 20_000 or "\0" in hub.instructions:
        errors["instructions"] = [_("Use at most 20,000 characters.")]
    hub.naming = naming
    if naming not in Hub.Naming.values:
        errors["naming"] = [_("Choose prefixed or bare.")]
    if errors:
        raise DraftProblem(errors)
    hub.read_only, hub.record_payloads, hub.open = read_only, record_payloads, open


def _checked_slug(slug: str, taken: set[str]) -> str:
    if not SLUG.fullmatch(slug) or len(slug) > MAX_SLUG:
        raise DraftProblem(
            {"slug": [_("Use at most 40 small letters and digits, with single hyphens or underscores between them.")]}
        )
    if slug in taken:
        raise DraftProblem({"slug": [_("Another hub of this workspace has this address.")]})
    return slug


def _check_servers(workspace: Workspace, servers: list[Server]) -> None:
    ids = [server.id for server in servers]
    if len(set(ids)) != len(ids) or any(server.workspace_id != workspace.id for server in servers):
        raise DraftProblem({"servers": [_("Choose servers of this workspace, each once.")]})
