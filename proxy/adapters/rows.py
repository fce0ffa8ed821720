"""From psycopg's rows to what `proxy.compile` and `proxy.specs` take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy.adapters.database import Row
from proxy.compile import ChoiceRow, FeatureRow, HubRow, ServerRow
from proxy.engine.ports import UpstreamSpec
from proxy.specs import make_spec, server_fingerprint

_HUB = (
    "id", "workspace_id", "workspace_slug", "slug", "title", "instructions", "naming", "read_only", "record_payloads",
    "open",
)  # fmt: skip
_FEATURE = (
    "id", "server_id", "kind", "name", "definition", "title", "description", "alias", "enabled", "read_only", "fault",
    "position",
)  # fmt: skip
_REACH = ("transport", "command", "args", "cwd", "url", "eras", "session_scope", "timeout_ms")
"""What says how a server is reached, beside its secrets."""


def _picked(row: Row, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def hub_row(row: Row) -> HubRow:
    return HubRow(**_picked(row, _HUB), paused=row["paused_at"] is not None)


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
    return FeatureRow(**_picked(row, _FEATURE))


def choice_row(row: Row) -> ChoiceRow:
    return ChoiceRow(feature_id=row["feature_id"], offered=row["offered"], clash_with=row["clash_with"])


def fingerprint_of(row: Row) -> str:
    return server_fingerprint(**_picked(row, _REACH), secrets=row["secrets"])


def spec_of(row: Row, secrets: Mapping[str, Any]) -> UpstreamSpec:
    """`row` is a server's, `secrets` its opened ones."""
    return make_spec(
        **_picked(row, _REACH),
        server_id=row["id"],
        workspace_id=row["workspace_id"],
        slug=row["slug"],
        title=row["title"],
        secrets=secrets,
        fingerprint=fingerprint_of(row),
    )
