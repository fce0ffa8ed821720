"""How the gateway asks the workers of assistants: through lists in Redis. Free of Django.

The gateway puts an `Ask` on one list, a worker takes it and puts a `Told` on the list of that ask. What the answer
becomes stands in the stream of the run (`assistants.adapters.streams`).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from core.decision import Principal

WAITING = "assistants:asks"
"""The list of asks that wait for a worker; the newest are pushed on its right."""
REPLY_S = 60
"""How long what was told is kept for whoever asked."""
CONVERSATION = "io.crossroads/conversation"
"""In `_meta` of a result: whose conversation it belongs to."""
RUN = "io.crossroads/run"
DEPTH = "io.crossroads/depth"
"""In `_meta` of a call: how many assistants asked one another before."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """`kind`: run (make one), answer (go on with `run`: `arguments` are answers by the ids of asks), prompt (read one)
    or cancel (stop `run`)."""

    id: str
    kind: Literal["run", "answer", "prompt", "cancel"]
    workspace: str
    principal: Principal
    name: str = ""
    """The tool's or the prompt's own name."""
    arguments: dict[str, Any] = {}
    depth: int = 0
    run: str = ""
    until: float = 0.0
    """UTC epoch seconds: nobody waits any more after that."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an ask: a run that began, a prompt's result, or why not."""

    run: str = ""
    conversation: str = ""
    must_structure: bool = False
    """The tool promises a structured result: an answer without one has failed."""
    after: str = ""
    """The run goes on behind this event of its stream."""
    asks: list[dict[str, Any]] = []
    """What it still waits for after an answer that left something open."""
    chat: str = ""
    """The address of its chat page, for those who cannot be asked where they are."""
    result: dict[str, Any] = {}
    code: str = ""
    sentence: str = ""


def waiting(prefix: str) -> str:
    return f"{prefix}{WAITING}"


def reply_to(prefix: str, ask_id: str) -> str:
    return f"{prefix}assistants:told:{ask_id}"
