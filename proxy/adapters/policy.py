"""May this call pass: the same decision function that pages and API ask."""

from __future__ import annotations

from core.decision import BUILT_IN, Decision, Principal, Resource, decide
from proxy.engine.ports import HubSnapshot, ToolRoute


class DecisionPolicy:
    """Implements the engine's `Policy` port."""

    def decide(self, principal: Principal, action: str, hub: HubSnapshot, route: ToolRoute | None) -> Decision:
        read_only = True if route is None else route.read_only
        return decide(
            BUILT_IN,
            principal,
            action,
            Resource(
                kind="hub" if route is None else route.kind,
                id=hub.hub_id if route is None else route.name,
                workspace_id=hub.workspace_id,
                hub_id=hub.hub_id,
                read_only=read_only,
                hub_read_only=hub.read_only,
            ),
        )
