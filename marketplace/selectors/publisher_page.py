"""What the public page of a publisher tells, and what those whom somebody follows published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.models import Listing, ListingVersion, Publisher, PublisherFollow

PAGE = 20
MOST_PAGES = 500
FEED = 50


class Published(msgspec.Struct, frozen=True):
    """A version that went live; `first`: the listing had none before."""

    listing: Listing
    version: ListingVersion
    first: bool
    url: str


def find_publisher(slug: str) -> Publisher | None:
    """One that has something in the marketplace, or had. Whoever only prepares a listing is nobody's business."""
    listed = Listing.objects.filter(publisher__slug=slug, published_at__isnull=False)
    return Publisher.objects.filter(slug=slug).first() if listed.exists() else None


def listings_by(publisher: Publisher) -> QuerySet[Listing]:
    """What it shows, the best first."""
    if publisher.suspended_at is not None:
        return Listing.objects.none()
    rows = Listing.objects.filter(publisher=publisher, state__in=Listing.SHOWN)
    return rows.select_related("publisher").defer("draft").order_by("-score", "-id")


def proof_of(publisher: Publisher) -> str:
    """How it proved who it is, in a few words; "" where it did not."""
    words = {
        Publisher.Proof.DOMAIN: _("Proved the domain %(subject)s"),
        Publisher.Proof.REPOSITORY: _("Proved the repository %(subject)s"),
        Publisher.Proof.BUILT_IN: _("Comes with Crossroads"),
    }
    return words.get(Publisher.Proof(publisher.proof), "") % {"subject": publisher.proved_as}


def followers_of(publisher: Publisher) -> int:
    return PublisherFollow.objects.filter(publisher=publisher, user__is_active=True).count()


def follow_of(user_id: str, publisher: Publisher) -> PublisherFollow | None:
    return PublisherFollow.objects.filter(publisher=publisher, user=user_id).first() if user_id else None


def follows_of(user_id: str) -> QuerySet[PublisherFollow]:
    """Whom somebody follows, by name."""
    rows = PublisherFollow.objects.filter(user=user_id).select_related("publisher")
    return rows.order_by("publisher__name", "publisher_id")


def published_rows() -> QuerySet[ListingVersion]:
    """Live versions of shown listings, the newest first, each with `later`: it is not its listing's first."""
    rows = ListingVersion.objects.filter(
        state=ListingVersion.State.LIVE, published_at__isnull=False, listing__state__in=Listing.SHOWN,
        listing__publisher__suspended_at=None,
    )  # fmt: skip
    before = ListingVersion.objects.filter(
        listing=OuterRef("listing"), state=ListingVersion.State.LIVE, published_at__lt=OuterRef("published_at")
    )
    rows = rows.annotate(later=Exists(before)).select_related("listing__publisher")
    return rows.defer("package", "texts", "readme", "findings", "listing__draft").order_by("-published_at", "-id")


def published_by(publisher: Publisher) -> QuerySet[ListingVersion]:
    return published_rows().filter(listing__publisher=publisher)


def published_for(user_id: str) -> QuerySet[ListingVersion]:
    """What those whom somebody follows published."""
    return published_rows().filter(listing__publisher__follows__user=user_id)


def read_published(rows: Iterable[ListingVersion]) -> Sequence[Published]:
    return [
        Published(
            listing=row.listing,
            version=row,
            first=not getattr(row, "later", False),
            url=reverse("marketplace:entry", args=[row.listing.slug]),
        )
        for row in rows
    ]
