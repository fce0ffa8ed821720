"""Assistants and their immutable versions."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from core.models import PrefixedModel, prefixed_id


class Assistant(PrefixedModel):
    """Instructions, a model, tools and variables. The draft is edited; what runs is the deployed version."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        NEEDS_SETUP = "needs_setup", _("Needs set-up")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")

    id = prefixed_id("ast")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="assistants")
    slug = models.SlugField(max_length=40)
    """Its addresses and its tool `ask_<slug>` hang on it (hyphens become underscores)."""
    name = models.CharField(_("name"), max_length=80)
    summary = models.CharField(max_length=300, blank=True)
    letters = models.CharField(max_length=2)
    """Two letters for its square."""
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    draft = models.JSONField(default=dict)
    """assistants.configuration.Configuration as JSON."""
    draft_revision = models.PositiveIntegerField(default=1)
    """Rises with each save of the draft: a save over another's is refused with both shown."""
    draft_by = models.CharField(max_length=40, blank=True)
    draft_at = models.DateTimeField(null=True)
    """Who saved the draft last, and when."""
    deployed = models.ForeignKey(
        "assistants.AssistantVersion", null=True, on_delete=models.SET_NULL, related_name="deployed_as"
    )
    values = models.BinaryField(null=True)
    """{variable: value} filled in for all its users, sealed under the workspace's data key."""
    value_names = models.JSONField(default=list)
    """Which variables are filled in, never with what."""
    secret_values = models.JSONField(default=list)
    """Those of them that were filled in as secrets: never shown again, whatever the variable becomes."""
    steps = models.JSONField(default=list)
    """What is unmet while it needs set-up: [{"code", "sentence", …}]."""
    install = models.CharField(max_length=40, blank=True)
    """`ins_…` when it came from the marketplace; its configuration is then changed by updates."""
    offer_tool = models.BooleanField(default=True)
    """Offered as the tool `ask_<slug>` and as a prompt to the workspace's hubs."""
    offer_agent_card = models.BooleanField(default=False)
    """Its A2A card is public; talking to it needs a key all the same."""
    imported = models.JSONField(default=dict)
    """Of the file that it was made from: {"format", "name", "unread": {what has no place here}}. Exported again."""
    created_by = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "slug"], name="assistant_slug_once")]
        indexes = [models.Index(fields=["workspace", "-id"], name="assistant_newest")]

    def __str__(self) -> str:
        return self.name


class AssistantVersion(PrefixedModel):
    """A configuration as it was kept. Never changed, never deleted while something points at it."""

    id = prefixed_id("asv")
    assistant = models.ForeignKey(Assistant, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    configuration = models.JSONField()
    content_hash = models.CharField(max_length=64)
    note = models.CharField(max_length=500, blank=True)
    created_by = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assistant", "number"], name="assistant_version_once")]

    def __str__(self) -> str:
        return f"{self.assistant_id} version {self.number}"
