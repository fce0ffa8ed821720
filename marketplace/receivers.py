"""What follows from changes elsewhere. Connected in AppConfig.ready."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from assistants.models import Run
from assistants.signals import assistant_deleted, run_finished
from core.events import subscribe
from core.jobs import enqueue_job
from core.models import Event
from marketplace.models import Install, ListingVersion
from marketplace.services.install_checks import CHECK
from marketplace.services.probe_plans import plan_soon
from marketplace.services.search_index import queue_listings
from marketplace.services.showroom import close_trials
from marketplace.services.sponsoring import renew_sponsorships
from marketplace.services.uses import record_run
from marketplace.signals import listing_changed, listings_changed, version_live
from proxy.models import Server

TOLD = ("server.", "hub.", "provider.", "feature.", "assistant.values_filled")
"""Events after which something that an install lacked may be there, or gone."""


@receiver(listing_changed, dispatch_uid="search.listing_changed")
def _index_listing(listing_id: str, **_: Any) -> None:
    queue_listings(listing_ids=[listing_id])


@receiver(listings_changed, dispatch_uid="search.listings_changed")
def _index_listings(listing_ids: Sequence[str], **_: Any) -> None:
    queue_listings(listing_ids=listing_ids)


@receiver(listing_changed, dispatch_uid="trials.listing_changed")
def _renew_trial(listing_id: str, **_: Any) -> None:
    renew_sponsorships(listing_ids=[listing_id])
    close_trials(listing_ids=[listing_id])


@receiver(listings_changed, dispatch_uid="trials.listings_changed")
def _renew_trials(listing_ids: Sequence[str], **_: Any) -> None:
    renew_sponsorships(listing_ids=listing_ids)
    close_trials(listing_ids=listing_ids)


@receiver(version_live, dispatch_uid="evidence.version_live")
def _probe_soon(version: ListingVersion, **_: Any) -> None:
    plan_soon(listing_id=version.listing_id)


@receiver(run_finished, dispatch_uid="installs.run_finished")
def _count_run(run: Run, **_: Any) -> None:
    record_run(run=run)


@receiver(assistant_deleted, dispatch_uid="installs.assistant_deleted")
def _check_deleted(workspace_id: str, install: str, **_: Any) -> None:
    if install:
        _check(workspace_id)


@receiver(post_save, sender=Server, dispatch_uid="installs.server_saved")
def _check_server(instance: Server, **_: Any) -> None:
    """Discovery tells nobody of the first time that a server answers; its row does."""
    _check(instance.workspace_id)


def _check_event(event: Event) -> None:
    if event.workspace and event.type.startswith(TOLD):
        _check(event.workspace)


def _check(workspace_id: str) -> None:
    if Install.objects.filter(workspace=workspace_id, removed_at=None).exists():
        enqueue_job(task=CHECK, subject=workspace_id, workspace_id=workspace_id)


subscribe(_check_event)
