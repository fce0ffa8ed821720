"""The answer as it grows: every part is kept for the stored message and goes out as an event."""

from __future__ import annotations

from typing import Any

from assistants.adapters.streams import RunStream
from assistants.models import Run
from core.clock import now

Part = dict[str, Any]


class Transcript:
    """One run's parts. Text that comes in pieces is one part; `kind` of a part is the kind of its event.

    What is asked goes out at the end alone, when the run is stored as one that asks: who sees a question may answer it.
    """

    def __init__(self, run: Run, parts: list[Part]) -> None:
        self.run = run
        self.parts = parts
        self.stream = RunStream(run.id)
        self._open = False
        self._held: list[tuple[str, dict[str, Any]]] = []
        """The first question and what came behind it."""

    def start(self, *, message: str, assistant: str) -> None:
        run = self.run
        told = {"run": run.id, "message": message, "assistant": assistant}
        self._tell("start", told | {"model": run.model, "provider": run.provider})

    def text(self, piece: str) -> None:
        """A piece of the answer; whatever else comes in between ends the paragraph."""
        if not piece:
            return
        self._begun()
        if self._open:
            self.parts[-1]["text"] += piece
        else:
            self.parts.append({"kind": "text", "text": piece})
            self._open = True
        self._tell("text", {"text": piece})

    def add(self, kind: str, **data: Any) -> Part:
        """A part that comes whole."""
        self._begun()
        part: Part = {"kind": kind, **data}
        self.parts.append(part)
        self._open = False
        self._tell(kind, data)
        return part

    def error(self, kind: str, sentence: str) -> None:
        """The part names the error's kind `error`, since `kind` is its own."""
        self.parts.append({"kind": "error", "error": kind, "sentence": sentence})
        self._open = False
        self._tell("error", {"kind": kind, "sentence": sentence})

    def usage(self) -> None:
        run = self.run
        names = ("steps", "tool_calls", "tokens_in", "tokens_out")
        self._tell("usage", {name: getattr(run, name) for name in names})

    async def end(self, state: str, message: str) -> None:
        """Nothing more comes for now. Returns once all is written."""
        held, self._held = self._held, []
        for event in (*held, ("done", {"state": str(state), "message": message})):
            self.stream.add(*event)
        await self.stream.close()

    def new_text(self) -> None:
        """What the model says next is a paragraph of its own."""
        self._open = False

    # -- what is asked and not yet done

    def unanswered(self) -> list[Part]:
        return [part for part in self.parts if part["kind"] == "ask" and "answer" not in part]

    def answered(self) -> list[Part]:
        """Asks whose answer was not acted on yet."""
        done = {part["id"] for part in self.parts if part["kind"] == "tool_result"}
        asks = (part for part in self.parts if part["kind"] == "ask" and "answer" in part)
        return [part for part in asks if part["call"] not in done]

    def _tell(self, kind: str, data: dict[str, Any]) -> None:
        if self._held or kind == "ask":
            self._held.append((kind, data))
        else:
            self.stream.add(kind, data)

    def _begun(self) -> None:
        if self.run.first_word_at is None:
            self.run.first_word_at = now()
