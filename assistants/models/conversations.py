"""Conversations, their messages, and the runs that answer them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from assistants.models.assistants import Assistant, AssistantVersion
from core.models import PrefixedModel, prefixed_id


class Conversation(PrefixedModel):
    """Messages between one person (or key, or visitor) and an assistant. Private to whoever began it."""

    class Channel(models.TextChoices):
        CHAT = "chat", _("Chat page")
        API = "api", _("REST")
        TOOL = "tool", _("Tool on a hub")
        AGENT = "agent", _("Agent (A2A)")
        TRIAL = "trial", _("Tried in the marketplace")
        CHECK = "check", _("Its own examples")

    id = prefixed_id("cnv")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="conversations")
    assistant = models.ForeignKey(Assistant, on_delete=models.CASCADE, related_name="conversations")
    channel = models.CharField(max_length=6, choices=Channel, default=Channel.CHAT)
    principal = models.CharField(max_length=80)
    """`usr_…`, `key_…` or `vis_…` (a visitor who tries it): whose it is."""
    title = models.CharField(max_length=120, blank=True)
    named = models.BooleanField(default=False)
    """A person gave it its title; else it follows from the first message."""
    last_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    """Trials and checks are forgotten then."""

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "principal", "-last_at"], name="conversation_newest"),
            models.Index(fields=["assistant", "-last_at"], name="conversation_of_assistant"),
            models.Index(
                fields=["expires_at"], condition=models.Q(expires_at__isnull=False), name="conversation_expiry"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.id


class Message(PrefixedModel):
    """One message. `parts` is a list of {"kind": …}: text, tool_call, tool_result, ask, notice, file."""

    class Role(models.TextChoices):
        PERSON = "person"
        ASSISTANT = "assistant"

    id = prefixed_id("msg")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=10, choices=Role)
    parts = models.JSONField(default=list)
    run = models.CharField(max_length=40, blank=True)
    """`asr_…` that made it, or that it started."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "position"], name="message_once")]

    def __str__(self) -> str:
        return f"{self.role} {self.position} of {self.conversation_id}"


class Run(PrefixedModel):
    """One answer in the making: from a message to the end of the reply. At most one at a time in a conversation."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Answering")
        ASKING = "asking", _("Waits for a confirmation")
        DONE = "done", _("Answered")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Stopped")

    LIVE = (State.QUEUED, State.RUNNING)

    id = prefixed_id("asr")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="assistant_runs")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="runs")
    assistant = models.ForeignKey(Assistant, on_delete=models.CASCADE, related_name="runs")
    version = models.ForeignKey(AssistantVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    channel = models.CharField(max_length=6, choices=Conversation.Channel)
    principal = models.JSONField()
    """The principal as it was when asked; what it may do is looked up again when it runs."""
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    model = models.CharField(max_length=120, blank=True)
    """`offline`, or the model's name."""
    provider = models.CharField(max_length=40, blank=True)
    sponsor = models.CharField(max_length=40, blank=True)
    """`spn_…`: who pays for this answer of a trial."""
    depth = models.PositiveSmallIntegerField(default=0)
    """How many assistants asked one another before this one."""
    given = models.JSONField(default=dict)
    """{variable: value} that whoever asked filled in for this answer; those filled in for all come first."""
    steps = models.PositiveIntegerField(default=0)
    tool_calls = models.PositiveIntegerField(default=0)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    error_kind = models.CharField(max_length=30, blank=True)
    """model_down, model_refused, model_quota, model_busy, model_rejected, model_filtered, model_slow, model_cut,
    model_garbage, sponsor_spent, sponsor_off, limit_steps, limit_tokens, limit_time, not_allowed, lost, failed"""
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    first_word_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    """A live run whose heart stopped was left by a process that died: it ends as `lost`, never made twice."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(state__in=["queued", "running"]),
                name="run_one_at_a_time",
            )
        ]
        indexes = [
            models.Index(fields=["assistant", "-id"], name="run_of_assistant"),
            models.Index(fields=["workspace", "-id"], name="run_newest"),
            models.Index(
                fields=["heartbeat_at"], condition=models.Q(state__in=["queued", "running"]), name="run_alive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"
