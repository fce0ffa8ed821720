"""Upstream MCP servers and what they offer."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from core.models import PrefixedModel, prefixed_id
from proxy.models.fields import OrderedJSONField


class Server(PrefixedModel):
    """An upstream MCP server of a workspace, with how to reach it and how it is."""

    class Transport(models.TextChoices):
        STDIO = "stdio", _("Command (stdio)")
        HTTP = "http", _("Streamable HTTP")
        SSE = "sse", _("HTTP with SSE (older servers)")
        INTERNAL = "internal", _("Part of Crossroads")

    class State(models.TextChoices):
        NEW = "new", _("Not asked yet")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        BROKEN = "broken", _("Not answering")

    class Scope(models.TextChoices):
        CLIENT = "client", _("Each client session has its own")
        PERSON = "person", _("Each person has their own")
        WORKSPACE = "workspace", _("All share one")

    id = prefixed_id("srv")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="servers")
    slug = models.SlugField(max_length=40)
    """Prefix of its tools' names; never changes meaning."""
    title = models.CharField(_("name"), max_length=80)
    letters = models.CharField(max_length=2)
    """Two letters for its bullet."""
    line = models.PositiveSmallIntegerField(default=1)
    """1 to 8: its line's colour, kept for life."""
    transport = models.CharField(max_length=8, choices=Transport)
    command = models.CharField(max_length=500, blank=True)
    """Of an internal server: the name under which the engine knows it."""
    args = models.JSONField(default=list)
    command_by = models.CharField(max_length=40, blank=True)
    """Whoever had the command set, as `proxy.stdio_policy` asks: a person's id, `system`, `bundled`; "" for a key."""
    cwd = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    secrets = models.BinaryField(null=True)
    """{"env": {…}, "headers": {…}, "args": {…}} sealed under the workspace's data key."""
    secret_names = models.JSONField(default=dict)
    """{"env": [names], "headers": [names]}: what is set, never its values."""
    session_scope = models.CharField(max_length=10, choices=Scope, default=Scope.WORKSPACE)
    timeout_ms = models.PositiveIntegerField(default=60_000)
    catalogue = models.CharField(max_length=80, blank=True)
    """Slug of the catalogue entry it was made from."""
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    state_since = models.DateTimeField(null=True)
    problem_kind = models.CharField(max_length=20, blank=True)
    problem = models.TextField(blank=True)
    problem_detail = models.TextField(blank=True)
    """Evidence such as the last lines of stderr; for those who may manage the server."""
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=40, blank=True)
    eras = models.JSONField(default=list)
    versions = models.JSONField(default=list)
    server_name = models.CharField(max_length=200, blank=True)
    server_version = models.CharField(max_length=100, blank=True)
    instructions = models.TextField(blank=True)
    capabilities = models.JSONField(default=dict)
    discovered_at = models.DateTimeField(null=True)
    next_discovery_at = models.DateTimeField(null=True, db_index=True)
    created_by = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "slug"], name="server_slug_once")]

    def __str__(self) -> str:
        return self.title


class Definition(models.Model):
    """What a server says of one thing it offers. Immutable; the id is the SHA-256 of its canonical JSON."""

    id = models.CharField(max_length=64, primary_key=True)
    body = OrderedJSONField()
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    unused_since = models.DateTimeField(null=True, db_index=True)
    """When pruning first found that nothing refers to it."""

    def __str__(self) -> str:
        return self.id[:12]


class Feature(PrefixedModel):
    """A tool, resource, template or prompt of a server, with what its owner decided about it."""

    class Kind(models.TextChoices):
        TOOL = "tool", _("Tool")
        RESOURCE = "resource", _("Resource")
        TEMPLATE = "template", _("Resource template")
        PROMPT = "prompt", _("Prompt")

    id = prefixed_id("ftr")
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="features")
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=2000)
    """Name (tool, prompt), URI (resource) or URI template."""
    definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=300, blank=True)
    read_only = models.BooleanField(default=False)
    """annotations.readOnlyHint."""
    enabled = models.BooleanField(default=True)
    alias = models.CharField(max_length=128, blank=True)
    """The name its owner gave it, in place of the server's."""
    description = models.TextField(blank=True)
    """The description its owner gave it; empty for the server's own."""
    position = models.PositiveIntegerField(default=0)
    fault = models.CharField(max_length=300, blank=True, default="", db_default="")
    """Why no hub may offer it, whatever people chose: a client of the protocol must leave such a tool out."""
    gone_at = models.DateTimeField(null=True)
    """When discovery no longer found it. What its owner decided stays, should it come back."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "kind", "name"], name="feature_once")]
        indexes = [models.Index(fields=["server", "kind", "position"], name="feature_order")]

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> str:
        """What it does, as its owner says or else the server; a server may say nothing, or nonsense."""
        said = self.description or self.definition.body.get("description")
        return said if isinstance(said, str) else ""
