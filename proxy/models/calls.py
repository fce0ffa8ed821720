"""Calls: one row for each request through a hub, and calls asked for by API that a worker runs."""

from __future__ import annotations

from django.db import models

from core.models import PrefixedModel, prefixed_id


class Call(models.Model):
    """A recorded request. Partitioned by `month`, which follows from the id, so that (id, month) is unique.

    Written in batches by the journal's flusher (raw SQL), read by pages and API; never deleted row by row.
    """

    pk = models.CompositePrimaryKey("id", "month")
    id = models.CharField(max_length=40)
    month = models.DateField()
    workspace = models.CharField(max_length=40)
    hub = models.CharField(max_length=40, blank=True)
    server = models.CharField(max_length=40, blank=True)
    principal = models.CharField(max_length=80, blank=True)
    user = models.CharField(max_length=40, blank=True)
    key = models.CharField(max_length=40, blank=True)
    client_name = models.CharField(max_length=120, blank=True)
    client_version = models.CharField(max_length=60, blank=True)
    protocol = models.CharField(max_length=12, blank=True)
    method = models.CharField(max_length=60)
    name = models.CharField(max_length=2000, blank=True)
    outcome = models.CharField(max_length=16)
    error_code = models.IntegerField(default=0)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField()
    duration_us = models.BigIntegerField()
    stages = models.JSONField(default=dict)
    request_bytes = models.IntegerField(default=0)
    reply_bytes = models.IntegerField(default=0)
    arguments = models.BinaryField(null=True)
    """Sealed under the workspace's data key; set only where the hub records payloads."""
    result = models.BinaryField(null=True)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        managed = False
        db_table = "proxy_call"

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


class CallJob(PrefixedModel):
    """A call that `POST /api/v1/calls` asked for; a worker runs it. Its arguments and result are sealed."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = prefixed_id("run")
    workspace = models.CharField(max_length=40, db_index=True)
    hub = models.CharField(max_length=40)
    tool = models.CharField(max_length=2000)
    arguments = models.BinaryField()
    principal = models.JSONField()
    """The principal as it was when asked; checked again when run."""
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    call = models.CharField(max_length=40, blank=True)
    """Id of the recorded call; also makes a second run find the first."""
    result = models.BinaryField(null=True)
    error = models.TextField(blank=True)
    webhook_url = models.CharField(max_length=2000, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.tool} {self.state}"
