"""Where one can go in a workspace, with counts; and what Ctrl-K finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.http import WorkspaceRequest
from core.components.places import Count, register_place
from core.find import MOST, Group, Hit, register_source
from core.http import SiteRequest
from proxy.models import Feature, Hub, Server

M = TypeVar("M", bound=Model)


def register_places() -> None:
    """Called once, in AppConfig.ready."""
    also = {
        "hubs": ("proxy:hub-new",),
        "servers": ("proxy:server-connect", "proxy:server-paste"),
    }
    places: tuple[tuple[object, str, str, Count | None, str], ...] = (
        (_("Overview"), "overview", "layout-dashboard", None, "workspace.view"),
        (_("Hubs"), "hubs", "waypoints", _counting(Hub, "workspace"), "hub.view"),
        (_("Servers"), "servers", "server", _counting(Server, "workspace"), "server.view"),
        (_("Tools"), "tools", "wrench", count_tools, "tool.view"),
        (_("Calls"), "calls", "activity", None, "call.view"),
        (_("Usage"), "usage", "chart-column", None, "call.view"),
    )
    for order, (label, name, icon, count, permission) in enumerate(places, start=1):
        more = also.get(name, ())
        register_place("workspace", label, f"proxy:{name}", icon, order * 10, count, permission, more)  # type: ignore[arg-type]


def _counting(model: type[Model], field: str) -> Callable[[WorkspaceRequest], int]:
    def count(request: WorkspaceRequest) -> int:
        return model._default_manager.filter(**{field: request.workspace}).count()

    return count


def count_tools(request: WorkspaceRequest) -> int:
    tools = Q(kind=Feature.Kind.TOOL, gone_at=None)
    return Feature.objects.filter(tools, server__workspace=request.workspace).count()


def find_servers(request: SiteRequest, q: str) -> Group | None:
    """Servers of every workspace that the person is a member of."""
    rows = _own(request, Server.objects.all(), "workspace", q, ("title", "slug"))
    return Group(
        _("Servers"),
        [
            Hit(
                server.title,
                reverse("proxy:server", args=[server.workspace.slug, server.slug]),
                note=server.workspace.name,
                code=server.letters,
                line=server.line,
                state=server.state,
            )
            for server in rows.select_related("workspace")[:MOST]
        ],
    )


def find_hubs(request: SiteRequest, q: str) -> Group | None:
    rows = _own(request, Hub.objects.all(), "workspace", q, ("title", "slug"))
    return Group(
        _("Hubs"),
        [
            Hit(
                hub.title,
                reverse("proxy:hub", args=[hub.workspace.slug, hub.slug]),
                note=hub.workspace.name,
                icon="waypoints",
            )
            for hub in rows.select_related("workspace")[:MOST]
        ],
    )


def find_tools(request: SiteRequest, q: str) -> Group | None:
    """Only what was asked for: an empty search lists no tools."""
    if not q:
        return None
    tools = Feature.objects.filter(kind=Feature.Kind.TOOL, gone_at=None)
    rows = _own(request, tools, "server__workspace", q, ("name", "title", "alias", "server__title"))
    return Group(
        _("Tools"),
        [
            Hit(
                tool.alias or tool.name,
                reverse("proxy:tool", args=[tool.server.workspace.slug, tool.id]),
                note=tool.server.title,
                code=tool.server.letters,
                line=tool.server.line,
                state=tool.server.state,
            )
            for tool in rows.select_related("server__workspace")[:MOST]
        ],
    )


def _own(request: SiteRequest, rows: QuerySet[M], path: str, q: str, fields: tuple[str, ...]) -> QuerySet[M]:
    """Rows of the person's workspaces in which every word of `q` is found."""
    rows = rows.filter(**{f"{path}__memberships__user": request.principal.user_id or None})
    for word in q.split():
        found = Q()
        for field in fields:
            found |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(found)
    return rows.order_by(fields[0], "pk")


def register_sources() -> None:
    """Called once, in AppConfig.ready."""
    for order, source in ((20, find_hubs), (30, find_servers), (40, find_tools)):
        register_source(source, order=order)
