"""Jobs of the marketplace."""

from __future__ import annotations

from datetime import timedelta

from core.jobs import job_task
from marketplace.services.scans import give_up_scan, run_scan
from marketplace.services.versions import SCAN


@job_task(
    SCAN,
    lease=timedelta(minutes=6),
    max_attempts=3,
    give_up=lambda subject, error: give_up_scan(version_id=subject),
)
def scan_version(subject: str) -> None:
    run_scan(version_id=subject)
