"""What assistants do when something of theirs is stored."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from assistants.adapters.watching import tell_followers
from assistants.models import Assistant, Run
from assistants.services.hub_doors import push_offers
from assistants.tasks import PUSH
from core.clock import now
from core.jobs import enqueue_job

log = logging.getLogger(__name__)
OFFERED = frozenset({"slug", "name", "summary", "state", "deployed", "values", "value_names", "offer_tool"})
"""What of an assistant the hubs show."""
AGAIN = timedelta(seconds=10)


@receiver(post_save, sender=Run, dispatch_uid="assistants.tell_followers")
def tell_of_run(sender: type[Run], instance: Run, **_more: Any) -> None:
    """A run begins, or goes on after an answer: every page that shows the conversation follows it."""
    if instance.state == Run.State.QUEUED:
        conversation = instance.conversation_id
        transaction.on_commit(lambda: tell_followers(conversation))


@receiver(post_save, sender=Assistant, dispatch_uid="assistants.push_offers")
def tell_hubs(
    sender: type[Assistant], instance: Assistant, update_fields: frozenset[str] | None = None, **_more: Any
) -> None:
    """Deployed, paused, renamed, offered or not: the hubs of its workspace follow, whoever changed it."""
    if update_fields is None or OFFERED & update_fields:
        _push_later(instance.workspace_id)


@receiver(post_delete, sender=Assistant, dispatch_uid="assistants.take_back_offers")
def tell_hubs_of_end(sender: type[Assistant], instance: Assistant, **_more: Any) -> None:
    _push_later(instance.workspace_id)


def _push_later(workspace_id: str) -> None:
    """At once, and once more by a job that is stored with the change: whatever comes in between, the hubs follow."""
    enqueue_job(task=PUSH, subject=workspace_id, workspace_id=workspace_id, due_at=now() + AGAIN)
    transaction.on_commit(lambda: _push(workspace_id))


def _push(workspace_id: str) -> None:
    """The change itself is stored by now: it must not look as if it had failed."""
    try:
        push_offers(workspace_id=workspace_id)
    except DatabaseError:
        log.exception("the hubs of %s follow in %d seconds", workspace_id, AGAIN.total_seconds())
