"""Trying a connection before it is saved, and saying in plain words what is wrong with it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from accounts.permissions import in_workspace, require
from core.decision import Principal
from core.errors import Text
from proxy.adapters import runtime
from proxy.engine.discovery import probe
from proxy.engine.ports import UpstreamProblem
from proxy.importers.drafts import ServerDraft
from proxy.models import Server
from proxy.services.drafts import checked_draft
from proxy.services.reach import spec_of_draft
from proxy.services.secrets import Opened, kept_secrets, mask, merged_secrets
from proxy.services.stdio import as_bundled, require_stdio

LONGEST_S = 90.0
"""A first start may install a package; whoever waits in a browser waits no longer than this."""
_DETAIL = 4000
_SENTENCE = 2000


@dataclass(frozen=True)
class Advice:
    """What a kind of problem is called, and what to do about it."""

    title: Text
    advice: Text


ADVICE: Mapping[str, Advice] = {
    "not_found": Advice(
        _("The command was not found"),
        _("Check its spelling, and that the program is installed where Crossroads runs."),
    ),
    "exited": Advice(
        _("The command ended at once"),
        _("What it said is below. Often an argument is wrong, or a variable or key is missing."),
    ),
    "tls": Advice(
        _("The secure connection failed"),
        _("Check the address. If the certificate is not one that the world trusts, the server needs another."),
    ),
    "unauthorized": Advice(
        _("It asks for credentials"),
        _("Add the header it wants, most often “Authorization: Bearer …”, or check the key you gave."),
    ),
    "forbidden": Advice(
        _("It refuses these credentials"), _("The key is known but may not do this. Give it the rights it needs.")
    ),
    "not_mcp": Advice(
        _("This is no MCP server"),
        _("Something answers, but it is something else. The address often ends in /mcp or /sse."),
    ),
    "timeout": Advice(
        _("It does not answer in time"),
        _("Try again, or allow it more time. A command that installs itself first takes longer the first time."),
    ),
    "refused": Advice(_("It cannot be reached"), _("Check the address and the port, and that the server is running.")),
    "address": Advice(
        _("This address is not allowed"),
        _("Crossroads does not connect to private addresses. The operator can allow networks with ALLOW_NETWORKS."),
    ),
    "closed": Advice(
        _("It closed the connection"), _("It may have crashed. Look at the server's own log, then try again.")
    ),
    "too_large": Advice(_("Its answer is too large"), _("Make the server answer less at once.")),
    "protocol": Advice(
        _("It does not keep to the protocol"),
        _("Perhaps another transport fits: Streamable HTTP, or SSE for older ones."),
    ),
    "unsupported": Advice(
        _("It speaks another version"), _("Update the server; Crossroads speaks every published protocol version.")
    ),
    "session_lost": Advice(_("It forgot the session"), _("Try again.")),
}
OTHER = Advice(_("It does not work"), _("Try again. If it stays so, look at the server's own log."))


@dataclass(frozen=True, kw_only=True)
class ConnectionTest:
    """How a trial went. `detail` is evidence (stderr, the start of an answer) with secrets masked."""

    ok: bool
    kind: str = ""
    title: Text = ""
    sentence: Text = ""
    advice: Text = ""
    detail: str = ""
    server_name: str = ""
    server_version: str = ""
    versions: tuple[str, ...] = ()
    duration_ms: int = 0


def test_connection(
    *, actor: Principal, workspace: Workspace, draft: ServerDraft, server: Server | None = None
) -> ConnectionTest:
    """Ask a server as a draft says; nothing is saved. Secrets left blank are those of `server`.

    Raises DraftProblem for values that cannot be used, StdioRefused, and PermissionProblem.
    """
    require(actor, "server.manage", in_workspace(workspace, "server", server.id if server else ""))
    draft = checked_draft(as_bundled(draft, workspace))
    require_stdio(actor, workspace, draft)
    secrets = merged_secrets(draft, kept_secrets(server, draft) if server else {})
    spec = spec_of_draft(draft, secrets, workspace)
    limit = min(LONGEST_S, draft.timeout_ms / 1000)
    began = time.perf_counter()
    try:
        found = runtime.run(lambda engine: probe(engine.upstreams, spec), timeout_s=limit)
    except TimeoutError:
        silent = UpstreamProblem("timeout", str(_("The server did not answer within %d seconds.") % limit))
        return _failed(silent, secrets, began)
    if found.problem is not None:
        return _failed(found.problem, secrets, began)
    name = found.server_name[:200] or draft.title
    return ConnectionTest(
        ok=True,
        sentence=_("%(name)s answers, and speaks MCP %(versions)s.")
        % {"name": name, "versions": ", ".join(found.versions)},
        server_name=found.server_name[:200],
        server_version=found.server_version[:100],
        versions=tuple(found.versions),
        duration_ms=_since(began),
    )


test_connection.__test__ = False  # type: ignore[attr-defined]  # not a test, though its name begins like one


def advice_for(kind: str) -> Advice:
    """What a kind of UpstreamProblem is called, and what to do about it."""
    return ADVICE.get(kind, OTHER)


def _failed(problem: UpstreamProblem, secrets: Opened, began: float) -> ConnectionTest:
    found = advice_for(problem.kind)
    return ConnectionTest(
        ok=False,
        kind=problem.kind,
        title=found.title,
        sentence=mask(problem.sentence, secrets)[:_SENTENCE],
        advice=found.advice,
        detail=mask(problem.detail, secrets)[-_DETAIL:],
        duration_ms=_since(began),
    )


def _since(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)
