"""The one mailer's rows."""

from __future__ import annotations

from django.db import models

from core.models.base import PrefixedModel, prefixed_id


class Message(PrefixedModel):
    """A mail as text and HTML. Without SMTP it stays `held` and stands in the operator's outbox."""

    class State(models.TextChoices):
        HELD = "held"
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"

    id = prefixed_id("msg")
    kind = models.CharField(max_length=80, blank=True)
    to = models.CharField(max_length=320)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    links = models.JSONField(default=list)
    """Addresses found in the text, for copying in the outbox."""
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-id"], name="message_newest")]

    def __str__(self) -> str:
        return self.subject
