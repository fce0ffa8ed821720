"""One request, one reply: for webhooks and whatever else is no hot path."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import TypedDict, Unpack
from urllib.parse import urljoin

import msgspec

from core.net.connect import connect
from core.net.policy import AddressRefused, HostNotFound, NetPolicy, Target, parse_url
from core.net.response import ConnectionGone, HttpTrouble, ReplyTimeout, ReplyTooLarge

_REDIRECTS = (301, 302, 303, 307, 308)
_OWN_HEADERS = frozenset({"host", "content-length", "connection", "transfer-encoding"})


class FetchError(Exception):
    """Why there is no reply.

    `kind`: url, address, not_found, refused, tls, timeout, closed, too_large, protocol or redirect.
    """

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence


class Fetched(msgspec.Struct, frozen=True):
    """A whole reply. `url` is where it came from in the end; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class FetchOptions(TypedDict, total=False):
    """How to fetch. Unless said: GET, no headers, no body, 15 seconds in all, replies up to 1 MiB, no redirects."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    timeout_s: float
    max_bytes: int
    max_redirects: int


async def fetch(url: str, *, policy: NetPolicy, **options: Unpack[FetchOptions]) -> Fetched:
    """Send one request. A redirect is followed for GET only, each address checked anew, without the caller's headers
    once the origin changes; with `max_redirects` 0 it is the reply. Raises FetchError.
    """
    method = options.get("method", "GET")
    sent = dict(options.get("headers", {}))
    body = options.get("body", b"")
    timeout_s = options.get("timeout_s", 15.0)
    max_bytes = options.get("max_bytes", 1024 * 1024)
    max_redirects = options.get("max_redirects", 0)
    try:
        async with asyncio.timeout(timeout_s):
            for _ in range(max_redirects + 1):
                target = parse_url(url)
                reply = await _once(target, policy, method, sent, body, timeout_s, max_bytes)
                where = reply.headers.get("location", "")
                if max_redirects == 0 or method != "GET" or reply.status not in _REDIRECTS or not where:
                    return reply
                url = urljoin(url, where)
                if parse_url(url).origin != target.origin:
                    sent = {}
    except ValueError as error:
        raise FetchError("url", str(error)) from None
    except TimeoutError:
        raise FetchError("timeout", f"There was no answer within {timeout_s:g} seconds.") from None
    raise FetchError("redirect", "There were too many redirects.")


def fetch_sync(url: str, *, policy: NetPolicy, **options: Unpack[FetchOptions]) -> Fetched:
    """`fetch` for callers without an event loop of their own."""
    return asyncio.run(fetch(url, policy=policy, **options))


def request_head(method: str, target: Target, headers: Mapping[str, str]) -> str:
    """The head of a request up to its last header line. Raises ValueError for a header that could smuggle another."""
    lines = [f"{method} {target.path} HTTP/1.1", f"host: {target.netloc}"]
    for name, value in headers.items():
        key = name.lower()
        if key in _OWN_HEADERS:
            continue
        if not key or any(not (33 <= ord(c) < 127) or c == ":" for c in key) or any(c in "\r\n\0" for c in value):
            raise ValueError(f"The header {name!r} cannot be sent.")
        lines.append(f"{key}: {value}")
    return "\r\n".join(lines) + "\r\n"


async def _once(
    target: Target,
    policy: NetPolicy,
    method: str,
    headers: Mapping[str, str],
    body: bytes,
    timeout_s: float,
    max_bytes: int,
) -> Fetched:
    head = request_head(method, target, {"accept": "*/*", "accept-encoding": "identity", **headers})
    length = f"content-length: {len(body)}\r\n" if body or method not in ("GET", "HEAD") else ""
    data = (head + length + "connection: close\r\n\r\n").encode("latin-1", "strict") + body
    try:
        connection = await connect(target, policy, timeout_s=timeout_s)
        try:
            reply = await connection.start(data, timeout_s=timeout_s, max_bytes=max_bytes)
        finally:
            connection.close()
    except (HostNotFound, AddressRefused, HttpTrouble, OSError, ssl.SSLError) as error:
        raise as_fetch_error(error, target) from error
    fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in reply.headers.items()}
    return Fetched(reply.status, fields, reply.body, str(target))


def as_fetch_error(error: Exception, target: Target) -> FetchError:
    """An exception of `connect` or `Connection.start`, in plain words."""
    match error:
        case HostNotFound():
            return FetchError("not_found", str(error))
        case AddressRefused():
            return FetchError("address", str(error))
        case ssl.SSLCertVerificationError():
            return FetchError("tls", f"The certificate of {target.host} is not valid: {error.verify_message}.")
        case ssl.SSLError():
            return FetchError("tls", f"TLS with {target.host} failed: {error.reason or error}.")
        case ReplyTimeout() | TimeoutError():
            return FetchError("timeout", f"{target.netloc} did not answer in time.")
        case ReplyTooLarge():
            return FetchError("too_large", f"The answer of {target.netloc} is too large.")
        case ConnectionGone():
            return FetchError("closed", f"{target.netloc} closed the connection before it had answered.")
        case ConnectionRefusedError():
            return FetchError("refused", f"{target.netloc} refused the connection.")
        case HttpTrouble():
            return FetchError("protocol", f"{target.netloc} does not speak HTTP/1.1 as expected: {error}.")
        case _:
            return FetchError("refused", f"No connection to {target.netloc}: {error}.")
