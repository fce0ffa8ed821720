"""Imports: what was read from where, and what came of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import PrefixedModel, prefixed_id


class ImportRun(PrefixedModel):
    """One import of a file or a registry. `created_at` is when it began."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = prefixed_id("imp")
    source = models.CharField(max_length=40, blank=True)
    """`import:<name>`, as on the listings it made; empty until the format is known."""
    origin = models.CharField(max_length=500)
    """The file's name or the registry's address."""
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    problem = models.TextField(blank=True)
    """Why it ended before its time."""
    report = models.JSONField(default=dict)
    """marketplace.importers.reports.Report."""
    cursor = models.CharField(max_length=1000, blank=True)
    """Where a registry is to be read on from; empty at its end."""
    asked_since = models.DateTimeField(null=True)
    """The `updated_since` that was asked for."""
    body = models.BinaryField(null=True)
    """What was uploaded, until it is read."""
    finished_at = models.DateTimeField(null=True)
    started_by = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=["origin", "-id"], name="import_of_origin")]

    def __str__(self) -> str:
        return f"{self.origin} {self.state}"
