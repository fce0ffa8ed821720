"""With whose rights a run's tools are called."""

from __future__ import annotations

from msgspec.structs import replace

from core.decision import Principal

SCOPE = "assistants"


def within_run(principal: Principal) -> Principal:
    """Whoever asked, as the run's own tools see them.

    A key of the scope `assistants` opens no hub. The tools that were chosen for an assistant are called for it all the
    same: whoever may deploy chose them, and a run calls no others. What the key's person may not do, it may not either.
    """
    if principal.kind == "key" and SCOPE in principal.scopes:
        return replace(principal, scopes=principal.scopes | {"mcp"})
    return principal
