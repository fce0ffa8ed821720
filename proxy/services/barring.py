"""Commands that STDIO_POLICY does not let run any more: ended, and told of where they are shown."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from accounts.services import bump_workspace
from core.clock import now
from core.jobs import enqueue_job
from proxy.engine.ports import UpstreamProblem
from proxy.models import Server
from proxy.services.discovery import record_problem
from proxy.services.servers import LET_GO
from proxy.stdio_policy import NOT_ALLOWED, stdio_bar


def bar_of(server: Server) -> str:
    """Why this server may not run, in plain words; "" when it may."""
    operator = User.objects.filter(pk=server.command_by, is_operator=True, is_active=True)
    return _bar(server, server.transport == Server.Transport.STDIO and operator.exists())


def apply_stdio_policy() -> int:
    """Say of every server what the policy of now means for it. The gateway asks the policy itself, and runs none.

    Returns how many changed; running it again changes nothing.
    """
    operator = User.objects.filter(pk=OuterRef("command_by"), is_operator=True, is_active=True)
    rows = Server.objects.filter(Q(transport=Server.Transport.STDIO) | Q(problem_kind=NOT_ALLOWED), paused_at=None)
    changed = 0
    for server in rows.select_related("workspace").annotate(by_operator=Exists(operator)):
        bar = _bar(server, server.by_operator)
        if bool(bar) != (server.problem_kind == NOT_ALLOWED):
            _tell(server, bar)
            changed += 1
    return changed


def _bar(server: Server, by_operator: bool) -> str:
    return stdio_bar(
        settings.ENV.stdio_policy,
        transport=server.transport,
        command_by=server.command_by,
        by_operator=by_operator,
        workspace_slug=server.workspace.slug,
    )


def _tell(server: Server, bar: str) -> None:
    with transaction.atomic():
        if bar:
            record_problem(server=server, problem=UpstreamProblem(NOT_ALLOWED, bar))
            enqueue_job(task=LET_GO, subject=server.id, workspace_id=server.workspace_id)
        else:
            # It may run again: it is asked at once, and until then nothing is known against it.
            Server.objects.filter(pk=server.pk).update(problem_kind="", problem="", next_discovery_at=now())
        bump_workspace(workspace_id=server.workspace_id)
