"""Hubs: endpoints of a workspace that offer chosen servers' tools."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from core.models import PrefixedModel, prefixed_id
from proxy.models.servers import Feature, Server


class Hub(PrefixedModel):
    """An endpoint at `/mcp/<workspace>/<hub>`."""

    class Naming(models.TextChoices):
        PREFIXED = "prefixed", _("server__tool")
        BARE = "bare", _("The tools' own names")

    id = prefixed_id("hub")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="hubs")
    slug = models.SlugField(max_length=40)
    title = models.CharField(_("name"), max_length=80)
    instructions = models.TextField(blank=True)
    naming = models.CharField(max_length=10, choices=Naming, default=Naming.PREFIXED)
    read_only = models.BooleanField(default=False)
    record_payloads = models.BooleanField(default=False)
    """Keep arguments and results of calls."""
    open = models.BooleanField(default=False)
    """Served without a key on the open listener (loopback only)."""
    paused_at = models.DateTimeField(null=True)
    servers = models.ManyToManyField(Server, through="HubServer", related_name="hubs")
    created_by = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "slug"], name="hub_slug_once")]

    def __str__(self) -> str:
        return self.title


class HubServer(PrefixedModel):
    """A server on a hub. `offers_all`: everything it has, also what it gains later; else only what is chosen."""

    id = prefixed_id("hsv")
    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="hub_servers")
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="hub_servers")
    position = models.PositiveIntegerField(default=0)
    offers_all = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hub", "server"], name="hub_server_once")]

    def __str__(self) -> str:
        return f"{self.server_id} on {self.hub_id}"


class HubFeature(models.Model):
    """A choice about one feature on one hub: offered or not. Clashes that a server made later are flagged here."""

    hub_server = models.ForeignKey(HubServer, on_delete=models.CASCADE, related_name="choices")
    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="choices")
    offered = models.BooleanField(default=True)
    clash_with = models.CharField(max_length=40, blank=True)
    """Feature id whose name it would take; not offered while set."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hub_server", "feature"], name="hub_feature_once")]

    def __str__(self) -> str:
        return f"{self.feature_id} on {self.hub_server_id}"
