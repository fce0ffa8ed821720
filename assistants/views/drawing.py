"""A run's events drawn as they come: which parts of the page change, as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assistants.adapters.streams import RunEvent
from assistants.models import Message, Run
from assistants.selectors.conversations import Said
from assistants.views.blocks import Block, blocks_of
from assistants.views.panel import Panel, Turn, draw_block
from core.components.said import GrowingText

Change = tuple[str, dict[str, Any]]
"""What the page is told: `whole` {message, html}, `block` {message, key, html}, `text` {message, key, keep, html}."""
PARTS = frozenset({"tool_call", "tool_result", "ask", "suggest", "notice", "output"})


class Drawing:
    """One answer. `apply` takes events in their order, `changes` tells what they changed since it was last asked."""

    def __init__(self, panel: Panel, message: Message, run: Run | None, token: str) -> None:
        self.panel, self.token = panel, token
        self.turn = Turn(Said(message, run), [])
        self.parts: list[dict[str, Any]] = []
        self.state = ""
        self.last = ""
        """Id of the last event."""
        self.fresh = True
        """The page has nothing of it yet, or something older."""
        self._texts: dict[int, GrowingText] = {}
        self._drawn: dict[str, Any] = {}
        self._open = False

    def apply(self, event: RunEvent) -> None:
        self.last = event.id or self.last
        kind, data = event.kind, event.data
        if kind == "text":
            self._add_text(data["text"])
            return
        self._open = False
        if kind in PARTS:
            self.parts.append({"kind": kind, **data})
        elif kind == "error":
            self.parts.append({"kind": "error", "error": data["kind"], "sentence": data["sentence"]})
        elif kind == "start":
            self.state = "running"
            for part in self.parts:
                if part["kind"] == "ask":
                    part.setdefault("answer", {})  # it goes on because it was answered
        elif kind == "message":
            self.parts, self._texts, self.fresh = list(data["parts"]), {}, True
        elif kind == "done":
            self.state = data["state"]

    def lapse(self) -> None:
        """What it asked is not answered any more."""
        self.state = "cancelled"

    def was_seen(self) -> None:
        """The page shows all of it up to here."""
        for _change in self.changes():
            pass

    def changes(self) -> Iterator[Change]:
        blocks = blocks_of(self.parts, live=self.state in ("", "running"), asking=self.state == "asking")
        message = self.turn.message.id
        if self.fresh:
            self.fresh = False
            self._drawn = {block.key: self._look(block) for block in blocks}
            for block in blocks:
                self._growing(block)
            html = "".join(draw_block(self.panel, self.turn, block, self.token) for block in blocks)
            yield "whole", {"message": message, "html": html}
            return
        gone = self._drawn.keys() - {block.key for block in blocks}
        for key in gone:
            del self._drawn[key]
            yield "block", {"message": message, "key": key, "html": ""}
        for block in blocks:
            look = self._look(block)
            if self._drawn.get(block.key) == look:
                continue
            known = block.key in self._drawn
            self._drawn[block.key] = look
            if block.kind == "text" and known:
                keep, html = self._texts[block.parts[0]].draw()
                yield "text", {"message": message, "key": block.key, "keep": keep, "html": html}
            else:
                self._growing(block)
                html = draw_block(self.panel, self.turn, block, self.token)
                yield "block", {"message": message, "key": block.key, "html": html}

    def _add_text(self, piece: str) -> None:
        if self._open:
            self.parts[-1]["text"] += piece
        else:
            self.parts.append({"kind": "text", "text": piece})
            self._open = True
        at = len(self.parts) - 1
        if at in self._texts:
            self._texts[at].add(piece)

    def _growing(self, block: Block) -> None:
        """The page has this text now; from here on only its end is drawn."""
        if block.kind == "text":
            growing = GrowingText()
            growing.add(block.data["text"])
            growing.draw()
            self._texts[block.parts[0]] = growing

    def _look(self, block: Block) -> Any:
        """Equal when it looks the same."""
        if block.kind == "text":
            return len(block.data["text"])
        return (block.kind, tuple((call.id, call.outcome) for call in block.calls))
