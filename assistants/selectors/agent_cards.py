"""The A2A card of an assistant: who it is and how programs talk to it, in the words of 1.0 and 0.3 together."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse

from assistants.adapters.a2a import V03, V1
from assistants.models import Assistant
from assistants.selectors.offering import deployed_configuration, described
from assistants.selectors.opening import opening_of

KEY = "key"
CARD_STATES = (Assistant.State.RUNNING, Assistant.State.PAUSED)


def agent_of(workspace: str, slug: str) -> Assistant | None:
    """An assistant that shows a card. A paused one shows it too: it says by itself that it is paused."""
    rows = Assistant.objects.select_related("workspace", "deployed").filter(
        slug=slug, offer_agent_card=True, state__in=CARD_STATES, workspace__suspended_at=None
    )
    return rows.filter(workspace__slug=workspace).first() or rows.filter(workspace__aliases__slug=workspace).first()


def endpoint_of(assistant: Assistant) -> str:
    path = reverse("assistants:agent", args=[assistant.workspace.slug, assistant.slug])
    return f"{settings.ENV.public_url}{path}"


def agent_card(assistant: Assistant) -> dict[str, Any]:
    configuration = deployed_configuration(assistant)
    url = endpoint_of(assistant)
    told = "An API key of the workspace with the scope assistants. It needs no other for the assistant's own tools."
    inputs, outputs = ["text/plain"], ["text/plain"]
    if configuration.input_schema is not None:
        inputs.append("application/json")
    if configuration.output_schema is not None:
        outputs.append("application/json")
    description = assistant.summary or described(assistant)
    return {
        "name": assistant.name,
        "description": description,
        "version": str(assistant.deployed.number if assistant.deployed else 0),
        "provider": {"organization": assistant.workspace.name, "url": settings.ENV.public_url},
        "supportedInterfaces": [
            {"url": url, "protocolBinding": "JSONRPC", "protocolVersion": version} for version in (V1, V03)
        ],
        "capabilities": {"streaming": True, "pushNotifications": False},
        "defaultInputModes": inputs,
        "defaultOutputModes": outputs,
        "skills": [
            {
                "id": assistant.slug,
                "name": assistant.name,
                "description": description,
                "tags": ["assistant"],
                "examples": list(opening_of(assistant, configuration).starters),
            }
        ],
        "securitySchemes": {
            KEY: {
                "httpAuthSecurityScheme": {"scheme": "Bearer", "description": told},
                "type": "http",
                "scheme": "Bearer",
                "description": told,
            }
        },
        "securityRequirements": [{"schemes": {KEY: {"list": []}}}],
        # As 0.3 has it.
        "protocolVersion": f"{V03}.0",
        "url": url,
        "preferredTransport": "JSONRPC",
        "security": [{KEY: []}],
    }
