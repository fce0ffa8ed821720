"""What a gateway is built from, beside its ports."""

from __future__ import annotations

import msgspec

MIB = 1024 * 1024


class GatewayConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes in bytes; times in seconds unless the name says otherwise."""

    allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    """Host names, with or without a port; ".example.com" means all below it, "*" every one."""
    allowed_origins: tuple[str, ...] = ()
    """Origins of web pages, e.g. "https://app.example.com", beside those of the allowed hosts; "*" means every one."""
    open_listener: bool = False
    """Serve hubs that are marked open, without keys, and nothing else. Refuses forwarded requests."""
    max_body_bytes: int = 4 * MIB
    page_size: int = 200
    """Items on one page of a list."""
    list_ttl_ms: int = 30_000
    """How long a client of 2026-07-28 may take a list as fresh; it is told of changes when it listens."""
    session_ttl_s: int = 3600
    """A client session that nobody uses ends after this."""
    quiet_s: float = 5.0
    """A call that has not answered by then turns into an event stream, so that proxies keep it open."""
    ping_s: float = 15.0
    """How often a quiet stream says that it is alive."""
    watch_s: float = 0.05
    """From when on a call is watched for its client hanging up."""
    longest_s: float = 3600.0
    """A call ends after this, however much its server has to say meanwhile."""
    ask_timeout_s: float = 600.0
    """How long a person may take to answer a server's request."""
    server_name: str = "crossroads"
    server_version: str = "1"
