"""Reading a registry that speaks the API of MCP, page by page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import InvalidProblem, ServiceProblem
from core.net import FetchError, NetPolicy, fetch_sync

PAGE = 100
MOST_BYTES = 32 * 1024 * 1024
TIMEOUT_S = 60.0


class RegistryProblem(ServiceProblem):
    """The registry gave no page that can be read."""

    code = "registry"
    status = 502


class Page(msgspec.Struct, frozen=True):
    rows: list[Any]
    following: str
    """The next page's cursor; empty at the end."""


def registry_base(address: str) -> str:
    """The address below which `/v0.1` lies, whichever of its addresses was given. Raises InvalidProblem."""
    base = address.strip().split("?")[0].rstrip("/")
    for ending in ("/servers", "/v0.1", "/v0"):
        base = base.removesuffix(ending)
    try:
        parts = urlsplit(base)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and len(base) <= 400
    except ValueError:
        usable = False
    if not usable:
        raise InvalidProblem(_("That is not the address of a registry."), field="address")
    return base


def fetch_page(base: str, *, cursor: str, since: str) -> Page:
    """The latest versions that changed since a moment (RFC 3339; empty: all). Raises RegistryProblem."""
    asked = {"limit": str(PAGE), "version": "latest", "cursor": cursor, "updated_since": since}
    url = f"{base}/v0.1/servers?{urlencode({name: text for name, text in asked.items() if text})}"
    policy = NetPolicy(settings.ENV.allow_networks)
    try:
        reply = fetch_sync(
            url,
            policy=policy,
            headers={"Accept": "application/json"},
            timeout_s=TIMEOUT_S,
            max_bytes=MOST_BYTES,
            max_redirects=3,
        )
    except FetchError as error:
        raise RegistryProblem(error.sentence) from error
    if reply.status != 200:
        raise RegistryProblem(_("The registry answers with %d.") % reply.status)
    try:
        return read_page(msgspec.json.decode(reply.body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RegistryProblem(_("The registry's answer is no JSON.")) from error


def read_page(value: Any) -> Page:
    """`{"servers": […], "metadata": {"nextCursor"}}`, a list of entries, or one entry. Raises RegistryProblem."""
    if isinstance(value, list):
        return Page(value, "")
    if not isinstance(value, dict):
        raise RegistryProblem(_("The registry's answer holds no list of servers."))
    rows, metadata = value.get("servers"), value.get("metadata")
    if rows is None and "name" in (value.get("server") or value):
        return Page([value], "")
    if not isinstance(rows, list):
        raise RegistryProblem(_("The registry's answer holds no list of servers."))
    told = metadata if isinstance(metadata, dict) else {}
    following = told.get("nextCursor") or told.get("next_cursor")
    return Page(rows, following if isinstance(following, str) and len(following) <= 1000 else "")
