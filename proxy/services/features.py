"""What a workspace decides about one tool, resource or prompt of a server: on or off, its name, its description."""

from __future__ import annotations

import re
from dataclasses import replace

import msgspec
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.permissions import in_workspace, require
from accounts.services import bump_workspace
from core.decision import Principal
from core.errors import InvalidProblem
from core.events import changed, record_event
from proxy.models import Feature, Hub
from proxy.selectors.offers import HubRows, hub_rows
from proxy.services.clashes import reflag, refuse_clashes

ALIAS = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_RENAMED = {Feature.Kind.TOOL, Feature.Kind.PROMPT}


def set_feature(
    *,
    actor: Principal,
    feature: Feature,
    enabled: bool | None = None,
    alias: str | None = None,
    description: str | None = None,
) -> Feature:
    """Decide about a feature; None leaves as it is, "" gives the server's own name or description back.

    The decision outlives discovery. Raises InvalidProblem, and ClashProblem when a hub would get a name twice.
    """
    workspace_id = feature.server.workspace_id
    require(actor, "server.manage", in_workspace(workspace_id, "feature", feature.id))
    with transaction.atomic():
        rows = Feature.objects.select_for_update(of=("self",), no_key=True).select_related("server")
        feature = rows.get(pk=feature.pk)
        before = _decided(feature)
        if enabled is not None:
            feature.enabled = enabled
        if alias is not None:
            feature.alias = _checked_alias(feature, alias.strip())
        if description is not None:
            feature.description = _checked_description(description.strip())
        changes = changed(before, _decided(feature))
        if not changes:
            return feature
        hubs = list(Hub.objects.filter(hub_servers__server=feature.server_id).select_related("workspace"))
        for hub in hubs:
            rows_before = hub_rows(hub)
            refuse_clashes(rows_before, _with_feature(rows_before, feature))
        feature.save()
        for hub in hubs:
            reflag(hub)
        record_event(
            type="feature.changed",
            actor=actor,
            workspace_id=workspace_id,
            target_kind="feature",
            target=feature.id,
            changes=changes,
            data={"name": feature.name, "kind": feature.kind, "server": feature.server.title},
        )
        bump_workspace(workspace_id=workspace_id)
    return feature


def _decided(feature: Feature) -> dict[str, object]:
    return {"enabled": feature.enabled, "alias": feature.alias, "description": feature.description}


def _checked_alias(feature: Feature, alias: str) -> str:
    if alias in ("", feature.name):
        return ""
    if feature.kind not in _RENAMED:
        raise InvalidProblem(_("A resource keeps its address; only tools and prompts can be renamed."), field="alias")
    if not ALIAS.fullmatch(alias):
        raise InvalidProblem(_("Use at most 64 letters, digits, underscores, hyphens and dots."), field="alias")
    return alias


def _checked_description(description: str) -> str:
    if len(description) > 10_000 or "\0" in description:
        raise InvalidProblem(_("Use at most 10,000 characters."), field="description")
    return description


def _with_feature(rows: HubRows, feature: Feature) -> HubRows:
    """The rows as they would be with the feature's new values."""
    features = tuple(
        msgspec.structs.replace(row, enabled=feature.enabled, alias=feature.alias) if row.id == feature.id else row
        for row in rows.features
    )
    return replace(rows, features=features)
