"""Definitions that nothing refers to: kept while recorded calls may have been made under them, then deleted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.db.models import Exists, ForeignObjectRel, OuterRef, Q
from django.db.models.fields.related import ForeignKey

from core.clock import now
from proxy.models import Definition


def prune_definitions() -> tuple[int, int]:
    """Mark what fell out of use, unmark what is used again, delete what has been out of use for the calls' retention.

    A recorded call names its tool, not the definition: whatever was in use when the oldest kept call was made stays.
    Running it again changes nothing. Returns how many were marked and how many deleted.
    """
    moment = now()
    unused = ~_in_use()
    marked = Definition.objects.filter(unused, unused_since=None).update(unused_since=moment)
    Definition.objects.filter(_in_use()).exclude(unused_since=None).update(unused_since=None)
    oldest = moment - timedelta(days=settings.ENV.call_retention_days)
    # One statement: whoever takes a definition into use again unmarks it first, and the two wait for each other.
    return marked, Definition.objects.filter(unused, unused_since__lt=oldest)._raw_delete("default")


def use_again(ids: Iterable[str]) -> None:
    """In the transaction that is to refer to these: from here on they are not pruned."""
    Definition.objects.filter(pk__in=list(ids)).exclude(unused_since=None).update(unused_since=None)


def _in_use() -> Q:
    """Something refers to it, of whatever app."""
    found = Q()
    for relation in Definition._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel):
            key = cast("ForeignKey[object, object]", relation.field)
            rows = relation.related_model._default_manager.filter(**{key.name: OuterRef("pk")})
            found |= Q(Exists(rows))
    return found
