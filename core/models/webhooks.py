"""The one signed webhook sender's rows."""

from __future__ import annotations

from django.db import models

from core.models.base import PrefixedModel, prefixed_id


class WebhookEndpoint(PrefixedModel):
    """Where a workspace wants its events. `secret` is sealed under the workspace's data key, shown once."""

    id = prefixed_id("whk")
    workspace = models.CharField(max_length=40, db_index=True)
    url = models.URLField(max_length=2000)
    types = models.JSONField(default=list)
    """Event types wanted; empty means all."""
    secret = models.BinaryField()
    enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(PrefixedModel):
    """One event on its way to one endpoint, or to a single address (`url`) that a request named."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    id = prefixed_id("whd")
    workspace = models.CharField(max_length=40, db_index=True)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, null=True, related_name="deliveries")
    url = models.URLField(max_length=2000)
    event = models.CharField(max_length=40, blank=True)
    type = models.CharField(max_length=80)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    """HTTP status of the last attempt."""
    answer = models.CharField(max_length=500, blank=True)
    """Start of the last answer's body, or what went wrong."""
    duration_ms = models.PositiveIntegerField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event"], condition=~models.Q(event=""), name="delivery_once_per_event"
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} to {self.url}"
