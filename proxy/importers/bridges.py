"""Commands that only stand for another: shells of Windows, and bridges to a server that is reached by its address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

_BRIDGE = re.compile(r"mcp-remote(?:@[\w.-]+)?")
_ENV = re.compile(r"\$\{(\w+)\}")
_RUNNERS = frozenset({"npx", "bunx", "pnpm", "pnpx", "bun", "yarn"})


@dataclass(frozen=True)
class Remote:
    """Where a bridge leads."""

    transport: Literal["http", "sse"]
    url: str
    headers: dict[str, str]


def unwrapped(command: str, args: list[str]) -> tuple[str, list[str]]:
    """`cmd /c npx …` of Windows is `npx …` here."""
    if re.sub(r"\.exe$", "", command.lower()).rpartition("\\")[2] == "cmd" and args and args[0].lower() in {"/c", "/k"}:
        words = args[1:]
        return (words[0], words[1:]) if words else ("", [])
    return command, args


def as_remote(command: str, args: Sequence[str], env: Mapping[str, str]) -> Remote | None:
    """What `npx mcp-remote URL --header "Name: value"` connects to; None for every other command."""
    name = re.split(r"[\\/]", command)[-1].removesuffix(".cmd").removesuffix(".exe")
    words = list(args)
    if name not in _RUNNERS and not _BRIDGE.fullmatch(name):
        return None
    if name in _RUNNERS:
        position = next((index for index, word in enumerate(words) if _BRIDGE.fullmatch(word)), None)
        if position is None:
            return None
        words = words[position + 1 :]
    url = next((word for word in words if word.startswith(("https://", "http://"))), "")
    if not url:
        return None
    sse = _after(words, "--transport")[:1] in (["sse-only"], ["sse-first"]) or url.rstrip("/").endswith("/sse")
    headers = {}
    for line in _after(words, "--header"):
        key, _, value = line.partition(":")
        # mcp-remote fills `${NAME}` from the entry's own environment.
        headers[key.strip()] = _ENV.sub(lambda found: env.get(found[1], found[0]), value.strip())
    return Remote("sse" if sse else "http", url, {key: value for key, value in headers.items() if key and value})


def _after(words: Sequence[str], flag: str) -> list[str]:
    return [word for before, word in pairwise(words) if before == flag]
