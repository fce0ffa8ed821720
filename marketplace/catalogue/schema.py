"""What a catalogue entry is. Read strictly from TOML: an unknown field, a missing one or a bad value is an error.

A command's arguments and an address may hold `{placeholders}`. Each is the name of a variable that goes to `arg` or
`url`, or `{python}`, the interpreter of this installation. Arguments that belong together stand in a list of their
own, and the whole group is left out when one of its placeholders stays empty.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

Where = Literal["env", "header", "arg", "url"]
Runtime = Literal["npx", "uvx", "docker", "python"]
SignIn = Literal["none", "key", "oauth"]
Category = Literal[
    "essentials", "code", "cloud", "databases", "monitoring", "web", "knowledge", "work", "business", "design", "places"
]

Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=50)]
Tag = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+([ -][a-z0-9]+)*$", max_length=30)]
Letters = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{2}$")]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Homepage = Annotated[str, msgspec.Meta(pattern=r"^(https://[^\s]+|/docs/[a-z-]+/)$", max_length=300)]
Argument = str | tuple[str, ...]

PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
RESERVED = frozenset({"python"})
_COMMANDS: dict[str, str] = {"npx": "npx", "uvx": "uvx", "docker": "docker", "python": "{python}"}


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Variable(_Strict, frozen=True, kw_only=True):
    """One thing a person fills in, and where it goes."""

    name: str
    """Name of the environment variable, of the header, or of the placeholder."""
    where: Where
    label: Line
    help: str = ""
    secret: bool = False
    required: bool = True
    example: str = ""
    default: str = ""
    template: str = "{value}"
    """How the value stands in its place: `Bearer {value}`."""

    def __post_init__(self) -> None:
        if self.template.count("{value}") != 1:
            raise ValueError(f"the template of {self.name} needs {{value}} once")
        if self.secret and self.default:
            raise ValueError(f"{self.name} is secret and has a default")


class Stdio(_Strict, frozen=True, kw_only=True, tag_field="kind", tag="stdio"):
    """A program that the installation starts and speaks to over its standard streams."""

    runtime: Runtime
    args: tuple[Argument, ...]
    variables: tuple[Variable, ...] = ()
    sign_in: SignIn = "none"
    sign_in_with: str = ""

    def __post_init__(self) -> None:
        flat = [part for argument in self.args for part in ((argument,) if isinstance(argument, str) else argument)]
        _check(self, " ".join(flat), allowed={"env", "arg"}, placed="arg")

    @property
    def kind(self) -> Literal["stdio"]:
        return "stdio"

    @property
    def command(self) -> str:
        return _COMMANDS[self.runtime]


class Remote(_Strict, frozen=True, kw_only=True, tag_field="kind"):
    """A server at an address."""

    url: str
    variables: tuple[Variable, ...] = ()
    sign_in: SignIn = "none"
    sign_in_with: str = ""

    def __post_init__(self) -> None:
        if not self.url.startswith(("https://", "http://", "{")):
            raise ValueError(f"{self.url} is not an address")
        _check(self, self.url, allowed={"header", "url"}, placed="url")


class Http(Remote, frozen=True, kw_only=True, tag_field="kind", tag="http"):
    """Streamable HTTP."""

    @property
    def kind(self) -> Literal["http"]:
        return "http"


class Sse(Remote, frozen=True, kw_only=True, tag_field="kind", tag="sse"):
    """The older HTTP+SSE transport."""

    @property
    def kind(self) -> Literal["sse"]:
        return "sse"


Transport = Stdio | Http | Sse


def _check(transport: Stdio | Remote, text: str, *, allowed: set[str], placed: str) -> None:
    names = [variable.name for variable in transport.variables]
    if len(set(names)) != len(names):
        raise ValueError("a variable is named twice")
    for variable in transport.variables:
        if variable.where not in allowed:
            raise ValueError(f"{variable.name} cannot go to {variable.where} here")
    declared = {variable.name for variable in transport.variables if variable.where == placed}
    used = set(PLACEHOLDER.findall(text)) - RESERVED
    if declared != used:
        raise ValueError(f"placeholders {sorted(used)} and variables {sorted(declared)} differ")
    if (transport.sign_in == "oauth") != bool(transport.sign_in_with):
        raise ValueError("sign_in_with goes with sign_in = oauth, and only with it")
    if transport.sign_in == "key" and not any(v.secret or v.where == "url" for v in transport.variables):
        raise ValueError("sign_in = key needs a variable for the key")


class Entry(_Strict, frozen=True, kw_only=True):
    """A known MCP server: what it is and what it needs to run. The first transport is the one we recommend."""

    slug: Slug
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=60)]
    publisher: Annotated[str, msgspec.Meta(min_length=2, max_length=60)]
    homepage: Homepage
    licence: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    """SPDX identifier of what runs; `hosted` for a service whose code is not given away."""
    category: Category
    letters: Letters
    summary: Line
    description: Annotated[str, msgspec.Meta(min_length=80, max_length=700)]
    transports: Annotated[tuple[Transport, ...], msgspec.Meta(min_length=1)]
    tags: tuple[Tag, ...] = ()
    requires: tuple[Line, ...] = ()
    """What must be there besides the runtime: a desktop app, a plug-in, a running database."""
    offline: bool = False
    """Works without reaching the internet, once installed."""
    writes: bool = False
    """Has tools that change something."""
    archived: bool = False
    """Its authors no longer work on it."""

    def __post_init__(self) -> None:
        if not self.summary.endswith("."):
            raise ValueError(f"the summary of {self.slug} is not a sentence")

    @property
    def sign_in(self) -> SignIn:
        """What the easiest way to connect asks for."""
        ways = {transport.sign_in for transport in self.transports}
        return "none" if "none" in ways else "key" if "key" in ways else "oauth"

    @property
    def sign_in_with(self) -> str:
        """Whose sign-in it takes, where nothing else will do; else empty."""
        return self.transports[0].sign_in_with if self.sign_in == "oauth" else ""

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(transport.kind for transport in self.transports))

    @property
    def runtimes(self) -> tuple[Runtime, ...]:
        """Programs of which one must be on the machine; empty where a remote transport needs none."""
        found = (transport.runtime for transport in self.transports if isinstance(transport, Stdio))
        return tuple(dict.fromkeys(found))

    @property
    def hosted(self) -> bool:
        return any(isinstance(transport, Remote) for transport in self.transports)

    @property
    def works_at_once(self) -> bool:
        """Is there a way to connect it without an account and without filling anything in?"""
        return not self.requires and any(
            transport.sign_in == "none" and not any(v.required and not v.default for v in transport.variables)
            for transport in self.transports
        )


class CatalogueFile(_Strict, frozen=True, kw_only=True):
    """One file of the catalogue: every entry of one category."""

    category: Category
    server: tuple[dict[str, object], ...]
