"""A message's parts as blocks that a page draws: text, calls, asks, suggestions, notices."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants.views.plain import json_of, plain_rows
from core.components.formats import NBSP, plain_duration, plain_number
from core.components.said import said
from core.components.schema_form import SchemaForm
from proxy.results import Part as ResultPart
from proxy.results import parts_of

Part = dict[str, Any]
GOOD = "answered"
MOST_NAMED = 3
"""Tools that the line above their calls names."""


@dataclass(frozen=True)
class Call:
    """One call of a tool. `outcome` is empty while nobody knows it."""

    id: str
    name: str
    title: str
    server: str
    arguments: Any
    outcome: str = ""
    ms: int = 0
    record: str = ""
    results: Sequence[ResultPart] = ()
    value: Any = None
    """The result as JSON, where it is some."""
    wave: int = 0
    """Calls of the same number were made side by side."""

    @property
    def words(self) -> str:
        return {
            "": _("running"),
            GOOD: _("answered"),
            "tool_error": _("says that it failed"),
            "failed": _("failed"),
            "refused": _("refused"),
            "denied": _("not allowed by you"),
            "gone": _("not offered any more"),
        }.get(self.outcome, self.outcome)

    @property
    def shape(self) -> str:
        if self.outcome == "denied":
            return "off"
        return {"": "live", GOOD: "running"}.get(self.outcome, "broken")

    @property
    def took(self) -> str:
        return seconds(self.ms)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """A small result as names and values; nothing where it is not that simple."""
        return plain_rows(self.value)


@dataclass
class Block:
    """`key` names it within its message; `parts` are the places of what it is made of."""

    kind: str
    key: str
    parts: list[int]
    data: Part = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    shown: bool = False
    """Results stand open: nobody else tells what they are (the offline model writes nothing)."""
    given: SchemaForm | None = None
    """What was filled in of an ask, with its mistakes."""

    @property
    def html(self) -> SafeString:
        return said(str(self.data.get("text", "")))

    @property
    def busy(self) -> bool:
        return any(not call.outcome for call in self.calls)

    @property
    def bad(self) -> int:
        return sum(call.outcome not in ("", GOOD) for call in self.calls)

    @property
    def took(self) -> str:
        waves: dict[int, int] = {}
        for call in self.calls:
            waves[call.wave] = max(waves.get(call.wave, 0), call.ms)
        return seconds(sum(waves.values()))

    @property
    def summary(self) -> str:
        return _summary(self.calls)

    @property
    def form(self) -> SchemaForm:
        return self.given or SchemaForm(
            self.data.get("schema") or {}, name="args", value=self.data.get("arguments") or {}
        )


def blocks_of(parts: Sequence[Part], *, live: bool = False, asking: bool = False) -> list[Block]:
    """`live`: a call without a result is under way; else it was never made. `asking`: asks can still be answered."""
    results = {part["id"]: part for part in parts if part["kind"] == "tool_result"}
    offline = any(part["kind"] == "notice" and part.get("code") == "offline" for part in parts)
    asked = {part["call"] for part in parts if part["kind"] == "ask"}
    found: list[Block] = []
    wave = 0
    for at, part in enumerate(parts):
        kind = part["kind"]
        wave += kind == "tool_result"
        if kind == "tool_result" or (kind == "choice" and found):
            continue
        if kind == "tool_call":
            call = _call(part, results.get(part["id"]), wave)
            if not call.outcome and (not live or call.id in asked):
                continue  # the ask tells it
            if found and found[-1].kind == "calls":
                found[-1].calls.append(call)
                found[-1].parts.append(at)
            else:
                found.append(Block("calls", f"p{at}", [at], calls=[call], shown=offline))
            continue
        if kind == "ask" and "answer" in part:
            continue
        if kind == "ask" and not (live or asking):
            kind = "lapsed"
        found.append(Block(kind, f"p{at}", [at], part))
    return found


def seconds(ms: float) -> str:
    """How long something took, as people say it: 12 ms, 2.1 s, 3 min."""
    if 1000 <= ms < 60_000:
        return f"{plain_number(round(ms / 1000, 1), 1)}{NBSP}s"
    return plain_duration(ms) if ms else ""


def _call(part: Part, result: Part | None, wave: int) -> Call:
    more: dict[str, Any] = {"wave": wave}
    if result is not None:
        told = {"content": result["content"]}
        if "structured" in result and not _says_it(result):
            told["structuredContent"] = result["structured"]
        more |= {"outcome": result["outcome"], "ms": result.get("ms", 0), "record": result.get("call", "")}
        more["results"] = parts_of(told) if result["content"] or "structured" in result else ()
        more["value"] = json_of(result)
    title = str(part.get("title") or part["name"])
    return Call(part["id"], part["name"], title, part.get("server", ""), part["arguments"], **more)


def _says_it(result: Part) -> bool:
    """Is there text or a picture, so that the structured result would only say it again?"""
    return any(block.get("type") in ("text", "image", "audio") for block in result["content"])


def _summary(calls: Sequence[Call]) -> str:
    running = [call.title for call in calls if not call.outcome]
    if running:
        return _("Calling %s") % ", ".join(dict.fromkeys(running))
    named = list(_counted(calls))
    if len(named) > MOST_NAMED:
        n = len(calls)
        return ngettext("Called %(n)d tool: %(names)s", "Called %(n)d tools: %(names)s", n) % {
            "n": n,
            "names": ", ".join([*named[: MOST_NAMED - 1], "…"]),
        }
    return capfirst(", ".join(named))


def _counted(calls: Sequence[Call]) -> Iterator[str]:
    for title, group in itertools.groupby(sorted(calls, key=lambda call: _place(calls, call)), lambda call: call.title):
        n = len(list(group))
        if n == 1:
            yield title
        else:
            yield _("%s twice") % title if n == 2 else _("%(title)s %(n)d times") % {"title": title, "n": n}


def _place(calls: Sequence[Call], call: Call) -> int:
    return next(at for at, one in enumerate(calls) if one.title == call.title)
