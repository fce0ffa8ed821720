"""What publishers see of their own, and operators of everybody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from accounts.models import Workspace
from assistants.models import Assistant
from marketplace.manifest_words import Said, sentences_of, widened
from marketplace.manifests import manifest_of
from marketplace.models import Claim, Listing, ListingPicture, ListingVersion, Publisher
from marketplace.packages import Manifest, Package, read_manifest, read_package
from marketplace.selectors.travel import writing_tools
from marketplace.states import OPEN, L, V
from proxy.models import Server

SHAPES: Mapping[str, str] = {
    "draft": "off", "scan": "live", "review": "paused", "quarantine": "warn", "live": "running",
    "deprecated": "paused", "removed": "off", "rejected": "broken", "withdrawn": "off",
}  # fmt: skip
"""From a listing's or version's state to the shape that components draw."""


def publishers_of(workspace: Workspace) -> QuerySet[Publisher]:
    """The workspace's own publisher first, then those it claimed."""
    return Publisher.objects.filter(workspace=workspace).order_by("source", "created_at", "id")


def own_publisher(workspace: Workspace) -> Publisher | None:
    return publishers_of(workspace).first()


def listings_of(workspace: Workspace) -> QuerySet[Listing]:
    """Every listing of the workspace's publishers, with `waiting`: the state of the version that is being looked at."""
    waiting = ListingVersion.objects.filter(listing=OuterRef("pk"), state__in=OPEN).order_by("-version_key")
    rows = Listing.objects.filter(publisher__workspace=workspace).select_related("publisher", "current")
    return rows.annotate(
        waiting=Subquery(waiting.values("state")[:1]), waiting_version=Subquery(waiting.values("version")[:1])
    )


def claims_of(workspace: Workspace, publisher: Publisher) -> QuerySet[Claim]:
    """Those that are not over, the newest first."""
    rows = Claim.objects.filter(workspace=workspace, publisher=publisher).exclude(state=Claim.State.EXPIRED)
    return rows.order_by("-id")


def publishable_assistants(workspace: Workspace) -> QuerySet[Assistant]:
    """Assistants made here that are not listed yet."""
    listed = Listing.objects.filter(publisher__workspace=workspace).exclude(state=L.REMOVED).exclude(assistant="")
    rows = Assistant.objects.filter(workspace=workspace, install="")
    return rows.exclude(pk__in=listed.values("assistant")).order_by("name", "id")


def publishable_servers(workspace: Workspace) -> QuerySet[Server]:
    """Servers that were connected here and are not listed yet."""
    listed = Listing.objects.filter(publisher__workspace=workspace).exclude(state=L.REMOVED).exclude(server="")
    rows = Server.objects.filter(workspace=workspace, catalogue="").exclude(transport=Server.Transport.INTERNAL)
    return rows.exclude(pk__in=listed.values("server")).order_by("title", "id")


@dataclass(frozen=True)
class Access:
    """What a version may do, and what that adds to the one before."""

    said: Said
    added: Sequence[str]


def access_of(package: Package, before: ListingVersion | None) -> Access:
    """Of a package that is no version yet."""
    return _access(manifest_of(package, writing_tools(package)), before)


def access_of_version(version: ListingVersion, before: ListingVersion | None) -> Access:
    return _access(read_manifest(version.manifest), before)


def _access(manifest: Manifest, before: ListingVersion | None) -> Access:
    slugs = {tool.listing for tool in manifest.tools if tool.listing}
    names = dict(Listing.objects.filter(slug__in=slugs).values_list("slug", "name"))
    added = widened(read_manifest(before.manifest), manifest, names) if before else []
    return Access(sentences_of(manifest, names), added)


def version_before(version: ListingVersion) -> ListingVersion | None:
    """The live version that people have while this one is looked at."""
    rows = version.listing.versions.filter(state=V.LIVE, version_key__lt=version.version_key)
    return rows.order_by("-version_key").first()


def draft_package(listing: Listing) -> Package | None:
    try:
        return read_package(listing.draft.get("package"))
    except msgspec.ValidationError:
        return None


def queue(state: str) -> QuerySet[ListingVersion]:
    """Versions that wait for the operator, the oldest first."""
    rows = ListingVersion.objects.filter(state=state).select_related("listing__publisher__workspace")
    return rows.order_by("created_at", "id")


def held_listings() -> QuerySet[Listing]:
    """Listings that were live and are held back as a whole."""
    rows = Listing.objects.filter(state=L.QUARANTINE, current__isnull=False).select_related("publisher", "current")
    return rows.order_by("state_at", "id")


def waiting_pictures() -> QuerySet[ListingPicture]:
    """Pictures that the operator has to look at, the oldest first; not those of listings that are gone."""
    rows = ListingPicture.objects.filter(state=ListingPicture.State.WAITING).exclude(listing__state=L.REMOVED)
    return rows.select_related("listing__publisher").defer("body").order_by("created_at", "id")


def waiting_count() -> int:
    """Everything that waits for the operator here."""
    versions = ListingVersion.objects.filter(state__in=(V.REVIEW, V.QUARANTINE)).count()
    return versions + held_listings().count()


def picks() -> QuerySet[Listing]:
    """The operator's picks in their order."""
    return Listing.objects.exclude(featured=None).select_related("publisher").order_by(F("featured"), "id")


def found_listings(text: str, most: int = 20) -> QuerySet[Listing]:
    """Live listings whose name or address holds the text, for choosing picks."""
    rows = Listing.objects.filter(Q(name__icontains=text) | Q(slug__icontains=text), state=L.LIVE, featured=None)
    return rows.select_related("publisher").order_by("-score", "id")[:most]
