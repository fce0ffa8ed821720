"""What an assistant answered, as the doors without a page tell it. Free of Django: the gateway uses it too.

An answer is fed either with the events of a run as they come, or with the parts of its stored message: both name their
kinds alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

Data = Mapping[str, Any]
ENDED_BADLY = ("failed", "cancelled", "gone")
ASKING = "asking"
NO_WORDS = "The assistant said nothing."
STOPPED = "The answer was stopped."
SAY_SO: Mapping[str, str] = {"fill": "Say so in the same conversation."}
MOST_ASKED = 2_000
"""Characters of the arguments that a question shows."""


class Answer:
    """Grows with `add`; `text`, `blocks`, `structured` and `failed` are right once the run has ended in `state`."""

    def __init__(self) -> None:
        self.how: Mapping[str, str] = SAY_SO
        """What whoever reads it can do about a question, by why it is asked."""
        self.state = ""
        self.structured: Any = None
        self.has_structured = False
        self._texts: list[str] = []
        self._open = False
        self.notices: list[str] = []
        """What is to be known of the answer, such as that no model made it."""
        self._results: list[dict[str, Any]] = []
        self._result_failed = False
        self._said: list[str] = []
        self.asks: list[Data] = []
        """What it waits for, as its events have it."""
        self._error = ""

    def add(self, kind: str, data: Data) -> None:
        """One event, or one part of a message. Kinds that do not concern the answer are passed over."""
        opened, self._open = self._open, False
        if kind == "text":
            self._text(str(data.get("text", "")), opened)
        elif kind == "tool_result":
            self._results = [block for block in data.get("content", ()) if isinstance(block, dict)]
            self._result_failed = data.get("outcome") != "answered"
        elif kind == "notice":
            self.notices.append(str(data.get("sentence", "")))
        elif kind == "output":
            self.structured, self.has_structured = data.get("value"), True
        elif kind == "suggest":
            self._said.append(_suggestion(data))
        elif kind == "ask" and "answer" not in data:
            self.asks.append(data)
        elif kind == "start":
            self.asks.clear()  # it goes on because they were answered
        elif kind == "error":
            self._error = str(data.get("sentence", ""))
        elif kind == "done":
            self.state = str(data.get("state", ""))

    def _text(self, piece: str, opened: bool) -> None:
        """Events bring a text in pieces: what follows a text directly belongs to it."""
        self._open = True
        if opened and self._texts:
            self._texts[-1] += piece
        else:
            self._texts.append(piece)

    @property
    def waits(self) -> bool:
        return self.state == ASKING and bool(self.asks)

    @property
    def failed(self) -> bool:
        return self.state in ENDED_BADLY

    @property
    def poor(self) -> bool:
        """It failed, or all that there is to show is a tool that did."""
        return self.failed or (self._result_failed and not self._worded and not self.waits)

    @property
    def _worded(self) -> bool:
        return any(text.strip() for text in self._texts)

    @property
    def said(self) -> str:
        """Its own words; may be empty. Whoever wrote none (the built-in model) answers with its last tool's texts."""
        found = [text.strip() for text in self._texts if text.strip()]
        if not found:
            found = [str(block["text"]) for block in self._results if block.get("type") == "text" and block.get("text")]
        return "\n\n".join([*found, *self._said])

    @property
    def text(self) -> str:
        """All that there is to tell: its words, what it asks, why it failed."""
        found = [said] if (said := self.said) else []
        if self.state == ASKING:
            found += [_question(ask, self.how) for ask in self.asks]
        if self.failed:
            found.append(self._error or STOPPED)
        if not found and self.has_structured:
            found.append(json.dumps(self.structured, ensure_ascii=False))
        return "\n\n".join(found) or (self.notices[-1] if self.notices else NO_WORDS)

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """Content as MCP has it: the text, and the pictures and links of the last tool where there were no words."""
        shown: list[dict[str, Any]] = [{"type": "text", "text": self.text}]
        if not self._worded:
            shown += [block for block in self._results if block.get("type") != "text"]
        for_people = {"annotations": {"audience": ["user"]}}
        return [*shown, *({"type": "text", "text": notice} | for_people for notice in self.notices)]


def answer_of(parts: Iterable[Data], state: str) -> Answer:
    """The answer of a stored message. A text part is a paragraph of its own."""
    answer = Answer()
    for part in parts:
        answer.add(str(part["kind"]), part)
        answer._open = False
    answer.state = state
    return answer


def _suggestion(data: Data) -> str:
    lines = [
        f"- {tool.get('title') or tool.get('name')}: {tool.get('description', '')}" for tool in data.get("tools", ())
    ]
    return "\n".join([str(data.get("text", "")), *lines]).strip()


def _question(data: Data, how: Mapping[str, str]) -> str:
    """What it waits for, and what can be done about it."""
    name = data.get("title") or data.get("name")
    if data.get("why") == "fill":
        missing = ", ".join(str(one) for one in data.get("missing", ()))
        return f"To call {name} it needs: {missing}. {how.get('fill', '')}".rstrip()
    arguments = json.dumps(data.get("arguments", {}), ensure_ascii=False)[:MOST_ASKED]
    return f"It wants to call {name} with {arguments}, which a person has to confirm. {how.get('confirm', '')}".rstrip()
