"""Jobs of reviews and ratings."""

from __future__ import annotations

from datetime import timedelta

from core.jobs import job_task
from core.schedule import timer
from marketplace.services import recounting


@job_task(recounting.RECOUNT)
def recount_ratings(subject: str) -> None:
    recounting.recount_ratings(listing_id=subject)


@timer("marketplace.recount_all_ratings", every=timedelta(days=1))
def recount_all_ratings() -> None:
    """Also where nobody wrote: weights fall with time, and people and workspaces are suspended."""
    recounting.queue_all()
    recounting.forget_networks()
