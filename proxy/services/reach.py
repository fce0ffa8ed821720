"""How a server is reached, from its row or from a draft, with secrets in their places."""

from __future__ import annotations

from typing import cast

from accounts.models import Workspace
from proxy.engine.ports import Era, Transport, UpstreamSpec
from proxy.importers.drafts import Scope, ServerDraft
from proxy.models import Server
from proxy.services.secrets import Opened, opened_secrets
from proxy.specs import make_spec, server_fingerprint


def fingerprint_of(server: Server) -> str:
    """Changes whenever the server is reached in another way."""
    return server_fingerprint(
        transport=server.transport,
        command=server.command,
        args=server.args,
        cwd=server.cwd,
        url=server.url,
        secrets=server.secrets,
        eras=server.eras,
        session_scope=server.session_scope,
        timeout_ms=server.timeout_ms,
    )


def spec_of_server(server: Server) -> UpstreamSpec:
    """The spec of a stored server. Raises CryptoError when its secrets do not open."""
    return make_spec(
        server_id=server.id,
        workspace_id=server.workspace_id,
        slug=server.slug,
        title=server.title,
        transport=cast(Transport, server.transport),
        command=server.command,
        args=server.args,
        cwd=server.cwd,
        url=server.url,
        secrets=opened_secrets(server),
        eras=cast("list[Era]", server.eras),
        session_scope=cast(Scope, server.session_scope),
        timeout_ms=server.timeout_ms,
        fingerprint=fingerprint_of(server),
    )


def spec_of_draft(draft: ServerDraft, secrets: Opened, workspace: Workspace) -> UpstreamSpec:
    """The spec of a draft that is tried out. It has no fingerprint: its session is nobody else's."""
    return make_spec(
        server_id="",
        workspace_id=workspace.id,
        slug=draft.slug or "draft",
        title=draft.title,
        transport=draft.transport,
        command=draft.command,
        args=draft.args,
        cwd=draft.cwd,
        url=draft.url,
        secrets=secrets,
        session_scope=draft.session_scope or "workspace",
        timeout_ms=draft.timeout_ms,
    )
