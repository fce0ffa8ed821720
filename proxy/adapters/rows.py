"""From psycopg's rows to what `proxy.compile` and `proxy.specs` take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy.adapters.database import Row
from proxy.compile import ChoiceRow, FeatureRow, HubRow, ServerRow
from proxy.engine.ports import UpstreamSpec
from proxy.specs import make_spec, server_fingerprint


def hub_row(row: Row) -> HubRow:
    return HubRow(
        id=row["id"],
        workspace_id=row["workspace_id"],
        workspace_slug=row["workspace_slug"],
        slug=row["slug"],
        title=row["title"],
        instructions=row["instructions"],
        naming=row["naming"],
        read_only=row["read_only"],
        record_payloads=row["record_payloads"],
        open=row["open"],
        paused=row["paused_at"] is not None,
    )


def server_row(row: Row, *, barred: str = "") -> ServerRow:
    return ServerRow(
        id=row["id"],
        slug=row["slug"],
        title=row["title"],
        transport=row["transport"],
        eras=tuple(row["eras"]),
        capabilities=row["capabilities"],
        instructions=row["instructions"],
        fingerprint=fingerprint_of(row),
        paused=row["paused_at"] is not None,
        barred=barred,
        session_scope=row["session_scope"],
        timeout_ms=row["timeout_ms"],
        position=row.get("position", 0),
        offers_all=row.get("offers_all", True),
    )


def feature_row(row: Row) -> FeatureRow:
    return FeatureRow(
        id=row["id"],
        server_id=row["server_id"],
        kind=row["kind"],
        name=row["name"],
        definition=row["definition"],
        title=row["title"],
        description=row["description"],
        alias=row["alias"],
        enabled=row["enabled"],
        read_only=row["read_only"],
        fault=row["fault"],
        position=row["position"],
    )


def choice_row(row: Row) -> ChoiceRow:
    return ChoiceRow(feature_id=row["feature_id"], offered=row["offered"], clash_with=row["clash_with"])


def fingerprint_of(row: Row) -> str:
    return server_fingerprint(
        transport=row["transport"],
        command=row["command"],
        args=row["args"],
        cwd=row["cwd"],
        url=row["url"],
        secrets=row["secrets"],
        eras=row["eras"],
        session_scope=row["session_scope"],
        timeout_ms=row["timeout_ms"],
    )


def spec_of(row: Row, secrets: Mapping[str, Any]) -> UpstreamSpec:
    """`row` is a server's, `secrets` its opened ones."""
    return make_spec(
        server_id=row["id"],
        workspace_id=row["workspace_id"],
        slug=row["slug"],
        title=row["title"],
        transport=row["transport"],
        command=row["command"],
        args=row["args"],
        cwd=row["cwd"],
        url=row["url"],
        secrets=secrets,
        eras=row["eras"],
        session_scope=row["session_scope"],
        timeout_ms=row["timeout_ms"],
        fingerprint=fingerprint_of(row),
    )
