"""Model providers of a workspace."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from core.models import PrefixedModel, prefixed_id


class ModelProvider(PrefixedModel):
    """Where a workspace's models are reached, with its key sealed."""

    class Kind(models.TextChoices):
        OPENAI = "openai", _("OpenAI-compatible")
        ANTHROPIC = "anthropic", _("Anthropic")
        GOOGLE = "google", _("Google")

    class State(models.TextChoices):
        NEW = "new", _("Not asked yet")
        WORKING = "working", _("Working")
        BROKEN = "broken", _("Not answering")

    id = prefixed_id("mdl")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="model_providers")
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=80)
    base_url = models.CharField(max_length=500, blank=True)
    """Empty: the provider's own address."""
    secret = models.BinaryField(null=True)
    """{"key": "…"} sealed under the workspace's data key."""
    key_hint = models.CharField(max_length=12, blank=True)
    classes = models.JSONField(default=dict)
    """{"fast": model name, "balanced": …, "best": …}: which model serves which class."""
    offered = models.JSONField(default=list)
    """Names that the provider listed when it was last asked."""
    is_default = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    problem = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="model_provider_name_once"),
            models.UniqueConstraint(
                fields=["workspace"], condition=models.Q(is_default=True), name="model_provider_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name
