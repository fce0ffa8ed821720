"""What assistants do when something of theirs is stored."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from assistants.adapters.watching import tell_followers
from assistants.models import Run


@receiver(post_save, sender=Run, dispatch_uid="assistants.tell_followers")
def tell_of_run(sender: type[Run], instance: Run, **_more: Any) -> None:
    """A run begins, or goes on after an answer: every page that shows the conversation follows it."""
    if instance.state == Run.State.QUEUED:
        conversation = instance.conversation_id
        transaction.on_commit(lambda: tell_followers(conversation))
