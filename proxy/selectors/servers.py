"""Reads of servers and what they offer."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet

from accounts.models import Workspace
from proxy.importers.drafts import ServerDraft
from proxy.models import Feature, Server


def servers_of(workspace: Workspace | str) -> QuerySet[Server]:
    """A workspace's servers by name, each with `tool_count` (not gone) and `hub_count`."""
    workspace_id = workspace if isinstance(workspace, str) else workspace.id
    tools = Q(features__kind=Feature.Kind.TOOL, features__gone_at=None)
    return (
        Server.objects.filter(workspace_id=workspace_id)
        .annotate(
            tool_count=Count("features", filter=tools, distinct=True),
            hub_count=Count("hub_servers", distinct=True),
        )
        .order_by("title", "id")
    )


def features_of(workspace: Workspace | str, *, kind: str = "tool", gone: bool = False) -> QuerySet[Feature]:
    """Everything of one kind in a workspace, with its server: by server, then in the server's order."""
    workspace_id = workspace if isinstance(workspace, str) else workspace.id
    rows = Feature.objects.filter(server__workspace_id=workspace_id, kind=kind).select_related("server", "definition")
    if not gone:
        rows = rows.filter(gone_at=None)
    return rows.order_by("server__title", "server_id", "position", "id")


def features_of_server(server: Server) -> QuerySet[Feature]:
    """What a server offers, also what is gone, in its order."""
    return server.features.select_related("definition").order_by("kind", "position", "id")


def counts_by_kind(server: Server) -> dict[str, int]:
    """How many tools, resources, templates and prompts the server offers now."""
    rows = server.features.filter(gone_at=None).values_list("kind").annotate(count=Count("id"))
    return dict.fromkeys(Feature.Kind.values, 0) | dict(rows)


def draft_of(server: Server) -> ServerDraft:
    """A server as a draft to change: secrets are there by name, with blank values, which keep what is stored."""
    names = server.secret_names
    return ServerDraft(
        title=server.title,
        slug=server.slug,
        letters=server.letters,
        transport=server.transport,  # type: ignore[arg-type]  # a choice of the same three words
        command=server.command,
        args=tuple(server.args),
        cwd=server.cwd,
        url=server.url,
        env=_blank(names.get("env", ())),
        headers=_blank(names.get("headers", ())),
        hidden=_blank(names.get("args", ())),
        session_scope=server.session_scope,  # type: ignore[arg-type]
        timeout_ms=server.timeout_ms,
        catalogue=server.catalogue,
    )


def _blank(names: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(names, "")
