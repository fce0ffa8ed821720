"""The registry API of MCP (`/v0.1`), read-only, for any client and any page: what is listed here, as `server.json`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import wraps

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from core.ids import is_id
from marketplace.models import Listing, ListingVersion
from marketplace.selectors import registry
from marketplace.selectors.registry import Entry, find_server, server_entry, stamp, versions_of

DEFAULT_LIMIT, MOST = 30, 100
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match",
    "Access-Control-Expose-Headers": "ETag",
    "Access-Control-Max-Age": "86400",
}


class _Bad(Exception):
    """A parameter that cannot be used."""


def _answers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Cross-origin, with an ETag, and with problems as `{"error"}`."""

    @wraps(view)
    @require_http_methods(["GET", "HEAD", "OPTIONS"])
    def answered(request: HttpRequest, **path: str) -> HttpResponse:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=_CORS)
        try:
            return view(request, **path)
        except _Bad as problem:
            return _reply(request, {"error": str(problem)}, status=400)

    return answered


@_answers
def server_list(request: HttpRequest) -> HttpResponse:
    """A page of servers: their latest versions in the order in which they changed, or every version."""
    asked = request.GET
    limit, since = _limit(asked.get("limit")), _moment(asked.get("updated_since"))
    deleted = since is not None or asked.get("include_deleted") == "true"
    search, version, cursor = asked.get("search", "").strip()[:200], asked.get("version", ""), asked.get("cursor", "")
    if version == "latest":
        entries, following = _latest(limit, cursor, search, since, deleted)
    else:
        entries, following = _versions(limit, cursor, search, since, deleted, version[:60])
    metadata = {"count": len(entries), **({"nextCursor": following} if following else {})}
    return _reply(request, {"servers": entries, "metadata": metadata})


@_answers
def server_versions(request: HttpRequest, name: str) -> HttpResponse:
    listing = _find(request, name)
    if listing is None:
        return _missing(request)
    entries = [server_entry(listing, version) for version in versions_of(listing)]
    return _reply(request, {"servers": entries, "metadata": {"count": len(entries)}})


@_answers
def server_version(request: HttpRequest, name: str, version: str) -> HttpResponse:
    listing = _find(request, name)
    if listing is None:
        return _missing(request)
    if version == "latest":
        found = listing.current
    else:
        found = listing.versions.filter(version=version, state=ListingVersion.State.LIVE).first()
    return _missing(request) if found is None else _reply(request, server_entry(listing, found))


def _latest(limit: int, cursor: str, search: str, since: datetime | None, deleted: bool) -> tuple[list[Entry], str]:
    after = None
    if cursor:
        moment, last = _cursor(cursor, 2)
        after = (_required_moment(moment), last)
    rows = registry.latest_page(limit=limit, after=after, search=search, since=since, deleted=deleted)
    shown = rows[:limit]
    entries = [server_entry(listing, listing.current) for listing in shown if listing.current]
    more = registry.write_cursor(stamp(shown[-1].updated_at), shown[-1].id) if len(rows) > limit else ""
    return entries, more


def _versions(
    limit: int, cursor: str, search: str, since: datetime | None, deleted: bool, version: str
) -> tuple[list[Entry], str]:
    after = _cursor(cursor, 1)[0] if cursor else ""
    rows = registry.versions_page(
        limit=limit, after=after, search=search, since=since, deleted=deleted, version=version
    )
    shown = rows[:limit]
    entries = [server_entry(version.listing, version) for version in shown]
    return entries, registry.write_cursor(shown[-1].id) if len(rows) > limit else ""


def _find(request: HttpRequest, name: str) -> Listing | None:
    listing = find_server(name)
    removed = listing is not None and listing.state == Listing.State.REMOVED
    return None if removed and request.GET.get("include_deleted") != "true" else listing


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= MOST:
        raise _Bad(f"limit is a number from 1 to {MOST}")
    return int(text)


def _moment(text: str | None) -> datetime | None:
    return _required_moment(text) if text else None


def _required_moment(text: str) -> datetime:
    try:
        found = parse_datetime(text.replace(" ", "+"))  # a plus sign that was not quoted
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise _Bad("updated_since is a moment such as 2026-08-07T13:15:04Z")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _cursor(text: str, count: int) -> Sequence[str]:
    try:
        parts = registry.read_cursor(text, count)
    except ValueError:
        parts = ()
    if not parts or not is_id(parts[-1]):
        raise _Bad("The cursor is not one that this registry gave out.")
    return parts


def _missing(request: HttpRequest) -> HttpResponse:
    return _reply(request, {"error": "Server not found"}, status=404)


def _reply(request: HttpRequest, value: object, *, status: int = 200) -> HttpResponse:
    """JSON that a cache may keep for a minute; an unchanged one is not sent again."""
    body = msgspec.json.encode(value)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**_CORS, "ETag": etag, "Cache-Control": "public, max-age=60" if status == 200 else "no-store"}
    if status == 200 and etag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)
