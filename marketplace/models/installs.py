"""Installs: a listing version pinned into a workspace."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from assistants.models import Assistant
from core.models import PrefixedModel, prefixed_id
from marketplace.models.listings import Listing, ListingVersion
from proxy.models import Server


class Install(PrefixedModel):
    """What came of it is `server` or `assistant`. The version changes only when somebody accepts an update."""

    class State(models.TextChoices):
        NEEDS_SETUP = "needs_setup", _("Needs set-up")
        READY = "ready", _("Ready")
        REMOVED = "removed", _("Removed")

    id = prefixed_id("ins")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="installs")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="install_rows")
    version = models.ForeignKey(ListingVersion, on_delete=models.PROTECT, related_name="install_rows")
    state = models.CharField(max_length=12, choices=State, default=State.NEEDS_SETUP)
    steps = models.JSONField(default=list)
    """What is unmet: [{"code", "sentence", "url"}]."""
    mapping = models.JSONField(default=dict)
    """{"tools": {"<listing slug>/<tool>": {"hub", "name"}}, "model": {"provider", "name"}, "way": 0}."""
    server = models.ForeignKey(Server, null=True, on_delete=models.SET_NULL, related_name="+")
    assistant = models.ForeignKey(Assistant, null=True, on_delete=models.SET_NULL, related_name="+")
    installed_by = models.CharField(max_length=40)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "listing"],
                condition=models.Q(removed_at__isnull=True),
                name="install_once",
            )
        ]
        indexes = [models.Index(fields=["listing", "-id"], name="install_of_listing")]

    def __str__(self) -> str:
        return f"{self.listing_id} in {self.workspace_id}"


class ListingUse(models.Model):
    """How one workspace used a listing on one day (UTC). Reviews, active workspaces and reliability rest on it."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="uses")
    workspace = models.CharField(max_length=40)
    day = models.DateField()
    runs = models.PositiveIntegerField(default=0)
    """Assistant runs, or tool calls of the installed server."""
    runs_ok = models.PositiveIntegerField(default=0)
    duration_ms = models.PositiveBigIntegerField(default=0)
    """Summed over all runs."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "workspace", "day"], name="listing_use_once")]
        indexes = [models.Index(fields=["day", "listing"], name="listing_use_day")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.workspace} {self.day}"


class ListingError(models.Model):
    """How many runs of a listing ended badly on one day (UTC), by kind, over all workspaces and without naming one."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="errors")
    day = models.DateField()
    kind = models.CharField(max_length=30)
    """Of an assistant Run.error_kind, of a server a kind of marketplace.services.uses."""
    runs = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "day", "kind"], name="listing_error_once")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.day} {self.kind}"
