"""Is everything well? Checks that higher apps register, for the operator's page; the stores', for `/healthz` too.

register_check("workers", _("Workers"), check)      # check() -> Finding, or a list of them
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core import partitions
from core.clock import now
from core.components.formats import byte_parts
from core.jobs import queue_lengths
from core.models import Job, Message
from core.redis import connection as redis_connection
from core.redis import key

LATE = timedelta(minutes=5)
log = logging.getLogger(__name__)
State = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """One line of the health page. `rows`: (label, value) pairs below it."""

    state: State
    text: str
    rows: Sequence[tuple[str, str | int]] = field(default_factory=tuple)


@dataclass(frozen=True)
class Section:
    name: str
    title: str | Promise
    finding: Finding


Check = Callable[[], Finding]
_checks: dict[str, tuple[str | Promise, Check, int]] = {}


def register_check(name: str, title: str | Promise, check: Check, *, order: int = 50) -> None:
    """Show `check()` as a section of the health page. A check that raises is shown as a finding, never as a 500."""
    _checks[name] = (title, check, order)


def sections() -> list[Section]:
    """Every check's finding, in order."""
    found = sorted(_checks.items(), key=lambda item: (item[1][2], item[0]))
    return [Section(name, title, _run(name, check)) for name, (title, check, _order) in found]


def _run(name: str, check: Check) -> Finding:
    try:
        with transaction.atomic():
            return check()
    except Exception as problem:
        log.exception("health check %s", name)
        return Finding("bad", _("The check itself failed: %s.") % type(problem).__name__)


def postgres_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def check_postgres() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database()), "
            "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()), "
            "current_setting('max_connections')"
        )
        version, size, used, most = cursor.fetchone()
    rows = [(_("Version"), version), (_("Size"), " ".join(byte_parts(size))), (_("Connections"), f"{used} / {most}")]
    near = int(used) > int(most) * 0.8
    return Finding("warn" if near else "ok", _("nearly all connections are taken") if near else _("answers"), rows)


def check_redis() -> Finding:
    try:
        info = redis_connection().info()
    except redis.RedisError as problem:
        return Finding("bad", _("does not answer: %s") % type(problem).__name__)
    assert isinstance(info, dict)
    version = info.get("valkey_version") or info.get("redis_version", "")
    rows = [(_("Version"), str(version)), (_("Memory"), " ".join(byte_parts(int(info.get("used_memory", 0)))))]
    return Finding("ok", _("answers"), rows)


def check_partitions() -> Finding:
    """Rows outside every month mean that a partition was not made in time."""
    stray = partitions.stray_rows()
    state: State = "bad" if any(stray.values()) else "ok"
    text = _("rows stand outside every month") if state == "bad" else _("every row stands in its month")
    return Finding(state, text, list(stray.items()))


def check_queues() -> Finding:
    """Jobs that are due and not begun; a queue that grows has too few workers."""
    lengths = queue_lengths()
    oldest = Job.objects.filter(state=Job.State.WAITING).order_by("due_at").values_list("due_at", flat=True).first()
    late = oldest is not None and now() - oldest > LATE
    failed = Job.objects.filter(state=Job.State.FAILED).count()
    rows: list[tuple[str, str | int]] = [*lengths.items(), (_("failed"), failed)]
    if late:
        return Finding("bad", _("jobs have been waiting for more than five minutes"), rows)
    return Finding("warn" if failed else "ok", _("some jobs failed") if failed else _("nothing waits too long"), rows)


def check_workers() -> Finding:
    """Workers and beat say every few seconds that they live."""
    client = redis_connection()
    prefix = key("alive:")
    try:
        found = list(client.scan_iter(match=f"{prefix}*", count=1000))
    except redis.RedisError:
        return Finding("warn", _("cannot be told without Redis"))
    names = sorted(name.decode().removeprefix(prefix) for name in found)
    workers = [name for name in names if name.startswith("worker:")]
    rows = [(name.removeprefix("worker:"), _("lives")) for name in names]
    if not workers:
        return Finding("bad", _("no worker was heard of for half a minute: jobs wait"), rows)
    if "beat" not in names:
        return Finding("bad", _("beat was not heard of: nothing that is due gets woken"), rows)
    return Finding("ok", ngettext("one worker", "%(count)d workers", len(workers)) % {"count": len(workers)}, rows)


def check_outbox() -> Finding:
    """Mails that nobody got yet."""
    counts = dict(Message.objects.values_list("state").annotate(Count("pk")).order_by())
    held, failed = counts.get(Message.State.HELD, 0), counts.get(Message.State.FAILED, 0)
    if failed:
        return Finding("bad", _("some could not be sent"), list(counts.items()))
    if not settings.EMAIL_CONFIGURED:
        text = _("no mail server is set (EMAIL_URL): messages stand in the outbox")
        return Finding("warn", text, [(_("held"), held)])
    return Finding("ok", _("messages are sent"), list(counts.items()))


def register() -> None:
    register_check("postgres", gettext_lazy("PostgreSQL"), check_postgres, order=10)
    register_check("redis", gettext_lazy("Redis"), check_redis, order=20)
    register_check("workers", gettext_lazy("Workers"), check_workers, order=30)
    register_check("queues", gettext_lazy("Queues"), check_queues, order=40)
    register_check("mail", gettext_lazy("Mail"), check_outbox, order=50)
    register_check("partitions", gettext_lazy("Monthly partitions"), check_partitions, order=60)
