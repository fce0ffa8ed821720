"""What a file says of an assistant, put together field by field; what finds no place is kept and told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from assistants.enums import MAX_UNREAD_BYTES
from assistants.errors import ImportProblem

MAX_NAME, MAX_SUMMARY, MAX_TEXT, MAX_SHORT, MAX_STARTERS = 80, 300, 4_000, 200, 8
MAX_INSTRUCTIONS = 100_000
_FAST = ("haiku", "mini", "flash", "nano", "small", "lite", "3.5-turbo", "8b", "7b")
_BEST = ("opus", "large", "ultra", "o1", "o3", "pro", "405b", "reasoner")


@dataclass(frozen=True)
class FileTool:
    """A tool as a file names it: `hub` is a hub's slug or id, or empty for any."""

    name: str
    hub: str = ""
    ask_first: bool = False


@dataclass
class ImportedAssistant:
    """`configuration` is JSON without tools; `notes` are sentences for whoever imports."""

    format: str
    name: str = ""
    summary: str = ""
    letters: str = ""
    configuration: dict[str, Any] = field(default_factory=dict)
    tools: list[FileTool] = field(default_factory=list)
    unread: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def put_name(self, text: str) -> None:
        whole = " ".join(text.split())
        self.name = whole[:MAX_NAME].strip()
        if len(whole) > MAX_NAME:
            self.keep("name", whole, _("The name was longer than 80 characters and is cut."))

    def put_summary(self, text: str) -> None:
        whole = " ".join(text.split())
        self.summary = whole if len(whole) <= MAX_SUMMARY else whole[: MAX_SUMMARY - 1].rstrip() + "…"
        if len(whole) > MAX_SUMMARY:
            self.keep("summary", whole, _("The summary was longer than 300 characters and is cut."))

    def put_instructions(self, text: str) -> None:
        """The one text that is never cut: half of the instructions are other instructions."""
        text = text.replace("\r\n", "\n").strip()
        if len(text) > MAX_INSTRUCTIONS:
            raise ImportProblem(
                _("The instructions are %(n)s characters long; at most 100,000 fit. Shorten them in the file first.")
                % {"n": f"{len(text):,}"}
            )
        if text:
            self.configuration["instructions"] = text

    def put_greeting(self, text: str) -> None:
        text = text.strip()
        if len(text) > MAX_TEXT:
            self.keep("greeting", text, _("The greeting was longer than 4,000 characters and is cut."))
        if text:
            self.configuration["greeting"] = text[:MAX_TEXT]

    def put_starters(self, texts: Sequence[str]) -> None:
        lines = [line for line in dict.fromkeys(" ".join(text.split()) for text in texts) if line]
        fitting = [line for line in lines if len(line) <= MAX_SHORT]
        if fitting[:MAX_STARTERS]:
            self.configuration["starters"] = fitting[:MAX_STARTERS]
        left = [line for line in lines if line not in fitting[:MAX_STARTERS]]
        if left:
            self.keep(
                "starters", left, _("%d starters do not fit: there are eight of at most 200 characters.") % len(left)
            )

    def put_examples(self, texts: Sequence[str]) -> None:
        fitting = [text.strip() for text in texts if text.strip() and len(text.strip()) <= MAX_TEXT][:50]
        if fitting:
            self.configuration["examples"] = [{"input": text} for text in fitting]

    def put_model(self, name: Any) -> None:
        """A file's model becomes a class: its name means nothing to another provider."""
        if not (isinstance(name, str) and name.strip()):
            return
        klass = class_of(name)
        if klass != "balanced":
            self.model["klass"] = klass
        self.keep("model", name[:200], _("It asked for the model %(name)s: that became the class %(klass)s.") % {
            "name": name[:80], "klass": klass,
        })  # fmt: skip

    def put_number(self, name: str, value: Any, low: float, high: float, *, whole: bool = False) -> bool:
        """A setting of the model, when it is a number that can be used."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            return False
        self.model[name] = int(value) if whole else float(value)
        return True

    @property
    def model(self) -> dict[str, Any]:
        found: dict[str, Any] = self.configuration.setdefault("model", {})
        return found

    def keep(self, name: str, value: Any, note: str = "") -> None:
        """What has no place here: it stays with the assistant and goes out again with an export."""
        self.unread[name] = value
        if note:
            self.notes.append(note)

    def finish(self) -> ImportedAssistant:
        """Say what was not read, and leave out what is too large to be kept."""
        if not self.configuration.get("model"):
            self.configuration.pop("model", None)
        self._shrink()
        told = {"name", "summary", "greeting", "starters", "model"}
        names = [name for name in self.unread if name not in told]
        if names:
            self.notes.append(_("Kept, but without a place here: %s.") % ", ".join(sorted(names)))
        return self

    def _shrink(self) -> None:
        sizes = {name: len(json.dumps(value, ensure_ascii=False, default=str)) for name, value in self.unread.items()}
        dropped = []
        for name in sorted(sizes, key=lambda name: -sizes[name]):
            if sum(sizes[kept] for kept in self.unread) <= MAX_UNREAD_BYTES:
                break
            dropped.append(name)
            del self.unread[name]
        if dropped:
            self.notes.append(_("Too large to keep, and left out: %s.") % ", ".join(sorted(dropped)))


def class_of(model: str) -> str:
    """The class that the name of a model suggests."""
    lower = model.lower()
    if any(word in lower for word in _FAST):
        return "fast"
    return "best" if any(word in lower for word in _BEST) else "balanced"
