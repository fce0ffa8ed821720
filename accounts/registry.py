"""What higher apps tell accounts, since accounts never asks them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts.models import Workspace


@dataclass(frozen=True)
class HubChoice:
    """A hub that a key may be bound to."""

    id: str
    slug: str
    label: str


HubChoices = Callable[[Workspace], Sequence[HubChoice]]
_hub_choices: list[HubChoices] = []


def register_hub_choices(provide: HubChoices) -> None:
    """Say which hubs a workspace has. Called once, by proxy, in AppConfig.ready."""
    _hub_choices[:] = [provide]


def hub_choices(workspace: Workspace) -> list[HubChoice]:
    return list(_hub_choices[0](workspace)) if _hub_choices else []
