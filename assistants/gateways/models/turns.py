"""What goes to a model and what comes back, the same for every provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.messages import ModelResponse


@dataclass(frozen=True)
class ToolUse:
    """A call that the model wants. `arguments` is None where what it wrote is no JSON object."""

    id: str
    key: str
    arguments: dict[str, Any] | None


@dataclass(frozen=True)
class ToolReturn:
    id: str
    key: str
    text: str
    failed: bool = False


@dataclass(frozen=True)
class PersonTurn:
    text: str


@dataclass(frozen=True)
class ModelTurn:
    """`native` is the library's own message, of this process: it carries what providers want to see again."""

    text: str = ""
    calls: tuple[ToolUse, ...] = ()
    native: ModelResponse | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ReturnsTurn:
    returns: tuple[ToolReturn, ...]


Turn = PersonTurn | ModelTurn | ReturnsTurn


@dataclass(frozen=True)
class ToolOffer:
    key: str
    description: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What one request brought. Tokens are estimated where the provider does not tell."""

    turn: ModelTurn
    tokens_in: int
    tokens_out: int
    cut_short: bool = False
    """It reached the longest answer that it may give."""
