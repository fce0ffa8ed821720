"""Two prompts that put the tools to work."""

from __future__ import annotations

from mcp import types

from proxy.bundled.notebook import uri_of
from proxy.bundled.notes import Notes

_MOST_NOTES = 10

PROMPTS = [
    types.Prompt(
        name="plan_meeting",
        title="Plan a meeting across time zones",
        description="Finds times that suit everybody's working day",
        arguments=[
            types.PromptArgument(name="places", description="Cities or time zones, with commas", required=True),
            types.PromptArgument(name="day", description="The day or week it should be in", required=False),
            types.PromptArgument(name="minutes", description="How long it takes", required=False),
        ],
    ),
    types.Prompt(
        name="brief_from_notes",
        title="Brief me from the notes",
        description="Sums up what the notes of this workspace say about a topic",
        arguments=[types.PromptArgument(name="topic", description="What it is about", required=True)],
    ),
]


class PromptProblem(Exception):
    """A prompt that does not exist, or an argument that is missing."""


def get_prompt(name: str, arguments: dict[str, str], notes: Notes) -> types.GetPromptResult:
    """Raises PromptProblem."""
    prompt = next((one for one in PROMPTS if one.name == name), None)
    if prompt is None:
        raise PromptProblem(f"There is no prompt {name!r}.")
    for argument in prompt.arguments or []:
        if argument.required and not arguments.get(argument.name, "").strip():
            raise PromptProblem(f"The prompt {name} needs the argument {argument.name!r}.")
    messages = _meeting(arguments) if name == "plan_meeting" else _brief(arguments["topic"], notes)
    return types.GetPromptResult(description=prompt.description, messages=messages)


def _meeting(arguments: dict[str, str]) -> list[types.PromptMessage]:
    day = arguments.get("day") or "the next five working days"
    minutes = arguments.get("minutes") or "30"
    return [
        _said(
            f"Plan a meeting of {minutes} minutes on {day} for people in: {arguments['places']}.\n"
            "Use find_time_zones for each place and convert_time to compare. Suggest up to three times between 09:00 "
            "and 18:00 for everyone, or say which place has to start early or stay late, with the time in each zone."
        )
    ]


def _brief(topic: str, notes: Notes) -> list[types.PromptMessage]:
    found = [note for note, _, _ in notes.search(topic)[:_MOST_NOTES]]
    if not found:
        return [_said(f"There are no notes about {topic!r} yet. Offer to write one with add_note.")]
    task = f"Sum up what these notes say about {topic!r}. Name the note behind each statement by its title."
    contents = [
        types.TextResourceContents(uri=uri_of(note), mime_type="text/markdown", text=f"# {note.title}\n\n{note.text}")
        for note in found
    ]
    embedded = [types.EmbeddedResource(type="resource", resource=content) for content in contents]
    return [_said(task), *(types.PromptMessage(role="user", content=block) for block in embedded)]


def _said(text: str) -> types.PromptMessage:
    return types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
