"""Uninstalling: what came of an install goes, and nothing of it stays behind."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.permissions import in_workspace, require
from assistants.services.assistants import delete_assistant
from core.clock import now
from core.decision import Principal
from core.events import record_event
from core.permissions import SYSTEM
from marketplace.models import Install, Listing, ListingVersion
from marketplace.packages import AssistantPackage, ToolNeed, read_package
from marketplace.services.stats import count_stat
from marketplace.signals import install_changed, listing_changed
from proxy.services.servers import delete_server


def uninstall(*, actor: Principal, install: Install, with_servers: bool = False) -> Install:
    """Remove what came of it: server or assistant, places on hubs, values. `with_servers`: also the servers that were
    installed along with an assistant and that no other installed assistant uses. Again, it changes nothing.
    """
    require(actor, "install.manage", in_workspace(install.workspace_id, "install", install.id))
    with transaction.atomic():
        install = locked_install(install)
        if install.removed_at is not None:
            return install
        along = servers_along(install) if with_servers else []
        server, assistant = install.server, install.assistant
        mark_removed(actor=actor, install=install)
        if assistant is not None:
            delete_assistant(actor=actor, assistant=assistant)
        if server is not None:
            delete_server(actor=actor, server=server)
        for other in along:
            uninstall(actor=actor, install=other)
    return install


def mark_removed(*, actor: Principal, install: Install) -> None:
    """The row of a locked install whose server or assistant goes, or is gone."""
    install.state, install.steps, install.removed_at = Install.State.REMOVED, [], now()
    install.server = install.assistant = None
    install.mapping = {name: install.mapping[name] for name in ("server",) if name in install.mapping}
    install.save()
    record_install("install.removed", actor, install)
    listing = install.listing_id
    Listing.objects.filter(pk=listing, installs__gt=0).update(installs=F("installs") - 1)
    install_changed.send(Install, install=install)
    listing_changed.send(Listing, listing_id=listing)
    transaction.on_commit(lambda: count_stat(listing, "uninstalls"))


def servers_along(install: Install) -> list[Install]:
    """Installs of servers that came with an assistant and that no other installed assistant of the workspace uses."""
    ids = install.mapping.get("came_with", [])
    rows = Install.objects.filter(workspace=install.workspace_id, pk__in=ids, removed_at=None).select_related("listing")
    others = Install.objects.filter(workspace=install.workspace_id, removed_at=None).exclude(pk=install.pk)
    needed = {
        need.listing
        for other in others.exclude(assistant=None).select_related("version")
        for need in _needs(other.version)
    }
    return [row for row in rows.order_by("id") if row.listing.slug not in needed]


def locked_install(install: Install) -> Install:
    """The row as it is now, locked until the transaction ends."""
    rows = Install.objects.select_for_update(of=("self",), no_key=True)
    related = ("workspace", "listing__current", "version", "server", "assistant__deployed")
    return rows.select_related(*related).get(pk=install.pk)


def record_install(type: str, actor: Principal, install: Install, **more: Any) -> None:
    data = {"name": install.listing.name, "slug": install.listing.slug, "version": install.version.version}
    record_event(
        type=type,
        actor=None if actor is SYSTEM else actor,
        workspace_id=install.workspace_id,
        target_kind="install",
        target=install.id,
        data=data | more,
    )


def _needs(version: ListingVersion) -> tuple[ToolNeed, ...]:
    package = read_package(version.package)
    return package.tools if isinstance(package, AssistantPackage) else ()
