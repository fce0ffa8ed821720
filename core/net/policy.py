"""Which addresses this installation may connect to, and names resolved under that rule.

A private, loopback, link-local, multicast, reserved or metadata address is refused unless the operator allowed its
network. The check is made on the addresses that the name resolves to, and the caller connects to exactly these
addresses, so that a name which resolves differently a moment later changes nothing (no rebinding).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

import msgspec

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
_MAX_URL = 4096


class AddressRefused(Exception):
    """The address is not one that this installation connects to. The text says which and why."""


class HostNotFound(Exception):
    """The name does not resolve."""


class Target(msgspec.Struct, frozen=True):
    """One http or https URL, taken apart. `host` is lower-case and without brackets; `path` carries the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def netloc(self) -> str:
        """What stands in the Host header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}"


class NetPolicy:
    """Public addresses, and what the operator allowed beyond them."""

    def __init__(self, allowed_networks: Iterable[str] = ()) -> None:
        """`allowed_networks`: CIDR networks or single addresses, e.g. "127.0.0.0/8". Raises ValueError for others."""
        self._allowed: tuple[Network, ...] = tuple(
            ipaddress.ip_network(text.strip(), strict=False) for text in allowed_networks
        )

    def refusal(self, address: str) -> str:
        """Why an address is refused, in plain words; "" when it is not."""
        found = ipaddress.ip_address(address.partition("%")[0])
        for candidate in _meant(found):
            if any(candidate in network for network in self._allowed if network.version == candidate.version):
                continue
            if reason := _kind(candidate):
                return reason
        return ""


def _meant(address: Address) -> Iterable[Address]:
    """An address, and the IPv4 address that it carries inside, if it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return (address.ipv4_mapped,)
        if address.sixtofour is not None:
            return (address, address.sixtofour)
        if address.teredo is not None:
            return (address, address.teredo[1])
        if address in _NAT64:
            return (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF),)
    return (address,)


def _kind(address: Address) -> str:
    if address in _METADATA:
        return "a cloud metadata address"
    if address.is_loopback:
        return "a loopback address"
    if address.is_link_local:
        return "a link-local address"
    if address.is_multicast:
        return "a multicast address"
    if address.is_unspecified:
        return "the unspecified address"
    if not address.is_global or address.is_reserved or (address.version == 6 and address in _NAT64_LOCAL):
        return "a private or reserved address"
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return "a private or reserved address"
    return ""


def parse_url(url: str) -> Target:
    """Take an http(s) URL apart. Raises ValueError with a sentence that can be shown."""
    if len(url) > _MAX_URL or any(ord(character) <= 32 or ord(character) == 127 for character in url):
        raise ValueError("The URL is too long, or holds spaces or control characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("The URL cannot be read.") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("The URL must begin with http:// or https://.")
    if not parts.hostname:
        raise ValueError("The URL names no host.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("The URL must not hold a user name or password; use a header.")
    return Target(parts.scheme, _host(parts), port or (443 if parts.scheme == "https" else 80), _path(parts))


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        raise ValueError("The URL's host name cannot be read.") from None


def _path(parts: SplitResult) -> str:
    path = parts.path or "/"
    if not (path.isascii() and parts.query.isascii()):
        raise ValueError("The URL's path must be percent-encoded.")
    return f"{path}?{parts.query}" if parts.query else path


async def resolve(host: str, port: int, policy: NetPolicy) -> list[str]:
    """The addresses of `host` that may be connected to, in the resolver's order.

    Raises HostNotFound, or AddressRefused when the policy lets none of them through.
    """
    try:
        found = [str(ipaddress.ip_address(host))]
    except ValueError:
        found = await _lookup(host, port)
    refused = ""
    good: list[str] = []
    for address in found:
        reason = policy.refusal(address)
        if reason:
            refused = f"{host} is at {address}, {reason}; this installation does not connect there."
        elif address not in good:
            good.append(address)
    if not good:
        raise AddressRefused(refused)
    return good


async def _lookup(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        raise HostNotFound(f"The name {host} was not found.") from None
    if not infos:
        raise HostNotFound(f"The name {host} was not found.")
    return [str(info[4][0]) for info in infos]
