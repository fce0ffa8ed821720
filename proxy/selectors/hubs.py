"""Reads of hubs that pages, API and other apps share."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from accounts.models import Workspace
from accounts.registry import HubChoice
from proxy.models import Hub, HubServer, Server


def hubs_of(workspace: Workspace | str) -> QuerySet[Hub]:
    """A workspace's hubs by name, each with `server_count` and `running_count`."""
    workspace_id = workspace if isinstance(workspace, str) else workspace.id
    running = Q(hub_servers__server__state=Server.State.RUNNING)
    return (
        Hub.objects.filter(workspace_id=workspace_id)
        .select_related("workspace")
        .annotate(
            server_count=Count("hub_servers", distinct=True),
            running_count=Count("hub_servers", filter=running, distinct=True),
        )
        .order_by("title", "id")
    )


def hub_choices(workspace: Workspace) -> list[HubChoice]:
    """What a key may be bound to."""
    rows = Hub.objects.filter(workspace=workspace).order_by("title", "id").values_list("id", "slug", "title")
    return [HubChoice(id=id, slug=slug, label=title) for id, slug, title in rows]


def places_of(hub: Hub) -> QuerySet[HubServer]:
    """The servers of a hub in its order."""
    return hub.hub_servers.select_related("server").order_by("position", "id")


def stations_of(hubs: Iterable[Hub]) -> dict[str, list[Server]]:
    """The servers of several hubs by the hub's id, each in the hub's order; one query."""
    found: dict[str, list[Server]] = {hub.id: [] for hub in hubs}
    places = HubServer.objects.filter(hub_id__in=found).select_related("server").order_by("position", "id")
    for place in places:
        found[place.hub_id].append(place.server)
    return found


def hub_path(workspace_slug: str, hub_slug: str) -> str:
    """The path of a hub's endpoint."""
    return f"/mcp/{workspace_slug}/{hub_slug}"


def hub_url(hub: Hub) -> str:
    """The endpoint as clients write it."""
    return f"{settings.ENV.public_url}{hub_path(hub.workspace.slug, hub.slug)}"


def open_hub_url(hub: Hub) -> str:
    """The endpoint without a key on the open listener; "" where the hub is not open or the listener is off."""
    if not (hub.open and settings.ENV.open_port):
        return ""
    return f"http://127.0.0.1:{settings.ENV.open_port}{hub_path(hub.workspace.slug, hub.slug)}"
