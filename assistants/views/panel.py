"""The chat as a part of a page: on its own page, and where an assistant is tried.

panel = panel_of(assistant=…, conversation=…, links=Links(say=…, …))
render(request, "…", {"panel": panel})        # {% include "assistants/chat_panel.html" %}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from assistants.configuration import Configuration, read_configuration
from assistants.models import Assistant, Conversation, Message, Run
from assistants.selectors.conversations import TURNS, Said, said_in
from assistants.selectors.opening import Opening, opening_of
from assistants.views.blocks import Block, blocks_of, seconds
from core.components.schema_form import SchemaForm


@dataclass(frozen=True)
class Links:
    """Where the forms of a panel go. All but `say` are empty before the first message."""

    say: str
    stream: str = ""
    stop: str = ""
    answer: str = ""
    new: str = ""
    earlier: str = ""
    connect: str = ""
    """Where a model is connected; empty for those who may not."""
    calls: str = ""
    """Calls of the workspace, ending in the place of an id; empty for those who may not see them."""


@dataclass
class Turn:
    """One message as it is drawn."""

    said: Said
    blocks: list[Block]

    @property
    def message(self) -> Message:
        return self.said.message

    @property
    def run(self) -> Run | None:
        return self.said.run

    @property
    def by_person(self) -> bool:
        return self.message.role == Message.Role.PERSON

    @property
    def live(self) -> bool:
        return not self.by_person and self.run is not None and self.run.state in Run.LIVE

    @property
    def text(self) -> str:
        return "\n\n".join(str(part.get("text", "")) for part in self.message.parts if part["kind"] == "text")

    @property
    def took(self) -> str:
        run = self.run
        if run is None or run.started_at is None or run.finished_at is None:
            return ""
        return seconds(max(1.0, (run.finished_at - run.started_at).total_seconds() * 1000))

    @property
    def tokens(self) -> int:
        return self.run.tokens_in + self.run.tokens_out if self.run else 0


@dataclass
class Panel:
    """What the template needs. `left`: tries that a visitor has left today; None where nobody counts."""

    assistant: Assistant
    configuration: Configuration
    links: Links
    conversation: Conversation | None = None
    turns: Sequence[Turn] = ()
    trial: bool = False
    left: int | None = None
    most: int = 0
    note: str = ""
    """Who pays for a trial, and what of it is left."""
    typed: str = ""
    problem: str = ""
    form: SchemaForm | None = None
    """Of an assistant that takes structured input."""
    earlier: bool = False

    @cached_property
    def opening(self) -> Opening:
        return opening_of(self.assistant, self.configuration)

    @cached_property
    def live(self) -> Run | None:
        return next((turn.run for turn in self.turns if turn.live), None)

    @property
    def follow(self) -> str:
        """The run that the page has not all of: it is answered now, or waits for a person."""
        last = self.turns[-1].run if self.turns else None
        return last.id if last is not None and last.state in (*Run.LIVE, Run.State.ASKING) else ""

    @property
    def position(self) -> int:
        return self.turns[-1].message.position if self.turns else 0

    @property
    def key(self) -> str:
        """Under which the browser keeps what was typed."""
        return self.conversation.id if self.conversation else f"new {self.assistant.id}"

    @property
    def may_write(self) -> bool:
        return self.left is None or self.left > 0


def panel_of(
    *,
    assistant: Assistant,
    links: Links,
    conversation: Conversation | None = None,
    before: int = 0,
    data: Any = None,
    **more: Any,
) -> Panel:
    """`data`: what was sent of an input form that had mistakes."""
    configuration = configuration_of(assistant)
    said = said_in(conversation, before=before) if conversation else []
    form = None
    if configuration.input_schema is not None:
        form = SchemaForm(configuration.input_schema, name="input", data=data)
    return Panel(
        assistant=assistant,
        configuration=configuration,
        links=links,
        conversation=conversation,
        turns=turns_of(said),
        form=form,
        earlier=len(said) == TURNS and said[0].message.position > 1,
        **more,
    )


def configuration_of(assistant: Assistant) -> Configuration:
    """What answers now; of a draft, what would."""
    return read_configuration(assistant.deployed.configuration if assistant.deployed else assistant.draft)


def turns_of(said: Sequence[Said]) -> list[Turn]:
    found = []
    for one in said:
        state = one.run.state if one.run is not None else ""
        blocks = blocks_of(one.message.parts, live=state in Run.LIVE, asking=state == Run.State.ASKING)
        found.append(Turn(one, blocks))
    return found


def draw_turn(panel: Panel, turn: Turn, csrf: str = "") -> str:
    return render_to_string("assistants/chat_turn.html", {"panel": panel, "turn": turn, "csrf_token": csrf})


def draw_block(panel: Panel, turn: Turn, block: Block, csrf: str = "") -> str:
    values = {"panel": panel, "turn": turn, "block": block, "csrf_token": csrf}
    return render_to_string("assistants/chat_block.html", values)


def draw_foot(panel: Panel, turn: Turn, csrf: str = "") -> str:
    return render_to_string("assistants/chat_foot.html", {"panel": panel, "turn": turn, "csrf_token": csrf})


def state_words(state: str) -> str:
    """For those who do not see it: how an answer ended."""
    return {
        "done": _("Answered"),
        "failed": _("The answer failed"),
        "cancelled": _("Stopped"),
        "asking": _("Waits for you"),
    }.get(state, "")
