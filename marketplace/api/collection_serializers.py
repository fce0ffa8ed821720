"""What the API of collections and of following takes and answers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.links import absolute
from marketplace.api.listed_serializers import ListedSerializer
from marketplace.models import Collection, CollectionReport, Listing, Publisher, PublisherFollow, Report
from marketplace.selectors.collections import maker_of
from marketplace.selectors.publisher_page import followers_of, listings_by, proof_of
from marketplace.services import collection_reports, collections
from proxy.api.serializers import SafeText

SEEN_BY = [("public", _("everybody")), ("unlisted", _("whoever has its address")), ("private", _("its maker alone"))]


class CollectionSerializer(serializers.ModelSerializer[Collection]):
    """`shown` must be annotated."""

    visibility = serializers.ChoiceField(choices=SEEN_BY, read_only=True)
    maker = serializers.SerializerMethodField(help_text=_("As its maker is called in public."))
    listings = serializers.SerializerMethodField(help_text=_("How many of its listings are in the marketplace."))
    hidden = serializers.SerializerMethodField(help_text=_("The operator hid it from everybody but its maker."))
    url = serializers.SerializerMethodField()

    class Meta:
        model = Collection
        fields: ClassVar = [
            "id", "slug", "title", "text", "visibility", "maker", "listings", "hidden", "url", "created_at",
            "updated_at",
        ]  # fmt: skip

    def get_maker(self, collection: Collection) -> str:
        return maker_of(collection)

    def get_listings(self, collection: Collection) -> int:
        return int(getattr(collection, "shown", 0))

    def get_hidden(self, collection: Collection) -> bool:
        return collection.hidden_at is not None

    def get_url(self, collection: Collection) -> str:
        return absolute(f"/marketplace/collections/{collection.slug}/")


class CollectionWrite(serializers.Serializer[Any]):
    title = SafeText(max_length=collections.MAX_TITLE)
    text = SafeText(max_length=collections.MAX_TEXT, required=False, allow_blank=True, help_text=_("Plain text."))
    visibility = serializers.ChoiceField(choices=SEEN_BY, required=False, help_text=_("private, if it is not said."))


class CollectionEntrySerializer(serializers.Serializer[Any]):
    """marketplace.selectors.collections.Entry"""

    slug = serializers.CharField(source="item.listing.slug")
    name = serializers.CharField(source="item.listing.name")
    note = serializers.CharField(source="item.note", help_text=_("Why it is there, in the maker's words."))
    gone = serializers.CharField(help_text=_("Why nobody sees the listing any more; empty where it is shown."))
    listing = serializers.SerializerMethodField(help_text=_("Null where it is no longer in the marketplace."))

    @extend_schema_field(ListedSerializer(allow_null=True))
    def get_listing(self, entry: Any) -> Any:
        return ListedSerializer(entry.row.listing).data if entry.row else None


class CollectionEntryWrite(serializers.Serializer[Any]):
    listing = SafeText(max_length=80, help_text=_("Short name of a listing."))
    note = SafeText(max_length=collections.MAX_NOTE, required=False, allow_blank=True)


class CollectionEntryChange(serializers.Serializer[Any]):
    note = SafeText(max_length=collections.MAX_NOTE, required=False, allow_blank=True)
    position = serializers.IntegerField(
        min_value=0, max_value=collections.MOST_ENTRIES, required=False, help_text=_("Its place, from 0 on.")
    )


class CollectionOrderWrite(serializers.Serializer[Any]):
    listings = serializers.ListField(
        child=SafeText(max_length=80), max_length=collections.MOST_ENTRIES,
        help_text=_("Short names of all its listings, each once."),
    )  # fmt: skip


class CollectionReportWrite(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=Report.Reason.choices)
    text = SafeText(max_length=collection_reports.MAX_TEXT, required=False, allow_blank=True)


class CollectionReportSerializer(serializers.ModelSerializer[CollectionReport]):
    collection = serializers.CharField(source="collection.slug")
    title = serializers.CharField(source="collection.title")

    class Meta:
        model = CollectionReport
        fields: ClassVar = ["id", "collection", "title", "reason", "text", "state", "created_at"]


class CollectionDecision(serializers.Serializer[Any]):
    note = SafeText(
        max_length=collection_reports.MAX_NOTE, required=False, allow_blank=True,
        help_text=_("Needed to hide it: its maker reads it."),
    )  # fmt: skip


class PublicPublisherSerializer(serializers.ModelSerializer[Publisher]):
    """A publisher as everybody sees it."""

    proof = serializers.SerializerMethodField(help_text=_("How it proved who it is; empty where it did not."))
    listings = serializers.SerializerMethodField(help_text=_("How many it has in the marketplace."))
    followers = serializers.SerializerMethodField(help_text=_("How many people follow it."))
    url = serializers.SerializerMethodField()

    class Meta:
        model = Publisher
        fields: ClassVar = ["id", "slug", "name", "about", "website", "proof", "listings", "followers", "url"]

    def get_proof(self, publisher: Publisher) -> str:
        return proof_of(publisher)

    def get_listings(self, publisher: Publisher) -> int:
        return listings_by(publisher).count()

    def get_followers(self, publisher: Publisher) -> int:
        return followers_of(publisher)

    def get_url(self, publisher: Publisher) -> str:
        return absolute(f"/marketplace/publishers/{publisher.slug}/")


class FollowSerializer(serializers.ModelSerializer[PublisherFollow]):
    slug = serializers.CharField(source="publisher.slug")
    name = serializers.CharField(source="publisher.name")
    since = serializers.DateTimeField(source="created_at")

    class Meta:
        model = PublisherFollow
        fields: ClassVar = ["slug", "name", "mails", "since"]


class FollowWrite(serializers.Serializer[Any]):
    mails = serializers.BooleanField(required=False, help_text=_("Whether a mail tells of what it publishes."))


class PublishedSerializer(serializers.Serializer[Any]):
    """marketplace.selectors.publisher_page.Published"""

    listing = serializers.CharField(source="listing.slug")
    name = serializers.CharField(source="listing.name")
    kind = serializers.ChoiceField(source="listing.kind", choices=Listing.Kind.choices)
    publisher = serializers.CharField(source="listing.publisher.slug")
    version = serializers.CharField(source="version.version")
    notes = serializers.CharField(source="version.notes", help_text=_("What changed."))
    first = serializers.BooleanField(help_text=_("The listing had none before."))
    published_at = serializers.DateTimeField(source="version.published_at")


class ComparedLine(serializers.Serializer[Any]):
    """marketplace.selectors.comparing.Line"""

    key = serializers.CharField(help_text=_("Stable, for programs."))
    label = serializers.CharField()  # type: ignore[assignment]
    differs = serializers.BooleanField(help_text=_("They do not all say the same."))
    values = serializers.SerializerMethodField(help_text=_("One for each listing, in plain words."))

    @extend_schema_field(serializers.ListField(child=serializers.ListField(child=serializers.CharField())))
    def get_values(self, line: Any) -> list[list[str]]:
        return [list(cell.items) or [cell.text] for cell in line.cells]


class ComparisonSerializer(serializers.Serializer[Any]):
    """marketplace.selectors.comparing.Comparison"""

    listings = serializers.SerializerMethodField()
    missing = serializers.ListField(child=serializers.CharField(), help_text=_("Short names that lead to nothing."))
    lines = ComparedLine(many=True)

    @extend_schema_field(ListedSerializer(many=True))
    def get_listings(self, comparison: Any) -> Any:
        return ListedSerializer([one.listing for one in comparison.facts], many=True).data
