"""What the API of publishers, listings and moderation takes and answers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.gateways.proofs import proof_address, record_of
from marketplace.models import Claim, Listing, ListingPicture, ListingVersion, Publisher
from marketplace.services.claims import METHODS
from proxy.api.serializers import SafeText

OBJECT = {"type": "object", "additionalProperties": True}


class PublisherSerializer(serializers.ModelSerializer[Publisher]):
    verified = serializers.SerializerMethodField(help_text=_("Has it proved who it is?"))

    class Meta:
        model = Publisher
        fields: ClassVar = [
            "id", "slug", "name", "about", "website", "source", "verified", "proof", "proved_as", "proved_at",
            "suspended_at", "created_at",
        ]  # fmt: skip

    def get_verified(self, publisher: Publisher) -> bool:
        return bool(publisher.proof)


class PublisherWrite(serializers.Serializer[Publisher]):
    name = SafeText(max_length=80)
    about = SafeText(max_length=4000, required=False, allow_blank=True, help_text=_("Markdown."))
    website = SafeText(max_length=300, required=False, allow_blank=True)


class ClaimSerializer(serializers.ModelSerializer[Claim]):
    address = serializers.SerializerMethodField(help_text=_("Where the token is looked for, in a line of its own."))
    record = serializers.SerializerMethodField(
        help_text=_("Name whose TXT record may hold the token instead; empty for a repository.")
    )

    class Meta:
        model = Claim
        fields: ClassVar = [
            "id", "publisher", "method", "subject", "token", "address", "record", "state", "problem", "checked_at",
            "created_at",
        ]  # fmt: skip

    def get_address(self, claim: Claim) -> str:
        return proof_address(claim.method, claim.subject)

    def get_record(self, claim: Claim) -> str:
        return record_of(claim.method, claim.subject)


class ClaimWrite(serializers.Serializer[Claim]):
    method = serializers.ChoiceField(choices=[(method.value, method.label) for method in METHODS])
    subject = SafeText(max_length=300, help_text=_("A domain, or the address of a repository."))


class FindingSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text=_("Stable, for programs."))
    severity = serializers.ChoiceField(choices=["info", "warn", "block"])
    where = serializers.CharField(help_text=_("Dotted path; empty for the whole."))
    sentence = serializers.CharField(help_text=_("For people."))


class ListingVersionSerializer(serializers.ModelSerializer[ListingVersion]):
    findings = FindingSerializer(many=True)

    class Meta:
        model = ListingVersion
        fields: ClassVar = [
            "id", "version", "state", "notes", "content_hash", "findings", "scanned_at", "decision_note",
            "published_at", "created_at",
        ]  # fmt: skip


@extend_schema_field(OBJECT)
class ObjectField(serializers.JSONField):
    pass


class WholeVersionSerializer(ListingVersionSerializer):
    """With everything that it consists of."""

    package = ObjectField()
    manifest = ObjectField()
    texts = ObjectField()

    class Meta(ListingVersionSerializer.Meta):
        fields: ClassVar = [*ListingVersionSerializer.Meta.fields, "readme", "texts", "manifest", "package"]


class QueuedVersionSerializer(WholeVersionSerializer):
    """As the operator sees it."""

    listing_name = serializers.CharField(source="listing.name")
    publisher = PublisherSerializer(source="listing.publisher")

    class Meta(WholeVersionSerializer.Meta):
        fields: ClassVar = [*WholeVersionSerializer.Meta.fields, "listing", "listing_name", "publisher"]


class PictureSerializer(serializers.ModelSerializer[ListingPicture]):
    class Meta:
        model = ListingPicture
        fields: ClassVar = ["id", "alt", "width", "height", "position", "state", "state_reason"]


class OwnListingSerializer(serializers.ModelSerializer[Listing]):
    publisher = serializers.CharField(source="publisher.slug")
    current = serializers.CharField(source="current.version", default=None, allow_null=True)
    draft = ObjectField(help_text=_("The next version in the making."))

    class Meta:
        model = Listing
        fields: ClassVar = [
            "id", "slug", "kind", "publisher", "name", "summary", "category", "tags", "languages", "licence",
            "homepage", "repository", "state", "state_reason", "state_at", "current", "published_at", "assistant",
            "server", "installs", "workspaces", "draft", "created_at", "updated_at",
        ]  # fmt: skip


class NewListingWrite(serializers.Serializer[Listing]):
    source = SafeText(  # type: ignore[assignment]  # a field of this name, as the API has it
        max_length=40, help_text=_("Id of an assistant or of a server of this workspace.")
    )
    publisher = serializers.SlugField(max_length=60, required=False, help_text=_("Short name; else the own one."))
    works_offline = serializers.BooleanField(required=False, help_text=_("Useful without a model."))


class TranslationWrite(serializers.Serializer[Any]):
    name = SafeText(max_length=100)
    summary = SafeText(max_length=300, required=False, allow_blank=True)
    tags = serializers.ListField(child=SafeText(max_length=40), required=False, max_length=20)


class DraftWrite(serializers.Serializer[Listing]):
    revision = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text=_("That of the draft that you saw.")
    )
    name = SafeText(max_length=100, required=False)
    summary = SafeText(max_length=300, required=False, allow_blank=True)
    letters = SafeText(max_length=2, required=False)
    category = SafeText(max_length=30, required=False)
    tags = serializers.ListField(child=SafeText(max_length=40), required=False, max_length=20)
    languages = serializers.ListField(child=SafeText(max_length=10), required=False, max_length=30)
    translations = serializers.DictField(child=TranslationWrite(), required=False)
    licence = SafeText(max_length=60, required=False, allow_blank=True)
    homepage = SafeText(max_length=500, required=False, allow_blank=True)
    repository = SafeText(max_length=500, required=False, allow_blank=True)
    readme = SafeText(max_length=50_000, required=False, allow_blank=True)
    version = SafeText(max_length=60, required=False, allow_blank=True)
    notes = SafeText(max_length=4_000, required=False, allow_blank=True)


class SubmitWrite(serializers.Serializer[ListingVersion]):
    version = SafeText(max_length=60, required=False, help_text=_("Semantic version; else the draft's."))
    notes = SafeText(max_length=4_000, required=False, help_text=_("What is new; else the draft's."))


class ReasonWrite(serializers.Serializer[Any]):
    reason = SafeText(max_length=2_000)


class PictureWrite(serializers.Serializer[ListingPicture]):
    data = SafeText(  # type: ignore[assignment]  # as lists have it
        max_length=7_000_000, help_text=_("The file as base64: PNG, JPEG or WebP, at most 5 MB.")
    )
    alt = SafeText(max_length=200, help_text=_("What it shows."))


class NoteWrite(serializers.Serializer[Any]):
    note = SafeText(max_length=4_000, required=False, allow_blank=True, help_text=_("The publisher reads it."))


class PicksWrite(serializers.Serializer[Any]):
    listings = serializers.ListField(child=SafeText(max_length=40), max_length=24, help_text=_("Ids, in order."))


class FindingsList(serializers.Serializer[Any]):
    data = FindingSerializer(many=True)  # type: ignore[assignment]  # as all lists have it
