"""Collections that anyone makes, and what creators see of their listings by day."""

from __future__ import annotations

from typing import Literal

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.clock import now
from core.models import PrefixedModel, prefixed_id
from marketplace.models.listings import Listing
from marketplace.models.reviews import Report

Visibility = Literal["public", "unlisted", "private"]


class Collection(PrefixedModel):
    """A named, ordered choice of listings."""

    id = prefixed_id("col")
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=80)
    text = models.TextField(max_length=2000, blank=True)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="collections")
    """Null: the installation's own."""
    public = models.BooleanField(default=False)
    """Listed for everybody."""
    unlisted = models.BooleanField(default=False)
    """Where it is not public: open to whoever has its address. Else it is its maker's alone."""
    hidden_at = models.DateTimeField(null=True)
    """When the operator hid it from everybody but its maker."""
    hidden_note = models.TextField(blank=True)
    featured = models.PositiveSmallIntegerField(null=True)
    """Its place on the home page, set by the operator."""
    listings = models.ManyToManyField(Listing, through="CollectionItem", related_name="collections")

    class Meta:
        indexes = [
            models.Index(
                fields=["-id"], condition=models.Q(public=True, hidden_at__isnull=True), name="collection_shown"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def visibility(self) -> Visibility:
        return "public" if self.public else "unlisted" if self.unlisted else "private"


class CollectionItem(models.Model):
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="items")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="collection_items")
    position = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "listing"], name="collection_item_once")]

    def __str__(self) -> str:
        return f"{self.listing_id} in {self.collection_id}"


class CollectionReport(PrefixedModel):
    """Somebody says that a collection should not stand."""

    id = prefixed_id("crp")
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="reports")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="collection_reports")
    reason = models.CharField(max_length=15, choices=Report.Reason)
    text = models.TextField(max_length=2000, blank=True)
    state = models.CharField(max_length=10, choices=Report.State, default=Report.State.OPEN)
    decided_by = models.CharField(max_length=40, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="collection_report_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "collection"], condition=models.Q(state="open"), name="collection_report_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reason} on {self.collection_id}"


class ListingStat(models.Model):
    """Counts of one listing and day (UTC); Redis gathers them, a job writes them down."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="stats")
    day = models.DateField()
    views = models.PositiveIntegerField(default=0)
    trials = models.PositiveIntegerField(default=0)
    installs = models.PositiveIntegerField(default=0)
    uninstalls = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    """Times it stood on a page of search results."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "day"], name="listing_stat_once")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.day}"


class SearchTerm(models.Model):
    """What people had searched for when they opened a listing, by month; only terms that three people used show."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="terms")
    month = models.DateField()
    term = models.CharField(max_length=80)
    opened = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "month", "term"], name="search_term_once")]

    def __str__(self) -> str:
        return self.term
