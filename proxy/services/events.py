"""Events of servers and hubs, told alike."""

from __future__ import annotations

from typing import Any

from core.decision import Principal
from core.events import record_event
from proxy.models import Hub, Server


def record_change(
    type: str,
    actor: Principal | None,
    target: Hub | Server,
    *,
    changes: dict[str, list[Any]] | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """One event about a server or a hub, with its name as it is now. `actor`: None for what happened by itself."""
    record_event(
        type=type,
        actor=actor,
        workspace_id=target.workspace_id,
        target_kind="hub" if isinstance(target, Hub) else "server",
        target=target.id,
        changes=changes,
        data={"name": target.title} | (data or {}),
    )
