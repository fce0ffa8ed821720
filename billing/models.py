"""Meters and usage events. Plans, invoices and the ledger come with their own capability."""

from __future__ import annotations

from django.db import models

from core.models import PrefixedModel, prefixed_id


class Meter(PrefixedModel):
    """What is counted: `calls`, `reply_bytes`. One row for each name of the installation."""

    id = prefixed_id("mtr")
    name = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=80)
    unit = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.title


class UsageEvent(models.Model):
    """One countable thing that happened. Its id is permanent, made from what happened: never a new one for a retry.

    The table is partitioned by `month`, which follows from the id, so that (id, month) is unique.
    """

    pk = models.CompositePrimaryKey("id", "month")
    id = models.CharField(max_length=80)
    """`<call id>:<meter name>`."""
    month = models.DateField()
    meter = models.CharField(max_length=40)
    workspace = models.CharField(max_length=40)
    subject = models.CharField(max_length=40, blank=True)
    """Hub id."""
    actor = models.CharField(max_length=80, blank=True)
    quantity = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "billing_usageevent"

    def __str__(self) -> str:
        return self.id


class UsageHour(models.Model):
    """Usage summed by hour: what pages and later invoices read."""

    workspace = models.CharField(max_length=40)
    meter = models.CharField(max_length=40)
    subject = models.CharField(max_length=40, blank=True)
    hour = models.DateTimeField()
    quantity = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "meter", "subject", "hour"], name="usage_hour_once")
        ]

    def __str__(self) -> str:
        return f"{self.workspace} {self.meter} {self.hour:%Y-%m-%d %H}"
