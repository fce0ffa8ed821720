"""From a server's row to how it is reached: secrets put in their places, and a fingerprint of all of it. No Django.

Secrets are one JSON object, sealed in `Server.secrets`:

    {"env": {NAME: value}, "headers": {NAME: value}, "args": {NAME: value}}

`env` and `headers` hold the values themselves. Arguments and the address are stored readable, with `${secret:NAME}`
where a value out of `args` belongs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

import msgspec

from proxy.compile import Scope
from proxy.engine.ports import Era, Transport, UpstreamSpec

Secrets = Mapping[str, Mapping[str, str]]
PLACEHOLDER = re.compile(r"\$\{secret:([A-Za-z0-9_.-]{1,80})\}")


def placeholder(name: str) -> str:
    """How a secret of this name stands in an argument or an address."""
    return f"${{secret:{name}}}"


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put secrets in their places. One that is not there stays as it is written, so that the error shows its name."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def server_fingerprint(
    *,
    transport: str,
    command: str,
    args: Sequence[str],
    cwd: str,
    url: str,
    secrets: bytes | memoryview | None,
    eras: Sequence[str],
    session_scope: str,
    timeout_ms: int,
) -> str:
    """Changes whenever the server is reached in another way. `secrets` are the sealed bytes: opening is not needed."""
    sealed = hashlib.sha256(bytes(secrets or b"")).hexdigest()
    whole = (transport, command, list(args), cwd, url, sealed, list(eras), session_scope, timeout_ms)
    return hashlib.sha256(msgspec.json.encode(whole)).hexdigest()[:32]


def make_spec(
    *,
    server_id: str,
    workspace_id: str,
    slug: str,
    title: str,
    transport: Transport,
    command: str = "",
    args: Sequence[str] = (),
    cwd: str = "",
    url: str = "",
    secrets: Secrets | None = None,
    eras: Sequence[Era] = (),
    session_scope: Scope = "workspace",
    timeout_ms: int = 60_000,
    fingerprint: str = "",
) -> UpstreamSpec:
    """How to reach a server, with its opened `secrets` in place."""
    secrets = secrets or {}
    hidden = secrets.get("args", {})
    return UpstreamSpec(
        server_id=server_id,
        workspace_id=workspace_id,
        slug=slug,
        title=title,
        transport=transport,
        command=command,
        args=tuple(fill(arg, hidden) for arg in args),
        cwd=cwd,
        env=dict(secrets.get("env", {})),
        url=fill(url, hidden),
        headers=dict(secrets.get("headers", {})),
        eras=tuple(eras),
        session_scope=session_scope,
        timeout_ms=timeout_ms,
        fingerprint=fingerprint,
    )
