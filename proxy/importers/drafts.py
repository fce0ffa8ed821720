"""A server as somebody wants to connect it, before it is one: what forms, imports and the catalogue all make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from django.utils.functional import Promise

from proxy.specs import placeholder

Text = str | Promise
Transport = Literal["stdio", "http", "sse"]
Scope = Literal["client", "person", "workspace"]

FILL = re.compile(r"\$\{fill:([A-Za-z0-9_.-]{1,80})\}")


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A value that is still to be filled in. It stands in the draft as `${fill:name}`."""

    name: str
    label: Text
    description: Text = ""
    secret: bool = True
    default: str = ""
    choices: tuple[str, ...] = ()
    required: bool = True

    @property
    def mark(self) -> str:
        return f"${{fill:{self.name}}}"


@dataclass(frozen=True, kw_only=True)
class ServerDraft:
    """How to reach a server, and what it is called. `env`, `headers` and `hidden` are kept sealed once it is saved.

    `args` and `url` may hold `${secret:NAME}`, whose value stands in `hidden` (proxy.specs).
    """

    title: str
    transport: Transport
    slug: str = ""
    """Empty: made from the title."""
    letters: str = ""
    """Empty: made from the title."""
    command: str = ""
    args: tuple[str, ...] = field(default=(), repr=False)
    cwd: str = ""
    url: str = field(default="", repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    hidden: Mapping[str, str] = field(default_factory=dict, repr=False)
    session_scope: Scope | None = None
    """None: what suits the transport."""
    timeout_ms: int = 60_000
    catalogue: str = ""
    variables: tuple[Variable, ...] = ()

    @property
    def missing(self) -> tuple[Variable, ...]:
        """Variables that nobody has filled in."""
        return tuple(variable for variable in self.variables if variable.required)


def fill_draft(draft: ServerDraft, values: Mapping[str, str]) -> ServerDraft:
    """Put values (variable name -> text) in their places; a blank one takes its default.

    Variables that have neither stay in the draft. A header or environment variable that an optional one leaves empty
    is left out. Secret values never come to stand in `args` or `url`, but in `hidden`.
    """
    known: dict[str, str] = {}
    left: list[Variable] = []
    for variable in draft.variables:
        value = values.get(variable.name, "").strip() or variable.default
        if value or not variable.required:
            known[variable.name] = value
        else:
            left.append(variable)
    secret = {variable.name for variable in draft.variables if variable.secret and known.get(variable.name)}
    shown = known | {name: placeholder(name) for name in secret}
    texts = (*draft.args, draft.url)
    hidden = {name: known[name] for text in texts for name in FILL.findall(text) if name in secret}
    return replace(
        draft,
        command=_put(draft.command, known),
        args=tuple(_put(arg, shown) for arg in draft.args),
        cwd=_put(draft.cwd, known),
        url=_put(draft.url, shown),
        env=_put_all(draft.env, known),
        headers=_put_all(draft.headers, known),
        hidden=_put_all(draft.hidden, known) | hidden,
        variables=tuple(left),
    )


def _put(text: str, known: Mapping[str, str]) -> str:
    return FILL.sub(lambda found: known.get(found[1], found[0]), text)


def _put_all(texts: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    filled = {name: _put(text, known) for name, text in texts.items()}
    return {name: text for name, text in filled.items() if text or not texts[name]}
