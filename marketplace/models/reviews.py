"""Reviews, votes on them, and reports."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User, Workspace
from core.models import PrefixedModel, prefixed_id
from marketplace.models.listings import Listing


class Review(PrefixedModel):
    """One workspace's stars and words on a listing that it has run."""

    class State(models.TextChoices):
        SHOWN = "shown", _("Shown")
        HELD = "held", _("Held for a look")
        REMOVED = "removed", _("Removed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = prefixed_id("rev")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="reviews")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="reviews")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="reviews")
    version = models.CharField(max_length=60)
    stars = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=4000, blank=True)
    runs = models.PositiveIntegerField()
    """Runs and days of use when it was written."""
    days = models.PositiveIntegerField()
    edited_at = models.DateTimeField(null=True)
    """Set by its one edit."""
    reply = models.TextField(max_length=2000, blank=True)
    replied_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.SHOWN)
    weight = models.FloatField(default=1)
    """Trust times recency, as last counted."""
    left_out = models.CharField(max_length=20, blank=True)
    """Why it does not count: publisher, network, burst, held, suspended …"""
    network = models.BinaryField(blank=True, default=b"")
    """Keyed hash of the network (/24 or /48) it came from; forgotten after 90 days."""
    helpful = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listing", "workspace"], name="review_once"),
            models.CheckConstraint(condition=models.Q(stars__gte=1, stars__lte=5), name="review_stars"),
        ]
        indexes = [models.Index(fields=["listing", "-id"], name="review_newest")]

    def __str__(self) -> str:
        return f"{self.stars} of {self.listing_id}"


class ReviewVote(models.Model):
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="votes")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="review_votes")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "user"], name="review_vote_once")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.review_id}"


class Report(PrefixedModel):
    """Somebody says that a listing or a review should not stand."""

    class Reason(models.TextChoices):
        MALICIOUS = "malicious", _("It is malicious")
        IMPERSONATION = "impersonation", _("It pretends to be somebody else")
        BROKEN = "broken", _("It does not work")
        SPAM = "spam", _("Spam")
        ABUSE = "abuse", _("Insulting or hateful")
        COPYRIGHT = "copyright", _("It is somebody else's work")
        OTHER = "other", _("Something else")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        UPHELD = "upheld", _("Upheld")
        DISMISSED = "dismissed", _("Dismissed")

    id = prefixed_id("rpt")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="reports")
    review = models.ForeignKey(Review, null=True, on_delete=models.CASCADE, related_name="reports")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="reports")
    reason = models.CharField(max_length=15, choices=Reason)
    text = models.TextField(max_length=2000, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.CharField(max_length=40, blank=True)
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="report_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "listing", "review"],
                condition=models.Q(state="open"),
                nulls_distinct=False,
                name="report_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reason} on {self.listing_id}"
