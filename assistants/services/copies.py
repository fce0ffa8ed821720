"""Assistants made of something that is there already: a file, another assistant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Workspace
from accounts.permissions import in_workspace, require
from assistants.errors import ImportProblem
from assistants.importers.drafts import FileTool
from assistants.importers.reading import read_assistant_file
from assistants.models import Assistant
from assistants.selectors.tools import HubTool, hub_tools
from assistants.services.assistants import create_assistant
from core.decision import Principal
from proxy.errors import DraftProblem
from proxy.models import Hub


def copy_assistant(*, actor: Principal, assistant: Assistant, name: str = "") -> Assistant:
    """A new assistant with the draft of another of the same workspace. Filled-in values and versions stay behind."""
    fallback = _("%s copy") % assistant.name[:70]
    return create_assistant(
        actor=actor,
        workspace=assistant.workspace,
        name=name.strip() or fallback,
        summary=assistant.summary,
        configuration=assistant.draft,
        imported=assistant.imported,
    )


def import_assistant(
    *, actor: Principal, workspace: Workspace, content: bytes, name: str = ""
) -> tuple[Assistant, list[str]]:
    """An assistant of a file, as a draft, and sentences on what of it found no place. Raises ImportProblem.

    `name` is the file's. Tools are looked up on the workspace's hubs; those that none offers are kept by name.
    """
    require(actor, "assistant.manage", in_workspace(workspace, "assistant"))
    found = read_assistant_file(content, name)
    tools, missing = _placed(workspace, found.tools)
    if missing:
        found.unread["tools"] = [{"name": tool.name, "hub": tool.hub} for tool in missing]
        found.notes.append(_("No hub here offers these tools: %s.") % ", ".join(tool.name for tool in missing)[:300])
    try:
        made = create_assistant(
            actor=actor,
            workspace=workspace,
            name=found.name,
            summary=found.summary,
            letters=found.letters,
            configuration=found.configuration | ({"tools": tools} if tools else {}),
            imported={"format": found.format, "name": name[:200], "unread": found.unread},
        )
    except DraftProblem as problem:
        said = " ".join(str(sentence) for sentences in problem.errors.values() for sentence in sentences)
        raise ImportProblem(_("The file cannot be used as it is. %s") % said) from problem
    return made, found.notes


def _placed(workspace: Workspace, wanted: Sequence[FileTool]) -> tuple[list[dict[str, Any]], list[FileTool]]:
    """The tools that a hub offers, as choices, and those that none does."""
    if not wanted:
        return [], []
    there = hub_tools(workspace.id)
    slugs = dict(Hub.objects.filter(workspace=workspace).values_list("id", "slug"))
    placed: dict[str, dict[str, Any]] = {}
    missing = []
    for tool in wanted:
        match = _match(tool, there, slugs)
        if match is None:
            missing.append(tool)
        elif match.name not in placed and len(placed) < 128:
            placed[match.name] = {"hub": match.hub, "name": match.name, "ask_first": tool.ask_first}
    return list(placed.values()), missing


def _match(tool: FileTool, there: Sequence[HubTool], slugs: dict[str, str]) -> HubTool | None:
    named = [one for one in there if one.name == tool.name]
    own = [one for one in named if tool.hub and tool.hub in (one.hub, slugs.get(one.hub))]
    return next(iter(own or named), None)
