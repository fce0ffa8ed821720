"""Who may have commands run: STDIO_POLICY is the operator's word on it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Workspace
from core.decision import Principal
from core.permissions import INSTALLATION, SYSTEM, allowed
from proxy.errors import StdioRefused
from proxy.importers.drafts import ServerDraft
from proxy.stdio_policy import BUNDLED, BY_SYSTEM

BUNDLED_ARGS = ("-m", "proxy.bundled")
_CODE = Path(__file__).resolve().parents[2]


def stdio_refusal(actor: Principal, workspace: Workspace) -> str:
    """Why `actor` may not have commands run in this workspace, in plain words; "" when they may."""
    policy = settings.ENV.stdio_policy
    if actor is SYSTEM or policy == ("everyone",):
        return ""
    if allowed(actor, "server.run_stdio", INSTALLATION):
        return ""
    if policy == ("operator",):
        return _("Only the operator of this installation may connect servers that run a command. Ask them to do it.")
    if workspace.slug not in policy:
        return _("The operator lets only certain workspaces run commands, and this is not one of them.")
    return ""


def require_stdio(actor: Principal, workspace: Workspace, draft: ServerDraft) -> None:
    """Raises StdioRefused. The bundled server runs code of this installation alone, so everyone may have it."""
    if draft.transport != "stdio" or is_bundled(draft, workspace):
        return
    refusal = stdio_refusal(actor, workspace)
    if refusal:
        raise StdioRefused(refusal)


def command_by(actor: Principal, workspace: Workspace, draft: ServerDraft) -> str:
    """Whom STDIO_POLICY is asked about from now on. A key is nobody: under `operator` it takes the person."""
    if is_bundled(draft, workspace):
        return BUNDLED
    if actor is SYSTEM:
        return BY_SYSTEM
    return actor.user_id if actor.kind == "person" else ""


def bundled_draft(workspace: Workspace) -> ServerDraft:
    """The server that comes with Crossroads: time zones, a calculator, and notes kept for this workspace."""
    notes = settings.ENV.data_dir / "notes" / workspace.id
    return ServerDraft(
        title=_("Toolbox"),
        slug="toolbox",
        letters="TB",
        transport="stdio",
        command=sys.executable,
        args=BUNDLED_ARGS,
        cwd=str(_CODE),
        env={"NOTES_DIR": str(notes)},
        session_scope="workspace",
        catalogue="toolbox",
    )


def as_bundled(draft: ServerDraft, workspace: Workspace) -> ServerDraft:
    """A draft that names the bundled server, as a catalogue does, gets this workspace's folders; others stay."""
    if draft.transport != "stdio" or draft.args != BUNDLED_ARGS or draft.command not in (sys.executable, "python"):
        return draft
    own = bundled_draft(workspace)
    return replace(
        draft, command=own.command, cwd=own.cwd, env=own.env, session_scope=draft.session_scope or own.session_scope
    )


def is_bundled(draft: ServerDraft, workspace: Workspace) -> bool:
    """Exactly what `bundled_draft` says, to the letter: anything else could run other code."""
    own = bundled_draft(workspace)
    same = (draft.command, draft.args, draft.cwd) == (own.command, own.args, own.cwd)
    return same and all(name in own.env and value in ("", own.env[name]) for name, value in draft.env.items())
