"""Commands and addresses as the `packages` and `remotes` of a `server.json`."""

from __future__ import annotations

from typing import Any

from marketplace.catalogue.schema import PLACEHOLDER, Remote, Stdio, Variable
from marketplace.packages import ServerPackage

Entry = dict[str, Any]
_TYPES = {"http": "streamable-http", "sse": "sse"}
_PAIRED = frozenset({"-e", "--env", "-v", "--volume", "--mount", "-p", "--publish", "--name", "-u", "--user"})
"""Options of `docker run` whose value is the next argument."""


def remote_entries(package: ServerPackage) -> list[Entry]:
    return [_remote(transport) for transport in package.transports if isinstance(transport, Remote)]


def package_entries(package: ServerPackage) -> list[Entry]:
    """Without commands that the schema cannot tell: a command of another name than its package, or our own code."""
    made = (_package(transport) for transport in package.transports if isinstance(transport, Stdio))
    return [entry for entry in made if entry]


def _remote(transport: Remote) -> Entry:
    headers = [_key_value(known) for known in transport.variables if known.where == "header"]
    variables = {known.name: _input(known) for known in transport.variables if known.where == "url"}
    return {
        "type": _TYPES[str(getattr(transport, "kind", ""))],
        "url": transport.url,
        **({"headers": headers} if headers else {}),
        **({"variables": variables} if variables else {}),
    }


def _package(transport: Stdio) -> Entry:
    before: list[str] = []
    flat = [part for argument in transport.args for part in ((argument,) if isinstance(argument, str) else argument)]
    match transport.runtime:
        case "npx" if flat and flat[0] == "-y" and len(flat) > 1 and not flat[1].startswith("-"):
            entry = _versioned("npm", flat[1], "@")
            after = flat[2:]
        case "uvx" if flat and not flat[0].startswith("-"):
            entry = _versioned("pypi", flat[0], "==")
            after = flat[1:]
        case "uvx" if flat[:1] == ["--from"] and len(flat) > 2 and _plain(flat[1]) == flat[2]:
            entry = _versioned("pypi", flat[1].replace("@", "==", 1), "==")
            after = flat[3:]
        case "docker" if (at := _image(flat)) > 0:
            entry = {"registryType": "oci", "identifier": flat[at]}
            before, after = flat[1:at], flat[at + 1 :]
        case _:
            return {}
    if "{" in entry["identifier"]:
        return {}
    placed = {known.name: known for known in transport.variables if known.where == "arg"}
    variables = [_key_value(known) for known in transport.variables if known.where == "env"]
    return {
        **entry,
        "runtimeHint": transport.runtime,
        "transport": {"type": "stdio"},
        **({"runtimeArguments": [_argument(text, placed) for text in before]} if before else {}),
        **({"packageArguments": [_argument(text, placed) for text in after]} if after else {}),
        **({"environmentVariables": variables} if variables else {}),
    }


def _plain(package: str) -> str:
    """A PyPI package without its version."""
    return package.partition("==")[0].partition("@")[0]


def _versioned(kind: str, text: str, mark: str) -> Entry:
    """A package and the version it is pinned to; `latest` is none."""
    start = 1 if text.startswith("@") else 0
    name, found, version = text[start:].partition(mark)
    pinned = {"version": version} if found and version and version != "latest" else {}
    return {"registryType": kind, "identifier": text[:start] + name, **pinned}


def _image(flat: list[str]) -> int:
    """Where the image stands in `run …`; -1 where it is not told."""
    at = 1
    while at < len(flat) and flat[at].startswith("-"):
        at += 2 if flat[at] in _PAIRED else 1
    return at if flat[:1] == ["run"] and at < len(flat) else -1


def _argument(text: str, placed: dict[str, Variable]) -> Entry:
    names = [name for name in PLACEHOLDER.findall(text) if name in placed]
    variables = {name: _input(placed[name]) for name in names}
    return {"type": "positional", "value": text, **({"variables": variables} if variables else {})}


def _key_value(known: Variable) -> Entry:
    """A header or a variable of the environment. One that stands inside a text is told as a variable of that text."""
    if known.template == "{value}":
        return {"name": known.name, **_input(known)}
    name = "".join(c if c.isalnum() else "_" for c in known.name).strip("_")
    value = known.template.replace("{value}", f"{{{name}}}")
    return {"name": known.name, "value": value, "variables": {name: _input(known)}, **_flags(known)}


def _input(known: Variable) -> Entry:
    same = known.help.startswith(known.label.removesuffix("…"))  # the label is the beginning of the help
    text = known.help if known.help and same else "\n".join(part for part in (known.label, known.help) if part)
    return {
        "description": text,
        **_flags(known),
        **({"default": known.default} if known.default else {}),
        **({"placeholder": known.example} if known.example else {}),
    }


def _flags(known: Variable) -> Entry:
    return {"isRequired": known.required, "isSecret": known.secret}
