"""What the operator's health page says of the gateway's parts."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.health import Finding, register_check
from proxy.adapters import runtime
from proxy.adapters.journal import FileJournal
from proxy.adapters.wiring import Engine
from proxy.engine.ports import UpstreamProblem
from proxy.owner.frames import ChildStatus

MOST_CHILDREN = 100


def register_checks() -> None:
    """Called once, in AppConfig.ready."""
    register_check("owner", gettext_lazy("Commands (owner)"), check_owner, order=32)
    register_check("journal", gettext_lazy("Journal of calls"), check_journal, order=35)


def check_owner() -> Finding:
    """The process that holds every server run as a command."""
    try:
        status = runtime.run(lambda engine: engine.owner.status(), timeout_s=5)
    except (UpstreamProblem, TimeoutError, OSError) as problem:
        return Finding("bad", _("does not answer: %s") % problem)
    children = status.children
    rows = [(child.title, _child_words(child)) for child in children[:MOST_CHILDREN]]
    words = ngettext("%(n)d session runs", "%(n)d sessions run", len(children)) % {"n": len(children)}
    near = len(children) > status.max_children * 0.8
    return Finding("warn" if near else "ok", words, rows)


def _child_words(child: ChildStatus) -> str:
    return _("pid %(pid)d, %(processes)d processes, %(memory).0f MB, %(requests)d requests") % {
        "pid": child.pid,
        "processes": child.processes,
        "memory": child.rss / 1e6,
        "requests": child.requests,
    }


def check_journal() -> Finding:
    """Records that wait for Postgres, and any that were lost."""
    journal = runtime.run(_journal, timeout_s=5)
    if journal.lost:
        return Finding("bad", _("%(n)d records were lost") % {"n": journal.lost})
    if journal.problem:
        return Finding("warn", journal.problem)
    return Finding("ok", _("records reach Postgres"))


async def _journal(engine: Engine) -> FileJournal:
    return engine.journal
