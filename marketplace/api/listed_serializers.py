"""Listings as everybody sees them over the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from marketplace.models import Listing, Publisher

LEAST_RATINGS = 10


class PublisherBrief(serializers.ModelSerializer[Publisher]):
    verified = serializers.SerializerMethodField(help_text=_("It proved who it is, by domain or repository."))

    class Meta:
        model = Publisher
        fields = ("id", "slug", "name", "verified")

    def get_verified(self, publisher: Publisher) -> bool:
        return bool(publisher.proof)


class RatingSerializer(serializers.Serializer[Any]):
    mean = serializers.FloatField()
    low = serializers.FloatField(help_text=_("Lower end of the range in which the true mean likely lies."))
    high = serializers.FloatField()
    count = serializers.IntegerField(help_text=_("Ratings that count."))


class ListedSerializer(serializers.ModelSerializer[Listing]):
    publisher = PublisherBrief()
    rating = serializers.SerializerMethodField(help_text=_("Null below ten ratings that count."))
    version = serializers.SerializerMethodField(help_text=_("The version that is live."))

    class Meta:
        model = Listing
        fields = (
            "id", "slug", "kind", "name", "summary", "letters", "publisher", "category", "tags", "languages", "licence",
            "homepage", "repository", "state", "version", "needs", "reads_only", "asks_first", "offline", "installs",
            "workspaces", "runs", "runs_ok", "rating", "health", "published_at", "updated_at",
        )  # fmt: skip

    def get_version(self, listing: Listing) -> str:
        return listing.current.version if listing.current else ""

    @extend_schema_field(RatingSerializer(allow_null=True))
    def get_rating(self, listing: Listing) -> dict[str, Any] | None:
        if listing.rating_count < LEAST_RATINGS:
            return None
        return {
            "mean": round(listing.rating_mean, 2),
            "low": round(listing.rating_low, 2),
            "high": round(listing.rating_high, 2),
            "count": listing.rating_count,
        }


class ListedFullSerializer(ListedSerializer):
    readme = serializers.SerializerMethodField(help_text=_("Markdown."))
    manifest = serializers.SerializerMethodField(help_text=_("The tools, hosts and secrets that it needs."))

    class Meta(ListedSerializer.Meta):
        fields = (*ListedSerializer.Meta.fields, "translations", "readme", "manifest")  # type: ignore[assignment]

    def get_readme(self, listing: Listing) -> str:
        return listing.current.readme if listing.current else ""

    def get_manifest(self, listing: Listing) -> dict[str, Any]:
        return listing.current.manifest if listing.current else {}


class ListedVersionSerializer(serializers.Serializer[Any]):
    """marketplace.selectors.listed.VersionRow"""

    version = serializers.CharField(source="version.version")
    published_at = serializers.DateTimeField(source="version.published_at", allow_null=True)
    notes = serializers.CharField(source="version.notes", help_text=_("What changed."))
    content_hash = serializers.CharField(source="version.content_hash", help_text=_("SHA-256 of the package."))
    adds = serializers.ListField(
        child=serializers.CharField(), help_text=_("What it may do more than the version before, in plain words.")
    )


class FoundCount(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    more = serializers.BooleanField(help_text=_("There are more than `count`; counts are exact to 10,000."))


@extend_schema_serializer(many=False)
class FoundSerializer(serializers.Serializer[Any]):
    data = ListedSerializer(many=True)  # type: ignore[assignment]
    next = serializers.CharField(allow_null=True, help_text=_("Cursor of the next page; null on the last one."))
    total = FoundCount()
    corrected = serializers.CharField(
        help_text=_("The text as it was understood, where a slip was mended; else empty.")
    )
    facets = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text=_("How many listings there would be by each value of each filter."),
    )
