"""An assistant as a file that travels: without keys, values, or ids of this workspace."""

from __future__ import annotations

from typing import Any

from assistants.importers.formats import OWN
from assistants.models import Assistant, AssistantVersion
from proxy.models import Hub


def export_assistant(assistant: Assistant, version: AssistantVersion | None = None) -> dict[str, Any]:
    """Its draft, or a version of it. Tools name their hub by its slug, the model its class alone."""
    configuration = dict(version.configuration if version else assistant.draft)
    slugs = dict(Hub.objects.filter(workspace=assistant.workspace_id).values_list("id", "slug"))
    model = {name: value for name, value in configuration.get("model", {}).items() if name not in {"provider", "name"}}
    configuration.pop("model", None)
    if model:
        configuration["model"] = model
    if configuration.get("tools"):
        configuration["tools"] = [tool | {"hub": slugs.get(tool["hub"], "")} for tool in configuration["tools"]]
    found = {
        "format": OWN,
        "version": 1,
        "name": assistant.name,
        "summary": assistant.summary,
        "letters": assistant.letters,
        "configuration": configuration,
    }
    unread = assistant.imported.get("unread")
    return found | ({"unread": unread} if unread else {})
