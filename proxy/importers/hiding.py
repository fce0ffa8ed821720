"""Finds secrets in arguments and addresses and takes them out, so that what is stored readable holds none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import unquote

from proxy.importers.drafts import FILL, ServerDraft
from proxy.specs import PLACEHOLDER, placeholder

SECRET_WORDS = re.compile(
    r"(?:^|[-_.])(?:token|secret|password|passwd|pwd|passphrase|api[-_]?key|apikey|access[-_]?key|private[-_]?key"
    r"|auth|authorization|credentials?|bearer|pat|key|dsn|connection[-_]?string)(?:$|[-_.\d])",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    r"(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}"
    r"|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[A-Z0-9]{12,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|AIza[\w-]{30,}"
    r"|ntn_\w{20,}|secret_\w{20,}|lin_api_\w{20,}|pat[A-Za-z0-9]{14}\.[0-9a-f]{32,}|hf_[A-Za-z0-9]{20,}|npm_\w{30,}"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FLAG = re.compile(r"(--?[A-Za-z][\w.-]*)(=)(.+)", re.DOTALL)
_PAIR = re.compile(r"([A-Za-z_][\w.-]*)(=|: ?)(.+)", re.DOTALL)
_LOGIN = re.compile(r"^([a-z][a-z0-9+.-]*://[^/?#:@\s]*:)([^/?#@\s]+)(@)", re.IGNORECASE)
_QUERY = re.compile(r"([?&])([^=&#]+)=([^&#]+)")


def sounds_secret(name: str) -> bool:
    """Does a flag, variable or header of this name hold a secret?"""
    return bool(SECRET_WORDS.search(_CAMEL.sub("_", name.lstrip("-"))))


def looks_secret(value: str) -> bool:
    """Is a value of a form that only secrets have?"""
    return bool(_KNOWN.fullmatch(value))


def hide_secrets(draft: ServerDraft) -> ServerDraft:
    """Move secrets out of `args` and `url` into `hidden`. What is hidden already stays so; may be done twice."""
    vault = _Vault(draft.hidden)
    args = tuple(_arguments(draft.args, vault))
    url = vault.in_address(draft.url)
    used = {name for text in (*args, url) for name in PLACEHOLDER.findall(text)}
    return replace(draft, args=args, url=url, hidden={name: vault.held[name] for name in vault.held if name in used})


def _arguments(args: Iterable[str], vault: _Vault) -> Iterable[str]:
    expects = ""
    for arg in args:
        if expects and not arg.startswith("-"):
            yield vault.hide(expects, arg)
            expects = ""
            continue
        expects = ""
        if arg.startswith("-") and "=" not in arg:
            expects = arg.lstrip("-") if sounds_secret(arg) else ""
            yield arg
        else:
            yield _argument(arg, vault)


def _argument(arg: str, vault: _Vault) -> str:
    """`--flag=value`, `NAME=value`, `Name: value`, an address, or a bare secret."""
    for shape in (_FLAG, _PAIR):
        found = shape.fullmatch(arg)
        if found and (sounds_secret(found[1]) or looks_secret(found[3])):
            return f"{found[1]}{found[2]}{vault.hide(found[1].lstrip('-'), found[3])}"
    if "://" in arg:
        head, equals, tail = arg.partition("=") if _FLAG.fullmatch(arg) else ("", "", arg)
        return f"{head}{equals}{vault.in_address(tail)}"
    return vault.hide("argument", arg) if looks_secret(arg) else arg


class _Vault:
    """The hidden values by name; makes names that are not taken."""

    def __init__(self, held: Mapping[str, str]) -> None:
        self.held = dict(held)

    def hide(self, name: str, value: str) -> str:
        """The placeholder for a value. What holds one already, or is still to be filled in, stays."""
        if PLACEHOLDER.search(value) or FILL.search(value):
            return value
        scheme, space, rest = value.partition(" ")
        if space and scheme.lower() in {"bearer", "basic", "token"}:
            return f"{scheme} {self.hide(name, rest)}"
        base = re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:70] or "secret"
        free, count = base, 1
        while self.held.get(free, value) != value:
            count += 1
            free = f"{base}-{count}"
        self.held[free] = value
        return placeholder(free)

    def in_address(self, url: str) -> str:
        url = _LOGIN.sub(lambda found: f"{found[1]}{self.hide('password', found[2])}{found[3]}", url)
        return _QUERY.sub(self._in_query, url)

    def _in_query(self, found: re.Match[str]) -> str:
        if sounds_secret(unquote(found[2])) or looks_secret(found[3]):
            return f"{found[1]}{found[2]}={self.hide(unquote(found[2]), found[3])}"
        return found[0]
