"""Is everything well? Checks that higher apps register, for the operator's page; the stores', for `/healthz` too.

    register_check("workers", _("Workers"), check)      # check() -> Finding, or a list of them
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import redis
from django.db import DatabaseError, connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import partitions
from core.redis import connection as redis_connection

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


def redis_answers() -> bool:
    try:
        return bool(redis_connection().ping())
    except redis.RedisError:
        return False


def check_postgres() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database()), "
            "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()), "
            "current_setting('max_connections')"
        )
        version, size, used, most = cursor.fetchone()
    rows = [(_("Version"), version), (_("Size"), f"{size / 1e6:.1f} MB"), (_("Connections"), f"{used} / {most}")]
    near = int(used) > int(most) * 0.8
    return Finding("warn" if near else "ok", _("nearly all connections are taken") if near else _("answers"), rows)


def check_redis() -> Finding:
    try:
        info = redis_connection().info()
    except redis.RedisError as problem:
        return Finding("bad", _("does not answer: %s") % type(problem).__name__)
    assert isinstance(info, dict)
    version = info.get("valkey_version") or info.get("redis_version", "")
    rows = [(_("Version"), str(version)), (_("Memory"), str(info.get("used_memory_human", "")))]
    return Finding("ok", _("answers"), rows)


def check_partitions() -> Finding:
    """Rows outside every month mean that a partition was not made in time."""
    stray = partitions.stray_rows()
    state: State = "bad" if any(stray.values()) else "ok"
    text = _("rows stand outside every month") if state == "bad" else _("every row stands in its month")
    return Finding(state, text, list(stray.items()))


def register() -> None:
    register_check("postgres", gettext_lazy("PostgreSQL"), check_postgres, order=10)
    register_check("redis", gettext_lazy("Redis"), check_redis, order=20)
    register_check("partitions", gettext_lazy("Monthly partitions"), check_partitions, order=60)
