"""Servers that the installation is itself: an app above says what they offer, the engine asks that app in turn.

offer_internal(workspace_id=…, name="assistants", title="Assistants", tools=[…], prompts=[…])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from accounts.models import Workspace
from accounts.permissions import SYSTEM
from accounts.services import bump_workspace
from core.clock import now
from proxy.engine.discovery import Discovered
from proxy.engine.ports import HANDSHAKE_VERSIONS, STATELESS_VERSIONS
from proxy.enums import MAX_SERVERS_ON_HUB
from proxy.models import Hub, HubServer, Server
from proxy.services.clashes import reflag
from proxy.services.discovery import record_discovery
from proxy.services.drafts import free_letters, free_slug, next_line
from proxy.services.events import record_change

TIMEOUT_MS = 1_860_000
"""Whoever answers has a limit of its own, which comes first."""
CAPABILITIES = {"tools": {"listChanged": True}, "prompts": {"listChanged": True}}


def offer_internal(
    *,
    workspace_id: str,
    name: str,
    title: str,
    tools: Sequence[Mapping[str, Any]],
    prompts: Sequence[Mapping[str, Any]] = (),
) -> Server | None:
    """Take over what a part of the installation offers in a workspace: definitions as MCP lists them.

    The service above has asked for permission. The server is made with the first thing that there is to offer, and
    put on the workspace's oldest hub; from then on people decide where it is offered. None while there is nothing.
    """
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update(no_key=True).filter(pk=workspace_id).first()
        if workspace is None:
            return None
        server = Server.objects.filter(workspace=workspace, transport=Server.Transport.INTERNAL, command=name).first()
        made = server is None
        if server is None:
            if not tools and not prompts:
                return None
            server = _made(workspace, name, title)
        found = Discovered(
            eras=("stateless", "handshake"),
            versions=(*STATELESS_VERSIONS, *HANDSHAKE_VERSIONS),
            server_name="crossroads",
            capabilities=dict(CAPABILITIES),
            tools=tuple(tools),
            prompts=tuple(prompts),
        )
        record_discovery(server=server, found=found)
        if made:
            _put_on_first_hub(workspace, server)
    return server


def _made(workspace: Workspace, name: str, title: str) -> Server:
    others = list(Server.objects.filter(workspace=workspace).values_list("slug", "letters", "line"))
    server = Server(
        workspace=workspace,
        slug=free_slug(title, {slug for slug, _letters, _line in others}),
        title=title,
        letters=free_letters(title, {letters for _slug, letters, _line in others}),
        line=next_line([line for _slug, _letters, line in others]),
        transport=Server.Transport.INTERNAL,
        command=name,
        timeout_ms=TIMEOUT_MS,
        state_since=now(),
    )
    server.save(force_insert=True)
    record_change("server.connected", SYSTEM, server, data={"transport": server.transport, "slug": server.slug})
    return server


def _put_on_first_hub(workspace: Workspace, server: Server) -> None:
    hub = Hub.objects.select_related("workspace").filter(workspace=workspace).order_by("created_at", "id").first()
    if hub is None:
        return
    last = hub.hub_servers.order_by("-position").values_list("position", flat=True).first()
    if hub.hub_servers.count() >= MAX_SERVERS_ON_HUB:
        return
    HubServer.objects.create(hub=hub, server=server, position=0 if last is None else last + 1)
    newcomers = set(server.features.values_list("id", flat=True))
    reflag(hub, newcomers=newcomers)  # what the hub offers under such a name already stays
    record_change("hub.server_added", SYSTEM, hub, data={"server": server.title, "server_id": server.id})
    bump_workspace(workspace_id=workspace.id)
