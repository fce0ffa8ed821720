"""Safe outbound HTTP, without Django: an address is checked after the name is resolved, and connected to as checked."""

from core.net.fetch import Fetched, FetchError, FetchOptions, fetch, fetch_sync
from core.net.http1 import Connection
from core.net.policy import AddressRefused, HostNotFound, NetPolicy, Target, parse_url, resolve
from core.net.response import ConnectionGone, HttpTrouble, ReplyTimeout, ReplyTooLarge, Response

__all__ = [
    "AddressRefused",
    "Connection",
    "ConnectionGone",
    "FetchError",
    "FetchOptions",
    "Fetched",
    "HostNotFound",
    "HttpTrouble",
    "NetPolicy",
    "ReplyTimeout",
    "ReplyTooLarge",
    "Response",
    "Target",
    "fetch",
    "fetch_sync",
    "parse_url",
    "resolve",
]
