"""Listings as the registry API of MCP tells of them: names, `server.json`, pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q, QuerySet

from marketplace.catalogue.schema import Remote
from marketplace.importers.registry import NAME, OFFICIAL, OURS, PROVIDED
from marketplace.importers.texts import cut, repository_key
from marketplace.models import Listing, ListingVersion, Publisher
from marketplace.packages import ServerPackage, package_json, read_package
from marketplace.selectors.registry_packages import package_entries, remote_entries

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
TOLD = (*Listing.SHOWN, Listing.State.REMOVED)
_SOURCES = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}
Entry = dict[str, Any]


def registry_name(listing: Listing) -> str:
    """`namespace/name`. What came from a registry keeps its name; the namespace of a proved domain or account is its
    own, and everybody else stands below this installation's.
    """
    if _has_name(listing):
        return listing.source_key
    return f"{_namespace(listing.publisher)}/{listing.slug}"


def _has_name(listing: Listing) -> bool:
    return listing.source.startswith("import:") and bool(NAME.fullmatch(listing.source_key))


def _namespace(publisher: Publisher) -> str:
    if publisher.proof == Publisher.Proof.DOMAIN and publisher.proved_as:
        return _reversed(publisher.proved_as)
    if publisher.proof == Publisher.Proof.REPOSITORY and (key := _owner(publisher.proved_as)):
        return key
    return own_namespace()


def own_namespace() -> str:
    """This installation's address, reversed: `com.example.hub`."""
    return _reversed(urlsplit(settings.ENV.public_url).hostname or "localhost")


def _reversed(domain: str) -> str:
    return ".".join(reversed(domain.lower().strip(".").split(".")))


def _owner(repository: str) -> str:
    parts = repository_key(repository).split("/")
    return f"io.{parts[0].partition('.')[0]}.{parts[1]}" if len(parts) == 3 else ""


def find_server(name: str) -> Listing | None:
    """The listing of this registry name, removed ones included."""
    rows = servers().select_related("publisher", "current")
    slug = name.rpartition("/")[2]
    found = [*rows.filter(slug=slug), *rows.filter(source__startswith="import:", source_key=name)]
    return next((listing for listing in found if registry_name(listing) == name), None)


def servers() -> QuerySet[Listing]:
    """Servers that are shown, and those that were and are removed. What never went live is nobody's business."""
    return Listing.objects.filter(kind=Listing.Kind.SERVER, state__in=TOLD, published_at__isnull=False).exclude(
        current=None
    )


def latest_page(
    *, limit: int, after: tuple[datetime, str] | None, search: str, since: datetime | None, deleted: bool
) -> list[Listing]:
    """At most `limit` + 1 listings in the order in which they changed, so that a reader who goes on misses nothing."""
    rows = servers() if deleted else servers().filter(state__in=Listing.SHOWN)
    if search:
        rows = rows.filter(Q(slug__icontains=search) | Q(source_key__icontains=search) | Q(name__icontains=search))
    if since:
        rows = rows.filter(updated_at__gte=since)
    if after:
        rows = rows.filter(Q(updated_at__gt=after[0]) | Q(updated_at=after[0], id__gt=after[1]))
    rows = rows.select_related("publisher", "current").defer("draft", "score_parts", "translations")
    return list(rows.order_by("updated_at", "id")[: limit + 1])


def versions_page(
    *, limit: int, after: str, search: str, since: datetime | None, deleted: bool, version: str
) -> list[ListingVersion]:
    """At most `limit` + 1 versions of all listings, the oldest first."""
    rows = ListingVersion.objects.filter(state=ListingVersion.State.LIVE, listing__kind=Listing.Kind.SERVER)
    rows = rows.filter(listing__state__in=TOLD if deleted else Listing.SHOWN)
    if version:
        rows = rows.filter(version=version)
    if search:
        rows = rows.filter(
            Q(listing__slug__icontains=search)
            | Q(listing__source_key__icontains=search)
            | Q(listing__name__icontains=search)
        )
    if since:
        rows = rows.filter(listing__updated_at__gte=since)
    if after:
        rows = rows.filter(id__gt=after)
    return list(rows.select_related("listing__publisher").order_by("id")[: limit + 1])


def versions_of(listing: Listing) -> list[ListingVersion]:
    """Those that are live, the newest first."""
    rows = listing.versions.filter(state=ListingVersion.State.LIVE)
    return list(rows.order_by("-version_key"))


def server_entry(listing: Listing, version: ListingVersion) -> Entry:
    """`{"server", "_meta"}` of the published schema. Raises msgspec.ValidationError for an unreadable package."""
    return {"server": _server(listing, version), "_meta": {OFFICIAL: _official(listing, version)}}


def _server(listing: Listing, version: ListingVersion) -> Entry:
    package = read_package(version.package)
    assert isinstance(package, ServerPackage)
    texts: Mapping[str, Any] = version.texts or {}
    name, summary = texts.get("name") or listing.name, texts.get("summary") or listing.summary
    server: Entry = {
        "$schema": SCHEMA,
        "name": registry_name(listing),
        "title": cut(name, 100),
        "description": cut(summary or name, 100),
        "version": version.version,
    }
    if listing.repository:
        host = repository_key(listing.repository).partition("/")[0]
        server["repository"] = {"url": listing.repository, "source": _SOURCES.get(host, "other")}
    if listing.homepage:
        server["websiteUrl"] = listing.homepage
    if packages := package_entries(package):
        server["packages"] = packages
    if remotes := remote_entries(package):
        server["remotes"] = remotes
    server["_meta"] = {PROVIDED: {OURS: _ours(listing, version, package, summary)}}
    return server


def _ours(listing: Listing, version: ListingVersion, package: ServerPackage, summary: str) -> Entry:
    told = package_json(package)
    signs = {way.url: way.sign_in_with for way in package.transports if isinstance(way, Remote) and way.sign_in_with}
    return {
        "url": f"{settings.ENV.public_url}/marketplace/{listing.slug}/",
        "publisher": listing.publisher.name,
        "summary": summary,
        "category": listing.category,
        "tags": listing.tags,
        "licence": listing.licence,
        "contentHash": version.content_hash,
        **({"signIn": signs} if signs else {}),
        **({"readme": version.readme} if version.readme and version.readme != summary else {}),
        **({name: told[name] for name in ("tools", "requires") if name in told}),
    }


def _official(listing: Listing, version: ListingVersion) -> Entry:
    states = {Listing.State.DEPRECATED: "deprecated", Listing.State.REMOVED: "deleted"}
    status = states.get(Listing.State(listing.state), "active")
    return {
        "status": status,
        **({"statusMessage": cut(listing.state_reason, 500)} if status != "active" and listing.state_reason else {}),
        "statusChangedAt": stamp(listing.state_at),
        "publishedAt": stamp(version.published_at or version.created_at),
        "updatedAt": stamp(listing.updated_at),
        "isLatest": version.id == listing.current_id,
    }


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond: as fine as the cursor."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def write_cursor(*parts: str) -> str:
    return base64.urlsafe_b64encode("\n".join(parts).encode()).decode().rstrip("=")


def read_cursor(text: str, count: int) -> Sequence[str]:
    """Raises ValueError for what we did not write."""
    try:
        parts = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split("\n")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(text) from error
    if len(parts) != count or not all(parts):
        raise ValueError(text)
    return parts
