"""Panels of a workspace's overview that the apps above fill.

    register_panel("assistants/overview_panel.html", provide, order=20)     # in AppConfig.ready

`provide(request)` gives what the template reads as `{{ panel }}`; None leaves the panel out. The template also sees
`workspace` and `done`: whether the first steps are behind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.http import WorkspaceRequest

Provide = Callable[[WorkspaceRequest], Any]
_panels: dict[str, tuple[int, Provide]] = {}


def register_panel(template: str, provide: Provide, *, order: int) -> None:
    """Add a panel; the last one with this template counts."""
    _panels[template] = (order, provide)


def panels_for(request: WorkspaceRequest) -> list[tuple[str, Any]]:
    """Templates with what they draw, in their order."""
    ordered = sorted(_panels.items(), key=lambda item: item[1][0])
    found = [(template, provide(request)) for template, (_order, provide) in ordered]
    return [(template, given) for template, given in found if given is not None]
