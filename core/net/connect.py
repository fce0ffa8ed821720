"""Open a connection to an address that the policy lets through, with TLS where the scheme wants it."""

from __future__ import annotations

import asyncio
import ssl

from core.net.http1 import Connection
from core.net.policy import NetPolicy, Target, resolve

CONNECT_TIMEOUT_S = 10.0

_tls: ssl.SSLContext | None = None


def tls_context() -> ssl.SSLContext:
    """The process's one client TLS context (loading the authorities costs some 20 ms)."""
    global _tls
    if _tls is None:
        _tls = ssl.create_default_context()
        _tls.set_alpn_protocols(["http/1.1"])
    return _tls


async def connect(target: Target, policy: NetPolicy, *, timeout_s: float = CONNECT_TIMEOUT_S) -> Connection:
    """Open a connection to an address that the policy lets through.

    Raises HostNotFound, AddressRefused, OSError (ssl.SSLError among them) or TimeoutError.
    """
    loop = asyncio.get_running_loop()
    tls = tls_context() if target.scheme == "https" else None
    failure: OSError = OSError("no address")
    async with asyncio.timeout(timeout_s):
        addresses = await resolve(target.host, target.port, policy)
        for address in addresses:
            try:
                _, connection = await loop.create_connection(
                    Connection, address, target.port, ssl=tls, server_hostname=target.host if tls else None
                )
            except ssl.SSLError:
                raise
            except OSError as error:
                failure = error
            else:
                return connection
    raise failure
