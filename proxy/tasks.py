"""Jobs and timers of servers and calls."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from core import partitions
from core.clock import now
from core.jobs import job_task
from core.schedule import timer
from proxy.services.barring import apply_stdio_policy
from proxy.services.calls import RUN, fail_call, forget_old_runs
from proxy.services.discovery import DISCOVER, enqueue_due
from proxy.services.pruning import prune_definitions
from proxy.services.runs import run_call, run_discovery, run_let_go
from proxy.services.servers import LET_GO


@job_task(DISCOVER, queue="discovery", lease=timedelta(minutes=6), max_attempts=3)
def discover_server(subject: str) -> None:
    run_discovery(server_id=subject)


@job_task(
    RUN,
    queue="calls",
    lease=timedelta(minutes=13),
    max_attempts=3,
    give_up=lambda subject, error: fail_call(job_id=subject, error=error),
)
def call_tool(subject: str) -> None:
    run_call(job_id=subject)


@job_task(LET_GO, max_attempts=3)
def let_go(subject: str) -> None:
    run_let_go(server_id=subject)


@timer("proxy.rediscover_due", every=timedelta(seconds=5))
def rediscover_due() -> None:
    """Servers whose time has come, or that said that their lists changed."""
    enqueue_due()


@timer("proxy.apply_stdio_policy", every=timedelta(minutes=1))
def apply_policy() -> None:
    """Servers that may not run any more, or may again: the policy or who is operator changed."""
    apply_stdio_policy()


@timer("proxy.prune_definitions", every=timedelta(days=1))
def prune() -> None:
    """What servers once said of their tools, and nobody needs any more."""
    prune_definitions()


@timer("proxy.forget", every=timedelta(hours=1))
def forget() -> None:
    """Drop months of calls that nobody keeps, and runs that ended long ago."""
    oldest = now().date() - timedelta(days=settings.ENV.call_retention_days)
    partitions.drop_partitions(table="proxy_call", before=oldest)
    forget_old_runs()
