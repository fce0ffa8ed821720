"""The one event table: what happened, who did it, to what. Audit, activity and webhooks are views of it."""

from __future__ import annotations

from django.db import models

from core.models.base import prefixed_id


class Event(models.Model):
    """Insert-only. Holds ids, never personal values: those stand in EventPersonal, bound by `commitment`."""

    id = prefixed_id("evt")
    workspace = models.CharField(max_length=40, blank=True, db_index=True)
    """Workspace id; empty for events of the installation."""
    type = models.CharField(max_length=80)
    """Dotted, past tense: `server.connected`, `key.revoked`."""
    actor_kind = models.CharField(max_length=16)
    """person, key, system or anonymous."""
    actor = models.CharField(max_length=80, blank=True)
    key = models.CharField(max_length=40, blank=True)
    target_kind = models.CharField(max_length=40, blank=True)
    target = models.CharField(max_length=80, blank=True)
    changes = models.JSONField(default=dict)
    """{"field": [before, after]}, secrets masked."""
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=40, blank=True)
    commitment = models.BinaryField(null=True)
    """Salted hash of the personal row."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-id"], name="event_workspace"),
            models.Index(fields=["workspace", "type", "-id"], name="event_type"),
            models.Index(fields=["workspace", "target", "-id"], name="event_target"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.target}"


class EventPersonal(models.Model):
    """Personal values of one event (address, e-mail, user agent). Erasing the row breaks no chain."""

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True, related_name="personal")
    salt = models.BinaryField()
    values = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.event_id)
