"""Reads the JSON with which Claude Desktop, Claude Code, Cursor, VS Code, Windsurf and their kin name MCP servers.

reading = read_client_config(text)
reading.problem                      # why nothing could be read, in a sentence, or ""
for entry in reading.entries:        # one for each server, also for those that cannot be used
    entry.draft, entry.problems, entry.notes
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from proxy.importers.drafts import ServerDraft, Text
from proxy.importers.entries import EntryReader
from proxy.importers.jsonc import JsoncProblem, parse_jsonc

MAX_ENTRIES = 500
_LISTS = ("mcpServers", "servers", "context_servers", "amp.mcpServers", "mcp.servers", "mcp")
_OF_A_SERVER = frozenset({"command", "url", "serverUrl", "httpUrl", "uri"})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One server of the file. `draft` is None where `problems` leave nothing to connect."""

    key: str
    """Its name in the file."""
    draft: ServerDraft | None
    problems: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()
    disabled: bool = False
    """The file says that it is switched off."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a text holds."""

    entries: tuple[Entry, ...] = ()
    problem: Text = ""

    def entry(self, key: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.key == key), None)

    @property
    def usable(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.draft is not None)


def read_client_config(text: str) -> Reading:
    """Every server that a client's configuration names. Never raises; what is wrong is said in words."""
    try:
        return read_client_value(parse_jsonc(text))
    except JsoncProblem as problem:
        return Reading(problem=str(problem))


def read_client_value(value: Any) -> Reading:
    """The same for a configuration that is decoded already."""
    found = _named(value)
    if found is None:
        return Reading(problem=_no_servers(value))
    if not found:
        return Reading(problem=_("The list of servers is empty."))
    if len(found) > MAX_ENTRIES:
        return Reading(problem=_("These are more than %d servers. Import them in parts.") % MAX_ENTRIES)
    inputs = _inputs(value)
    return Reading(entries=tuple(_entry(key, said, inputs) for key, said in found))


def _entry(key: str, said: Any, inputs: Mapping[str, Mapping[str, Any]]) -> Entry:
    if not isinstance(said, Mapping):
        return Entry(key=key, draft=None, problems=(_("This is not an object with a command or an address."),))
    reader = EntryReader(key, said, inputs)
    draft = reader.read()
    return Entry(
        key=key,
        draft=None if reader.problems else draft,
        problems=tuple(reader.problems),
        notes=tuple(reader.notes),
        disabled=said.get("disabled") is True or said.get("enabled") is False,
    )


def _named(value: Any) -> list[tuple[str, Any]] | None:
    """The servers with their names, in the file's order; None when there is nothing like one."""
    if isinstance(value, list):
        return _of_list(value) if all(_is_server(item) for item in value) else None
    if not isinstance(value, Mapping):
        return None
    if _is_server(value):
        return [(_own_name(value), value)]
    groups = [group for group in _groups(value) if isinstance(group, Mapping | list)]
    if groups:
        return _unique([pair for group in groups for pair in _pairs(group)])
    if value and all(_is_server(item) for item in value.values()):
        return [(str(key), item) for key, item in value.items()]
    return None


def _groups(value: Mapping[str, Any]) -> Iterator[Any]:
    """The lists of servers within a whole settings file, wherever that client keeps them."""
    for name in _LISTS:
        group = value.get(name)
        if name == "mcp" and isinstance(group, Mapping):
            inner = [group[word] for word in ("servers", "mcpServers") if isinstance(group.get(word), Mapping)]
            yield from inner or ([group] if any(_is_server(item) for item in group.values()) else [])
        elif name in value:
            yield group
    projects = value.get("projects")
    if isinstance(projects, Mapping):
        for project in projects.values():
            if isinstance(project, Mapping) and project.get("mcpServers"):
                yield project["mcpServers"]


def _pairs(group: Mapping[str, Any] | list[Any]) -> list[tuple[str, Any]]:
    return _of_list(group) if isinstance(group, list) else [(str(key), item) for key, item in group.items()]


def _of_list(items: list[Any]) -> list[tuple[str, Any]]:
    return _unique([(_own_name(item) if isinstance(item, Mapping) else _("entry"), item) for item in items])


def _unique(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The same server twice is one; another one under a name that is taken gets a number."""
    taken: dict[str, Any] = {}
    for key, item in pairs:
        free, count = key, 1
        while free in taken and taken[free] != item:
            count += 1
            free = f"{key} {count}"
        taken[free] = item
    return list(taken.items())


def _is_server(item: Any) -> bool:
    return isinstance(item, Mapping) and any(isinstance(item.get(word), str | list) for word in _OF_A_SERVER)


def _own_name(said: Mapping[str, Any]) -> str:
    """A name for a server that stands alone: its own, or that of its package or host."""
    for word in ("name", "title", "id"):
        if isinstance(said.get(word), str) and said[word].strip():
            return str(said[word]).strip()
    for word in ("url", "serverUrl", "httpUrl", "uri"):
        if isinstance(said.get(word), str):
            host = re.sub(r"^\w+://", "", said[word]).partition("/")[0].partition(":")[0]
            parts = [part for part in host.split(".") if part not in {"www", "mcp", "api"}]
            return parts[-2] if len(parts) > 1 else host or _("server")
    command = said.get("command")
    words = [*(command if isinstance(command, list) else [command]), *_args(said)]
    plain = [word for word in words[1:] if isinstance(word, str) and re.fullmatch(r"@?[A-Za-z][\w./@-]*", word)]
    package = [*plain, *(str(word) for word in words[:1]), ""][0]
    return re.sub(r"(?<=.)@[^/]*$", "", package).rpartition("/")[2] or _("server")


def _args(said: Mapping[str, Any]) -> list[Any]:
    args = said.get("args")
    return args if isinstance(args, list) else []


def _inputs(value: Any) -> dict[str, Mapping[str, Any]]:
    """VS Code's `inputs`, by id, at the top or below `mcp`."""
    places = [value, value.get("mcp")] if isinstance(value, Mapping) else []
    listed = [place.get("inputs") for place in places if isinstance(place, Mapping)]
    items = [item for items in listed if isinstance(items, list) for item in items]
    return {str(item["id"]): item for item in items if isinstance(item, Mapping) and "id" in item}


def _no_servers(value: Any) -> str:
    if isinstance(value, Mapping) and value:
        names = ", ".join(list(map(str, value))[:5])
        return _("There is no list of servers in this. Expected “mcpServers” or “servers”, found: %(names)s.") % {
            "names": names
        }
    return _("There is no server in this. Paste the JSON that your client uses, with “mcpServers” or “servers”.")
