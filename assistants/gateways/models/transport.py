"""HTTP for the providers' libraries under the rules of core.net: names are resolved and checked here, then connected to
exactly as checked; no proxy of the environment, no redirect, no endless reply."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpcore2
import httpx2
from django.conf import settings

from core.net import AddressRefused, HostNotFound, NetPolicy, resolve
from core.net.connect import tls_context

CONNECT_S = 10.0
SILENCE_S = 60.0
"""A provider that sends nothing for so long is given up."""
MOST_BYTES = 64 * 1024 * 1024
LIMITS = httpx2.Limits(max_connections=400, max_keepalive_connections=50, keepalive_expiry=60)


class ReplyTooLarge(httpx2.TransportError):
    """More than MOST_BYTES."""


class _Pinned(httpcore2.AsyncNetworkBackend):
    """Connects to the addresses that the policy lets through, and to no others."""

    def __init__(self, policy: NetPolicy) -> None:
        self._policy = policy
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            addresses = await resolve(host, port, self._policy)
        except (AddressRefused, HostNotFound) as problem:
            raise httpcore2.ConnectError(str(problem)) from problem
        failure: Exception = httpcore2.ConnectError("no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as problem:
                failure = problem
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.AsyncNetworkStream:
        raise httpcore2.ConnectError("sockets of this machine are not connected to")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._inner:
            size += len(chunk)
            if size > MOST_BYTES:
                raise ReplyTooLarge(f"more than {MOST_BYTES} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


class PinnedTransport(httpx2.AsyncHTTPTransport):
    """The library's transport on a pool with our network."""

    def __init__(self, policy: NetPolicy) -> None:
        super().__init__(verify=tls_context(), trust_env=False, limits=LIMITS)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls_context(),
            max_connections=LIMITS.max_connections,
            max_keepalive_connections=LIMITS.max_keepalive_connections,
            keepalive_expiry=LIMITS.keepalive_expiry,
            network_backend=_Pinned(policy),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(response.stream)
        return response


_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpx2.AsyncClient] = weakref.WeakKeyDictionary()


def timeouts() -> httpx2.Timeout:
    return httpx2.Timeout(SILENCE_S, connect=CONNECT_S, pool=CONNECT_S)


def client() -> httpx2.AsyncClient:
    """The one client of the running loop; keys travel with each request, never with the client."""
    loop = asyncio.get_running_loop()
    found = _clients.get(loop)
    if found is None:
        found = httpx2.AsyncClient(
            transport=PinnedTransport(NetPolicy(settings.GATEWAY.allow_networks)),
            timeout=timeouts(),
            trust_env=False,
            follow_redirects=False,
            headers={"accept-encoding": "identity"},
        )
        _clients[loop] = found
    return found
