"""What the peers that play a model provider think: told by the model's name and by the last message.

Names of models that answer:

    echo        says the message again, word by word
    tools       `call NAME {json}` in a message calls that tool (two such lines: two calls at once), and then says what
                came of it; `hand in {json}` calls the tool final_result
    loop        calls the first tool for ever
    clock       says the time (nanoseconds) at which each piece leaves, as `--pieces` and `--pause` say

and of models that fail: status-NNN answers with that status, garbage and html stream what cannot be read, cut breaks
the connection in the middle of a word, short ends politely without an end, silent never answers, stall stops in the
middle, endless never stops, filter says that a filter stopped it, long that the answer reached its longest length.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
MODELS = ("echo", "tools", "loop", "clock")
_CALL = re.compile(r"^\s*call (\S+)\s*(\{.*\})?\s*$", re.M)
_HAND_IN = re.compile(r"^\s*hand in (.*)$", re.M)
STATUS = re.compile(r"status-(\d{3})")


@dataclass(frozen=True)
class Asked:
    """One request, whatever its dialect."""

    model: str
    text: str
    """The person's last message."""
    results: tuple[str, ...]
    """Of tools, when those came after it."""
    tools: tuple[str, ...]


@dataclass(frozen=True)
class Say:
    text: str


@dataclass(frozen=True)
class Call:
    name: str
    arguments: str


@dataclass(frozen=True)
class Finish:
    """`reason`: stop, tools, length or filter. None: the stream just ends."""

    reason: str | None


class Break(Exception):
    """The connection is to be broken now."""


@dataclass
class Brain:
    """Counts what it is asked. `pieces` and `pause_s` are for the clock."""

    pieces: int = 3
    pause_s: float = 0.0
    requests: list[Json] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def think(self, asked: Asked) -> AsyncIterator[Say | Call | Finish | bytes]:
        found = getattr(self, f"_{asked.model.replace('-', '_')}", self._echo)
        thoughts: AsyncIterator[Say | Call | Finish | bytes] = found(asked)
        return thoughts

    async def _echo(self, asked: Asked) -> AsyncIterator[Any]:
        for word in re.findall(r"\S+\s*", f"You said: {asked.text}"):
            yield Say(word)
        yield Finish("stop")

    async def _tools(self, asked: Asked) -> AsyncIterator[Any]:
        if asked.results:
            yield Say("The tool said: " + " and ".join(asked.results))
            yield Finish("stop")
            return
        wanted = _CALL.findall(asked.text)
        handed = _HAND_IN.search(asked.text)
        if not wanted and not handed:
            async for thought in self._echo(asked):
                yield thought
            return
        yield Say("Let me see. ")
        for name, arguments in wanted:
            full = next((tool for tool in asked.tools if tool.rpartition("__")[2] == name), name)
            yield Call(full, arguments or "{}")
        if handed:
            yield Call("final_result", handed[1])
        yield Finish("tools")

    async def _loop(self, asked: Asked) -> AsyncIterator[Any]:
        yield Call(asked.tools[0], json.dumps({"a": len(self.requests), "b": 1}))
        yield Finish("tools")

    async def _clock(self, asked: Asked) -> AsyncIterator[Any]:
        for _ in range(self.pieces):
            yield Say(f"{time.time_ns()} ")
            await asyncio.sleep(self.pause_s)
        yield Finish("stop")

    async def _cut(self, asked: Asked) -> AsyncIterator[Any]:
        yield Say("It begins well and then stops in the midd")
        await asyncio.sleep(0.05)
        raise Break

    async def _short(self, asked: Asked) -> AsyncIterator[Any]:
        yield Say("It begins well and")
        yield Finish(None)

    async def _garbage(self, asked: Asked) -> AsyncIterator[Any]:
        yield b'data: {"choices": [{"delta": {"content": "a\n\ndata: \xff\xfe<<<\n\n'
        yield Finish(None)

    async def _html(self, asked: Asked) -> AsyncIterator[Any]:
        yield b"<!doctype html><title>Sign in</title><p>Please sign in to the portal."
        yield Finish(None)

    async def _stall(self, asked: Asked) -> AsyncIterator[Any]:
        yield Say("One moment, ")
        await asyncio.sleep(3600)
        yield Finish("stop")

    async def _endless(self, asked: Asked) -> AsyncIterator[Any]:
        while True:
            yield Say("and on it goes " * 20)
            await asyncio.sleep(0.002)

    async def _filter(self, asked: Asked) -> AsyncIterator[Any]:
        yield Say("Well")
        yield Finish("filter")

    async def _long(self, asked: Asked) -> AsyncIterator[Any]:
        yield Say("A very long")
        yield Finish("length")
