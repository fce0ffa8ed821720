"""The panel of assistants on the overview of a workspace."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.http import WorkspaceRequest
from assistants.models import Assistant
from assistants.selectors.assistants import lately_used
from assistants.views.common import STATES, chat_url, link_if_there
from proxy.overview_panels import register_panel
from proxy.views.common import may

MOST = 6


@dataclass(frozen=True)
class Row:
    """`chat_url` is "" where it cannot be talked to now, or not by this person."""

    assistant: Assistant
    shape: str
    chat_url: str


@dataclass(frozen=True)
class AssistantsPanel:
    rows: list[Row]
    marketplace_url: str
    may_manage: bool


def register_overview() -> None:
    """Called once, in AppConfig.ready."""
    register_panel("assistants/overview_panel.html", assistants_panel, order=20)


def assistants_panel(request: WorkspaceRequest) -> AssistantsPanel | None:
    """The assistants used last, in one query; None for those who may not see assistants."""
    if not may(request, "assistant.view"):
        return None
    rows = []
    for assistant in lately_used(request.workspace, MOST):
        answers = assistant.state == Assistant.State.RUNNING
        url = chat_url(request, assistant) if answers else ""
        rows.append(Row(assistant, STATES.get(assistant.state, "off"), url))
    return AssistantsPanel(rows, link_if_there("marketplace:catalogue"), may(request, "assistant.manage"))
