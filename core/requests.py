"""What is known of the request being served: its id, where it came from, and with which program.

`RequestMiddleware` sets it for the time of a request; the event table reads it, so that no service needs the request.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

USER_AGENT_LENGTH = 300


@dataclass(frozen=True)
class RequestInfo:
    """`id` is ours (`req_…`); `address` is the client's, past the trusted proxies, or empty."""

    id: str
    address: str = ""
    user_agent: str = ""


_current: ContextVar[RequestInfo | None] = ContextVar("request_info", default=None)


def current_request() -> RequestInfo | None:
    """The request being served in this context; None in commands and workers."""
    return _current.get()


@contextmanager
def serving(info: RequestInfo) -> Iterator[RequestInfo]:
    """Make `info` the current request for the time of the block."""
    token = _current.set(info)
    try:
        yield info
    finally:
        _current.reset(token)


def client_address(meta: Mapping[str, str], trusted_proxies: int) -> str:
    """The client's address from WSGI-style headers.

    Each trusted proxy appends the address it saw to X-Forwarded-For, so the client is that many from the right.
    Anything further left was written by the client itself and is not believed.
    """
    if trusted_proxies:
        hops = [hop.strip() for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if hops:
            return _address(hops[-min(trusted_proxies, len(hops))])
    return _address(meta.get("REMOTE_ADDR", ""))


def _address(text: str) -> str:
    host = text.strip().removeprefix("[").partition("]")[0]
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
