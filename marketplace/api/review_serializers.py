"""What the API of reviews and reports takes and answers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from marketplace.models import Listing, Report, Review
from marketplace.rating import LEAST, PADDING, REASONS
from marketplace.selectors.reviews import name_of
from marketplace.services.reports import MAX_NOTE
from marketplace.services.reports import MAX_TEXT as MAX_REPORT
from marketplace.services.review_answers import MAX_REPLY
from marketplace.services.reviews import MAX_TEXT
from proxy.api.serializers import SafeText


class ReviewSerializer(serializers.ModelSerializer[Review]):
    listing = serializers.CharField(source="listing.slug", help_text=_("Short name of the listing."))
    author = serializers.SerializerMethodField(help_text=_("As its writer is called in public."))
    counts = serializers.SerializerMethodField(help_text=_("Is it part of the number?"))
    left_out = serializers.CharField(
        help_text=_("Why it does not count: publisher, ring, person, network, burst, suspended; empty when it does.")
    )
    weight = serializers.FloatField(help_text=_("Trust times recency, as last counted; 0 until then."))

    class Meta:
        model = Review
        fields: ClassVar = [
            "id", "listing", "author", "version", "stars", "text", "runs", "days", "state", "counts", "left_out",
            "weight", "helpful", "reply", "replied_at", "edited_at", "created_at",
        ]  # fmt: skip

    def get_author(self, review: Review) -> str:
        return name_of(review)

    def get_counts(self, review: Review) -> bool:
        return review.state == Review.State.SHOWN and review.weight > 0


class NewReviewWrite(serializers.Serializer[Review]):
    stars = serializers.IntegerField(min_value=1, max_value=5)
    text = SafeText(max_length=MAX_TEXT, required=False, allow_blank=True)
    workspace = serializers.SlugField(
        required=False, help_text=_("Short name of the workspace that writes. A key writes for its own.")
    )


class ReviewWrite(serializers.Serializer[Review]):
    stars = serializers.IntegerField(min_value=1, max_value=5)
    text = SafeText(max_length=MAX_TEXT, allow_blank=True)


class ReplyWrite(serializers.Serializer[Review]):
    text = SafeText(max_length=MAX_REPLY, allow_blank=True, help_text=_("Empty takes the answer away."))


class RatingMadeSerializer(serializers.Serializer[Any]):
    """How a rating came about."""

    count = serializers.IntegerField(help_text=_("Reviews that count."))
    mean = serializers.FloatField(allow_null=True, help_text=_("Padded mean; null while fewer than ten count."))
    low = serializers.FloatField(allow_null=True, help_text=_("Lower end of the range that likely holds the mean."))
    high = serializers.FloatField(allow_null=True)
    own_mean = serializers.FloatField(allow_null=True, help_text=_("Weighted mean of those that count, not padded."))
    market_mean = serializers.FloatField(allow_null=True, help_text=_("Of the ratings that are added."))
    added = serializers.IntegerField(help_text=_("How many ratings at the marketplace's mean are added."))
    stars = serializers.ListField(
        child=serializers.IntegerField(), help_text=_("How many gave one star, two, and so on to five.")
    )
    left_out = serializers.DictField(
        child=serializers.IntegerField(), help_text=_("How many do not count, by reason: %s.") % ", ".join(REASONS)
    )


def rating_json(listing: Listing) -> dict[str, Any]:
    """What RatingMadeSerializer describes."""
    made, sure = listing.rating_made or {}, listing.rating_count >= LEAST
    return {
        "count": listing.rating_count,
        "mean": listing.rating_mean if sure else None,
        "low": listing.rating_low if sure else None,
        "high": listing.rating_high if sure else None,
        "own_mean": made.get("own") if listing.rating_count else None,
        "market_mean": made.get("market"),
        "added": PADDING,
        "stars": made.get("stars", [0] * 5),
        "left_out": made.get("left_out", {}),
    }


class ReportSerializer(serializers.ModelSerializer[Report]):
    listing = serializers.CharField(source="listing.slug")
    review = serializers.CharField(source="review_id", allow_null=True)

    class Meta:
        model = Report
        fields: ClassVar = ["id", "listing", "review", "reason", "text", "state", "note", "created_at", "decided_at"]


class QueuedReportSerializer(ReportSerializer):
    """As the operator sees it."""

    class Meta(ReportSerializer.Meta):
        fields: ClassVar = [*ReportSerializer.Meta.fields, "user", "decided_by"]


class ReportWrite(serializers.Serializer[Report]):
    reason = serializers.ChoiceField(choices=Report.Reason.choices)
    text = SafeText(max_length=MAX_REPORT, required=False, allow_blank=True, help_text=_("Needed for `other`."))


class DecisionWrite(serializers.Serializer[Report]):
    upheld = serializers.BooleanField()
    note = SafeText(max_length=MAX_NOTE, required=False, allow_blank=True)
    measure = serializers.ChoiceField(
        choices=["hold", "remove", ""], required=False,
        help_text=_("What is done when it is upheld: `hold` a listing or a review, `remove` a review."),
    )  # fmt: skip
