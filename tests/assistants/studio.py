"""What tests of the studio share: a hub with two tools, and a draft as the editor sends it."""

from __future__ import annotations

from typing import Any

import pytest

from assistants.models import Assistant
from assistants.services.assistants import create_assistant
from core.permissions import SYSTEM
from proxy.importers.drafts import ServerDraft
from proxy.models import Hub
from proxy.services.hubs import create_hub
from proxy.services.servers import connect_server
from tests.cast import Cast
from tests.site.conftest import add_tool

PAGES = "/w/acme/assistants/"


@pytest.fixture
def hub(cast: Cast) -> Hub:
    """The hub `main` with `up__echo`, which only reads, and `up__write`, which does not."""
    draft = ServerDraft(title="Up", slug="up", transport="http", url="https://up.example.com/mcp")
    server = connect_server(actor=SYSTEM, workspace=cast.workspace, draft=draft)
    add_tool(server, "echo")
    add_tool(server, "write", read_only=False)
    return create_hub(actor=SYSTEM, workspace=cast.workspace, title="Main", slug="main", servers=[server])


def make(cast: Cast, name: str = "Travel guide", **configuration: Any) -> Assistant:
    return create_assistant(
        actor=cast.principal("admin"), workspace=cast.workspace, name=name, configuration=configuration
    )


def sent(**more: Any) -> dict[str, Any]:
    """The editor's form with what it needs."""
    whole = {"instructions": "Answer.", "klass": "balanced", "steps": 12, "tokens": 100_000, "seconds": 180}
    return whole | {"do": "save"} | more


def text(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]
