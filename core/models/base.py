"""The base of every row that people see: a prefixed, sortable id."""

from __future__ import annotations

from functools import partial

from django.db import models

from core.ids import new_id


def prefixed_id(prefix: str) -> models.CharField[str, str]:
    """A primary key such as `srv_01j…`; ids of one prefix sort by the time they were made."""
    return models.CharField(max_length=40, primary_key=True, default=partial(new_id, prefix), editable=False)


class PrefixedModel(models.Model):
    """Adds when a row was made and last changed. The id is declared by each model with its own prefix."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
