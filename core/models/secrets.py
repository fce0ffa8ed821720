"""Data keys: one for each workspace, wrapped by the master key."""

from __future__ import annotations

from django.db import models


class DataKey(models.Model):
    """The wrapped key under which a workspace's secrets are sealed. `workspace` is empty for the installation."""

    workspace = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "version"], name="data_key_version")]

    def __str__(self) -> str:
        return f"{self.workspace} v{self.version}"
