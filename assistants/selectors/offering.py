"""What the running assistants of a workspace offer to its hubs: definitions of tools and prompts, as MCP lists them."""

from __future__ import annotations

from typing import Any

from assistants.configuration import Configuration, Variable, read_configuration
from assistants.models import Assistant
from assistants.selectors.reach import tool_name
from assistants.selectors.tools import hub_tools

MESSAGE, CONVERSATION, INPUT = "message", "conversation", "input"
OWN = (MESSAGE, CONVERSATION, INPUT)
"""Arguments of `ask_…` that are ours; a variable of such a name is asked for as `variable_<name>`."""


def offered_assistants(workspace_id: str) -> list[Assistant]:
    rows = Assistant.objects.filter(workspace=workspace_id, state=Assistant.State.RUNNING, offer_tool=True)
    return list(rows.select_related("workspace", "deployed").exclude(deployed=None).order_by("id"))


def offers_of(workspace_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(tools, prompts) of a workspace."""
    assistants = offered_assistants(workspace_id)
    read_only = {tool.value for tool in hub_tools(workspace_id) if tool.read_only} if assistants else set()
    tools, prompts = [], []
    for assistant in assistants:
        configuration = deployed_configuration(assistant)
        reads = all(f"{choice.hub}/{choice.name}" in read_only for choice in configuration.tools)
        tools.append(tool_definition(assistant, configuration, reads=reads))
        prompts.append(prompt_definition(assistant, configuration))
    return tools, prompts


def deployed_configuration(assistant: Assistant) -> Configuration:
    return read_configuration(assistant.deployed.configuration if assistant.deployed else {})


def asked_variables(assistant: Assistant, configuration: Configuration) -> dict[str, Variable]:
    """The variables that whoever asks may fill in, by the name of their argument: those that nobody filled in for all.

    Secrets are never among them: they would stand in the records of calls.
    """
    return {
        f"variable_{variable.name}" if variable.name in OWN else variable.name: variable
        for variable in configuration.variables
        if variable.kind != "secret" and variable.name not in assistant.value_names
    }


def tool_definition(assistant: Assistant, configuration: Configuration, *, reads: bool) -> dict[str, Any]:
    """`reads`: none of its own tools may write."""
    properties: dict[str, Any] = {MESSAGE: {"type": "string", "description": "What to say to the assistant."}}
    required = [MESSAGE]
    for name, variable in asked_variables(assistant, configuration).items():
        properties[name] = _property(variable)
    if configuration.input_schema is not None:
        properties[INPUT] = configuration.input_schema
        required.append(INPUT)
    properties[CONVERSATION] = {
        "type": "string",
        "description": "The id of a conversation to go on with, from an earlier answer. A new one begins without it.",
    }
    found: dict[str, Any] = {
        "name": tool_name(assistant),
        "title": assistant.name,
        "description": described(assistant),
        "inputSchema": {"type": "object", "properties": properties, "required": required},
        "annotations": {"title": assistant.name, "readOnlyHint": reads, "openWorldHint": True},
    }
    if configuration.output_schema is not None and configuration.output_schema.get("type") == "object":
        found["outputSchema"] = configuration.output_schema
    return found


def prompt_definition(assistant: Assistant, configuration: Configuration) -> dict[str, Any]:
    return {
        "name": assistant.slug,
        "title": assistant.name,
        "description": assistant.summary or described(assistant),
        "arguments": [
            {"name": name, "description": variable.help or variable.label, "required": _required(variable)}
            for name, variable in asked_variables(assistant, configuration).items()
        ],
    }


def described(assistant: Assistant) -> str:
    summary = assistant.summary.rstrip(".")
    return f"Ask the assistant {assistant.name}. {summary}." if summary else f"Ask the assistant {assistant.name}."


def _required(variable: Variable) -> bool:
    return variable.required and not variable.default


def _property(variable: Variable) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "number" if variable.kind == "number" else "string"}
    found["description"] = variable.help or variable.label
    if variable.choices and variable.kind == "choice":
        found["enum"] = list(variable.choices)
    if variable.default and variable.kind != "number":
        found["default"] = variable.default
    return found
