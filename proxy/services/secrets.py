"""A server's secrets: put together, sealed, kept where a form left them blank, and masked in what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from core.errors import Text
from core.secrets import open_for, seal_for
from proxy.errors import DraftProblem
from proxy.importers.drafts import ServerDraft
from proxy.models import Server
from proxy.specs import PLACEHOLDER

Opened = dict[str, dict[str, str]]
MASK = "••••"
_SHORTEST_MASKED = 4
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")


def opened_secrets(server: Server) -> Opened:
    """{"env": …, "headers": …, "args": …}. Raises CryptoError."""
    return open_for(server.workspace_id, server.secrets)


def kept_secrets(server: Server, draft: ServerDraft) -> Opened:
    """The stored secrets, for a draft that leaves some of them blank.

    They go where they were meant for alone: once the address or the transport is another, they must be typed again.
    Else whoever may change a server could have its secrets sent to themselves. Raises DraftProblem.
    """
    same = draft.transport == server.transport and _origin(draft.url) == _origin(server.url)
    if same and not _host_given(draft):
        return opened_secrets(server)
    errors: dict[str, list[Text]] = {}
    for field, values in (("env", draft.env), ("headers", draft.headers), ("url", draft.hidden)):
        names = ", ".join(name for name, value in values.items() if not value)
        if names and server.secrets:
            errors[field] = [_("The server is reached in another way now, so type these again: %s.") % names]
    if errors:
        raise DraftProblem(errors)
    return {}


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def _host_given(draft: ServerDraft) -> bool:
    """Is the host itself one of the secrets, and typed anew?"""
    return any(draft.hidden.get(name) for part in _origin(draft.url) for name in PLACEHOLDER.findall(part))


def merged_secrets(draft: ServerDraft, stored: Mapping[str, Mapping[str, str]]) -> Opened:
    """What a draft says, with stored values where it left a name blank. Names that it lacks are dropped."""
    used = {name for text in (*draft.args, draft.url) for name in PLACEHOLDER.findall(text)}
    hidden = dict.fromkeys(used, "") | {name: value for name, value in draft.hidden.items() if name in used}
    wanted = {"env": draft.env, "headers": draft.headers, "args": hidden}
    return {
        group: {name: value or stored.get(group, {}).get(name, "") for name, value in values.items()}
        for group, values in wanted.items()
        if values
    }


def put_secrets(server: Server, secrets: Opened) -> None:
    """Seal them into the row (not saved), with their names beside. The same secrets stay the same bytes."""
    names = {group: sorted(values) for group, values in secrets.items()}
    if server.secrets and names == server.secret_names and opened_secrets(server) == secrets:
        return
    server.secrets = seal_for(server.workspace_id, secrets) if secrets else None
    server.secret_names = names


def mask(text: str, secrets: Mapping[str, Mapping[str, str]]) -> str:
    """`text` with every secret in it replaced: evidence such as stderr may repeat what it was given."""
    values = {value for group in secrets.values() for value in group.values()}
    for value in sorted(_parts(values), key=len, reverse=True):
        text = text.replace(value, MASK)
    return _BEARER.sub(lambda found: f"{found[1]} {MASK}", text)


def _parts(values: Iterable[str]) -> set[str]:
    """Secrets and what follows a scheme in them (`Bearer …`). Very short ones would mask half the text."""
    found: set[str] = set()
    for value in values:
        scheme, space, rest = value.partition(" ")
        found |= {value, rest} if space and scheme.lower() in {"bearer", "basic", "token"} else {value}
    return {value for value in found if len(value) >= _SHORTEST_MASKED}
