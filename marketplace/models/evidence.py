"""Evidence: what Crossroads measured of a listing, with dates."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import PrefixedModel, prefixed_id
from marketplace.models.listings import Listing, ListingVersion


class Probe(PrefixedModel):
    """One look at a listing: every check with its outcome. The newest stands on the page."""

    class Outcome(models.TextChoices):
        GOOD = "good", _("Good")
        POOR = "poor", _("Poor")
        BAD = "bad", _("Bad")
        UNPROBED = "unprobed", _("Not probed")

    id = prefixed_id("prb")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="probes")
    version = models.ForeignKey(ListingVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome)
    checks = models.JSONField(default=list)
    """[{"code": reachable|handshake|conformance|drift|latency|tokens|example, "outcome", "sentence", "value"}]."""
    latency_ms = models.PositiveIntegerField(null=True)
    tokens = models.PositiveIntegerField(null=True)
    """What its definitions cost in a model's window."""

    class Meta:
        indexes = [models.Index(fields=["listing", "-id"], name="probe_newest")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.outcome}"


class ProbePlan(models.Model):
    """When a listing is looked at next. It has one as long as there is something to look at."""

    listing = models.OneToOneField(Listing, primary_key=True, on_delete=models.CASCADE, related_name="probe_plan")
    host = models.CharField(max_length=255, blank=True)
    """Whom the probe asks; empty for what runs here."""
    due_at = models.DateTimeField()
    probed_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    """When somebody last asked for a probe out of turn."""

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="probe_plan_due")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.due_at:%F %T}"


class ListingDay(models.Model):
    """The worst outcome of a day (UTC): one square of the strip on the page."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    outcome = models.CharField(max_length=10, choices=Probe.Outcome)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "day"], name="listing_day_once")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.day} {self.outcome}"


class ListingNotice(models.Model):
    """A mail that the publisher got about evidence, so that each goes out once."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20)
    """lowered, deprecated, restored."""
    since = models.DateField()
    """First bad day of the stretch it tells of."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "kind", "since"], name="listing_notice_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.listing_id}"
