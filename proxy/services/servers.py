"""Servers: connected, changed, paused, removed."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from accounts.permissions import in_workspace, require
from accounts.services import bump_workspace
from core.clock import now
from core.decision import Principal
from core.errors import ServiceProblem
from core.events import changed
from core.jobs import enqueue_job
from proxy.enums import MAX_SERVERS
from proxy.errors import DraftProblem, LimitProblem, StdioRefused
from proxy.importers.drafts import ServerDraft
from proxy.models import Hub, Server
from proxy.services.clashes import reflag_hubs
from proxy.services.discovery import DISCOVER, PARTIAL, next_discovery
from proxy.services.drafts import checked_draft, free_letters, free_slug, next_line
from proxy.services.events import record_change
from proxy.services.secrets import kept_secrets, merged_secrets, put_secrets
from proxy.services.stdio import as_bundled, command_by, require_stdio

LET_GO = "proxy.let_go"
_SHOWN = ("title", "letters", "transport", "command", "args", "cwd", "url", "session_scope", "timeout_ms")
_REACHED_BY = ("transport", "command", "args", "cwd", "url", "secrets")


def connect_server(*, actor: Principal, workspace: Workspace, draft: ServerDraft) -> Server:
    """Make a server of a draft and have it discovered. Raises DraftProblem, StdioRefused or LimitProblem."""
    require(actor, "server.manage", in_workspace(workspace, "server"))
    draft = checked_draft(as_bundled(draft, workspace))
    require_stdio(actor, workspace, draft)
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        others = list(Server.objects.filter(workspace=workspace).values_list("slug", "letters", "line"))
        if len(others) >= MAX_SERVERS:
            raise LimitProblem(_("A workspace has at most %d servers.") % MAX_SERVERS)
        slugs = {slug for slug, _letters, _line in others}
        if draft.slug in slugs:
            raise DraftProblem({"slug": [_("Another server of this workspace has this short name.")]})
        server = Server(
            workspace=workspace,
            slug=draft.slug or free_slug(draft.title, slugs),
            line=next_line([line for _slug, _letters, line in others]),
            catalogue=draft.catalogue[:80],
            command_by=command_by(actor, workspace, draft) if draft.transport == "stdio" else "",
            created_by=actor.user_id,
            state_since=now(),
            next_discovery_at=next_discovery(now()),
        )
        _write(server, draft, letters={letters for _slug, letters, _line in others})
        put_secrets(server, merged_secrets(draft, {}))
        server.save(force_insert=True)
        record_change("server.connected", actor, server, data={"transport": server.transport, "slug": server.slug})
        bump_workspace(workspace_id=workspace.id)
        ask_discovery(server)
    return server


def update_server(*, actor: Principal, server: Server, draft: ServerDraft) -> Server:
    """Change a server; the slug stays. Secrets left blank stay. Raises DraftProblem or StdioRefused."""
    require(actor, "server.manage", in_workspace(server.workspace_id, "server", server.id))
    _refuse_internal(server)
    draft = checked_draft(draft)
    with transaction.atomic():
        server = _locked(server)
        before = _snapshot(server)
        secrets = merged_secrets(draft, kept_secrets(server, draft))
        _write(server, draft, letters=set())
        put_secrets(server, secrets)
        after = _snapshot(server)
        if after == before:
            return server
        reached = any(before[field] != after[field] for field in _REACHED_BY)
        if reached:
            _check_stdio(actor, server, draft)
            server.command_by = command_by(actor, server.workspace, draft) if draft.transport == "stdio" else ""
            # What it speaks is to be found out anew; what was decided about its tools stays.
            server.eras = []
        server.save()
        record_change("server.changed", actor, server, changes=_shown(before, after))
        bump_workspace(workspace_id=server.workspace_id)
        if reached and server.paused_at is None:
            ask_discovery(server)
    return server


def delete_server(*, actor: Principal, server: Server) -> None:
    """Remove a server from the workspace and its hubs, with its secrets and what was decided about its tools."""
    require(actor, "server.manage", in_workspace(server.workspace_id, "server", server.id))
    _refuse_internal(server)
    with transaction.atomic():
        server = _locked(server)
        hubs = list(Hub.objects.filter(hub_servers__server=server))
        record_change("server.deleted", actor, server, data={"slug": server.slug, "hubs": [hub.id for hub in hubs]})
        _let_go(server)
        server.delete()
        reflag_hubs(hubs)
        bump_workspace(workspace_id=server.workspace_id)


def pause_server(*, actor: Principal, server: Server) -> Server:
    """Take no calls and ask nothing, until it is resumed. Again, it changes nothing."""
    require(actor, "server.manage", in_workspace(server.workspace_id, "server", server.id))
    with transaction.atomic():
        server = _locked(server)
        if server.paused_at is None:
            moment = now()
            server.paused_at, server.paused_by = moment, actor.user_id
            server.state, server.state_since = Server.State.PAUSED, moment
            server.next_discovery_at = None
            server.save()
            record_change("server.paused", actor, server)
            _let_go(server)
            bump_workspace(workspace_id=server.workspace_id)
    return server


def resume_server(*, actor: Principal, server: Server) -> Server:
    """Take calls again, and ask it at once what it offers."""
    require(actor, "server.manage", in_workspace(server.workspace_id, "server", server.id))
    with transaction.atomic():
        server = _locked(server)
        if server.paused_at is not None:
            server.paused_at, server.paused_by = None, ""
            server.state, server.state_since = _state_before_pause(server), now()
            server.next_discovery_at = next_discovery(now())
            server.save()
            record_change("server.resumed", actor, server)
            bump_workspace(workspace_id=server.workspace_id)
            ask_discovery(server)
    return server


def rediscover_server(*, actor: Principal, server: Server) -> None:
    """Have a server asked now what it offers. A paused one is not asked. Raises PermissionProblem."""
    require(actor, "server.manage", in_workspace(server.workspace_id, "server", server.id))
    if server.paused_at is None:
        with transaction.atomic():
            ask_discovery(server)


def ask_discovery(server: Server) -> None:
    """Put the discovery of a server into the queue, in the caller's transaction."""
    enqueue_job(task=DISCOVER, subject=server.id, workspace_id=server.workspace_id, queue="discovery")


def _refuse_internal(server: Server) -> None:
    if server.transport == Server.Transport.INTERNAL:
        raise ServiceProblem(
            _("This server is a part of Crossroads. It can be paused, and taken off a hub."), code="internal"
        )


def _let_go(server: Server) -> None:
    """Have its command ended, in the caller's transaction: it would idle for minutes, with its secrets."""
    if server.transport in (Server.Transport.STDIO, Server.Transport.SSE):
        enqueue_job(task=LET_GO, subject=server.id, workspace_id=server.workspace_id)


def _check_stdio(actor: Principal, server: Server, draft: ServerDraft) -> None:
    try:
        require_stdio(actor, server.workspace, draft)
    except StdioRefused as refused:
        raise StdioRefused(
            _("%(reason)s Name and time limit can be changed by you.") % {"reason": refused.sentence}
        ) from None


def _locked(server: Server) -> Server:
    rows = Server.objects.select_for_update(of=("self",), no_key=True).select_related("workspace")
    return rows.get(pk=server.pk)


def _write(server: Server, draft: ServerDraft, *, letters: set[str]) -> None:
    """The readable values of a draft into the row."""
    default_scope = Server.Scope.CLIENT if draft.transport == "stdio" else Server.Scope.WORKSPACE
    server.title = draft.title
    server.letters = draft.letters.upper()[:2] or server.letters or free_letters(draft.title, letters)
    server.transport = draft.transport
    server.command = draft.command
    server.args = list(draft.args)
    server.cwd = draft.cwd
    server.url = draft.url
    server.session_scope = draft.session_scope or default_scope
    server.timeout_ms = draft.timeout_ms


def _state_before_pause(server: Server) -> str:
    if server.problem_kind not in ("", PARTIAL):
        return Server.State.BROKEN
    return Server.State.RUNNING if server.discovered_at else Server.State.NEW


def _snapshot(server: Server) -> dict[str, Any]:
    shown = {name: getattr(server, name) for name in _SHOWN}
    return shown | {"args": list(server.args), "secrets": bytes(server.secrets or b""), "names": server.secret_names}


def _shown(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """The changes for the event: of secrets only that they changed."""
    changes = changed({name: before[name] for name in _SHOWN}, {name: after[name] for name in _SHOWN})
    if before["secrets"] != after["secrets"]:
        changes["secrets"] = [before["names"], after["names"]]
    return changes
