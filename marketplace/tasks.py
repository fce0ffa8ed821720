"""Jobs of the marketplace."""

from __future__ import annotations

from datetime import timedelta

from core.jobs import JobLater, job_task
from core.schedule import timer
from marketplace.services import ranking
from marketplace.services.counting import recount_uses
from marketplace.services.demo import TALK, talk_in_demo
from marketplace.services.imports import IMPORT, run_import
from marketplace.services.install_checks import CHECK, check_workspace
from marketplace.services.probe_plans import PROBE, plan_new, postpone, start_due
from marketplace.services.probing import forget_probes, probe_listing
from marketplace.services.scans import give_up_scan, run_scan
from marketplace.services.search_counts import recount
from marketplace.services.search_index import REINDEX, index_pending
from marketplace.services.stats import write_stats
from marketplace.services.terms import write_terms
from marketplace.services.uses import count_calls
from marketplace.services.versions import SCAN


@job_task(
    SCAN,
    lease=timedelta(minutes=6),
    max_attempts=3,
    give_up=lambda subject, error: give_up_scan(version_id=subject),
)
def scan_version(subject: str) -> None:
    run_scan(version_id=subject)


@job_task(REINDEX, lease=timedelta(minutes=15))
def reindex_listings(subject: str) -> None:
    """What does not fit into a few minutes is done by the next one, so that a worker can end in between."""
    if not index_pending(seconds=240):
        raise JobLater(0)


@job_task(TALK)
def talk(subject: str) -> None:
    """The worker is free between two messages."""
    if not talk_in_demo():
        raise JobLater(1)


@job_task(IMPORT, lease=timedelta(hours=2), max_attempts=1)
def import_listings(subject: str) -> None:
    run_import(run_id=subject)


@timer("marketplace.rank", every=timedelta(hours=1))
def rank_listings() -> None:
    recount_uses()
    ranking.recount_due()


@timer("marketplace.count_search", every=timedelta(minutes=10))
def count_search() -> None:
    recount(now=True)


@job_task(CHECK)
def check_installs(subject: str) -> None:
    check_workspace(workspace_id=subject)


@timer("marketplace.count_uses", every=timedelta(minutes=5))
def count_uses() -> None:
    count_calls()


@timer("marketplace.write_stats", every=timedelta(minutes=1))
def keep_stats() -> None:
    write_stats()
    write_terms()


@job_task(
    PROBE,
    queue="discovery",
    lease=timedelta(minutes=5),
    max_attempts=3,
    give_up=lambda subject, error: postpone(listing_id=subject),
)
def probe(subject: str) -> None:
    probe_listing(listing_id=subject)


@timer("marketplace.start_probes", every=timedelta(minutes=1))
def start_probes() -> None:
    start_due()


@timer("marketplace.plan_probes", every=timedelta(hours=1))
def plan_probes() -> None:
    plan_new()
    forget_probes()
