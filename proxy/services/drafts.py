"""Checks a draft before it becomes a server, and finds what it leaves open: slug, letters, line."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _

from core.net.policy import NetPolicy, parse_url
from proxy.enums import (
    CONNECTABLE,
    LINES,
    MAX_ARG_CHARS,
    MAX_ARGS,
    MAX_PAIRS,
    MAX_TIMEOUT_MS,
    MAX_VALUE_CHARS,
    MIN_TIMEOUT_MS,
)
from proxy.errors import DraftProblem
from proxy.importers.drafts import FILL, ServerDraft
from proxy.importers.hiding import hide_secrets

SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
MAX_SLUG = 40
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}")
_FORBIDDEN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-type", "accept"})
_OWN_HEADERS = re.compile(r"(?i)mcp-.*")

Errors = dict[str, list[str]]


def checked_draft(draft: ServerDraft) -> ServerDraft:
    """The draft tidied, its secrets hidden. Raises DraftProblem with every field that cannot be used."""
    draft = hide_secrets(_tidied(draft))
    errors: Errors = {}
    for field, sentence in _problems(draft):
        errors.setdefault(field, []).append(sentence)
    if errors:
        raise DraftProblem(errors)
    return draft


def _tidied(draft: ServerDraft) -> ServerDraft:
    stdio = draft.transport == "stdio"
    return replace(
        draft,
        title=" ".join(draft.title.split()),
        slug=draft.slug.strip(),
        command=draft.command.strip() if stdio else "",
        args=draft.args if stdio else (),
        cwd=draft.cwd.strip() if stdio else "",
        env=draft.env if stdio else {},
        url="" if stdio else draft.url.strip(),
        headers={} if stdio else draft.headers,
    )


def _problems(draft: ServerDraft) -> Iterator[tuple[str, str]]:
    if draft.transport not in CONNECTABLE:
        yield "transport", _("Choose a command, Streamable HTTP or SSE.")
        return
    if not draft.title or len(draft.title) > 80:
        yield "title", _("Give the server a name of at most 80 characters.")
    if draft.slug and not (SLUG.fullmatch(draft.slug) and len(draft.slug) <= MAX_SLUG):
        yield "slug", _("Use at most 40 small letters and digits, with single hyphens or underscores between them.")
    if not MIN_TIMEOUT_MS <= draft.timeout_ms <= MAX_TIMEOUT_MS:
        yield "timeout_ms", _("Choose between 1 second and 10 minutes.")
    for variable in draft.missing:
        yield "variables", _("“%s” is still to be filled in.") % variable.label
    yield from _stdio_problems(draft) if draft.transport == "stdio" else _http_problems(draft)


def _stdio_problems(draft: ServerDraft) -> Iterator[tuple[str, str]]:
    if not draft.command:
        yield "command", _("Write the command that starts the server.")
    elif len(draft.command) > 500 or "\0" in draft.command:
        yield "command", _("The command is too long, or holds characters that cannot be used.")
    if len(draft.args) > MAX_ARGS:
        yield "args", _("These are more than %d arguments.") % MAX_ARGS
    if any(len(arg) > MAX_ARG_CHARS or "\0" in arg for arg in draft.args):
        yield "args", _("An argument is too long, or holds characters that cannot be used.")
    if draft.cwd and (len(draft.cwd) > 500 or not draft.cwd.startswith("/")):
        yield "cwd", _("Write the whole path of the folder, beginning with a slash.")
    yield from _pair_problems("env", draft.env, _ENV_NAME)


def _http_problems(draft: ServerDraft) -> Iterator[tuple[str, str]]:
    if not draft.url:
        yield "url", _("Write the address of the server.")
    elif problem := url_problem(draft.url):
        yield "url", problem
    yield from _pair_problems("headers", draft.headers, _HEADER_NAME)
    for name in draft.headers:
        if name.lower() in _FORBIDDEN_HEADERS or _OWN_HEADERS.fullmatch(name):
            yield "headers", _("The header %s is set by Crossroads itself.") % name


def _pair_problems(field: str, values: Mapping[str, str], shape: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    if len(values) > MAX_PAIRS:
        yield field, _("These are more than %d.") % MAX_PAIRS
    for name, value in values.items():
        if not shape.fullmatch(name):
            yield field, _("“%s” is no name that can be used.") % name[:80]
        elif len(value) > MAX_VALUE_CHARS or "\0" in value or (field == "headers" and ("\n" in value or "\r" in value)):
            yield field, _("The value of %s is too long, or holds characters that cannot be used.") % name


def url_problem(url: str) -> str:
    """Why an address cannot be used, in plain words; "" when it can, as far as can be told without asking for it.

    Names are resolved, and checked again, whenever a connection is made.
    """
    plain = FILL.sub("x", re.sub(r"\$\{secret:[^}]*\}", "x", url))
    try:
        target = parse_url(plain)
    except ValueError as problem:
        return str(problem)
    if len(url) > 2000:
        return _("The address is too long.")
    host = "127.0.0.1" if target.host == "localhost" or target.host.endswith(".localhost") else target.host
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return ""
    reason = NetPolicy(settings.ENV.allow_networks).refusal(host)
    if not reason:
        return ""
    return _("%(host)s is %(reason)s. This installation does not connect there; its operator can allow it.") % {
        "host": target.host,
        "reason": reason,
    }


def free_slug(wish: str, taken: set[str]) -> str:
    """A slug near `wish` that is not taken."""
    plain = unicodedata.normalize("NFKD", wish).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: MAX_SLUG - 5].strip("-") or "server"
    free, count = base, 1
    while free in taken:
        count += 1
        free = f"{base}-{count}"
    return free


def free_letters(title: str, taken: set[str]) -> str:
    """Two letters for the bullet: initials, else the first two, else another pair of the name that is free."""
    words = re.findall(r"[A-Za-z0-9]+", unicodedata.normalize("NFKD", title)) or ["SV"]
    whole = "".join(words).upper()
    tries = [words[0][0] + words[1][0]] if len(words) > 1 else []
    tries += [whole[:2], *(whole[0] + letter for letter in whole[1:])]
    pairs = [pair.upper() for pair in tries if len(pair) == 2] or [(whole + "X")[:2]]
    return str(next((pair for pair in pairs if pair not in taken), pairs[0]))


def next_line(used: list[int]) -> int:
    """The line that fewest servers have, the lowest of them: eight servers never share one."""
    counts = Counter(used)
    return min(range(1, LINES + 1), key=lambda line: (counts[line], line))
