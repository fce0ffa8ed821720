"""Jobs are rows; the broker's message only wakes them. Idempotent requests are remembered here too."""

from __future__ import annotations

from django.db import models

from core.models.base import PrefixedModel, prefixed_id


class Job(PrefixedModel):
    """One piece of background work. May run twice without harm; the sweeper wakes what was lost."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = prefixed_id("job")
    workspace = models.CharField(max_length=40, blank=True, db_index=True)
    task = models.CharField(max_length=120)
    """The Celery task's name."""
    queue = models.CharField(max_length=20, default="default")
    subject = models.CharField(max_length=40, blank=True)
    """Id of what the job is about; passed to the task."""
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=5)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"], name="job_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "subject"],
                condition=models.Q(state="waiting"),
                name="job_once_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.subject}"


class IdempotentRequest(models.Model):
    """The answer to a write that carried an Idempotency-Key, kept for 24 hours. Secrets are left out of the body."""

    owner = models.CharField(max_length=80)
    """Id of the key or person that sent it."""
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of method, path and body."""
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="idempotent_once")]

    def __str__(self) -> str:
        return self.key
