"""Who pays for trials: a workspace, for what it has published."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from assistants.models.providers import ModelProvider
from core.models import PrefixedModel, prefixed_id
from proxy.models import Hub


class Sponsorship(PrefixedModel):
    """A workspace's model answers visitors, its demo hub shows them tools, or both. The trials themselves are held in
    another workspace: whoever pays sees what it costs, never what was said."""

    class ModelClass(models.TextChoices):
        FAST = "fast", _("Fast")
        BALANCED = "balanced", _("Balanced")
        BEST = "best", _("Best")

    id = prefixed_id("spn")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="sponsorships")
    subject = models.CharField(max_length=40, unique=True)
    """What is tried: `lst_…`."""
    payer = models.CharField(max_length=80)
    """The name that visitors read."""
    active = models.BooleanField(default=False)
    """Switched on by the workspace,"""
    allowed = models.BooleanField(default=False)
    """and what is tried is shown, by a publisher that is not suspended. Told by the app that owns the subject."""
    provider = models.ForeignKey(ModelProvider, null=True, on_delete=models.SET_NULL, related_name="sponsorships")
    """None: the offline model answers."""
    klass = models.CharField(max_length=10, choices=ModelClass, default=ModelClass.FAST)
    hub = models.ForeignKey(Hub, null=True, on_delete=models.SET_NULL, related_name="sponsorships")
    """The demo hub. Only while it is read-only, and only its tools that read."""
    tools = models.JSONField(default=list)
    """Names of tools, as their servers know them, that a trial may have from the demo hub."""
    server = models.CharField(max_length=40, blank=True)
    """`srv_…` when what is tried is one server: its tools alone."""
    day_tokens = models.PositiveBigIntegerField()
    """Most tokens in a day (UTC),"""
    all_tokens = models.PositiveBigIntegerField()
    """in all,"""
    answer_tokens = models.PositiveIntegerField()
    """and for one answer, what it reads and writes together."""
    visitor_answers = models.PositiveSmallIntegerField()
    """Answers of the model for one visitor in a day."""
    day = models.DateField(null=True)
    """The day that `day_used` counts."""
    day_used = models.BigIntegerField(default=0)
    all_used = models.BigIntegerField(default=0)
    """Spent, with what running answers hold back for themselves."""
    problem = models.CharField(max_length=30, blank=True)
    """Run.error_kind of the last answer, when it failed."""
    problem_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"{self.workspace_id} pays for {self.subject}"
