"""Statistics for creators over the API: what the pages show, of a publisher or of one listing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from core.errors import NotFoundProblem
from marketplace.creator_words import error_words
from marketplace.models import Listing
from marketplace.rank_words import rank_of
from marketplace.rating import LEAST
from marketplace.selectors.creators import (
    PERIODS,
    USUAL,
    Statistics,
    errors_of,
    listing_statistics,
    months_of,
    period_of,
    place_of,
    publisher_statistics,
    rows_of,
    terms_of,
)
from marketplace.selectors.publishing import publishers_of

_PUBLISHER = OpenApiParameter("publisher", str, OpenApiParameter.PATH, description=str(_("Id of a publisher.")))
_LISTING = OpenApiParameter("listing", str, OpenApiParameter.PATH, description=str(_("Id of a listing.")))
_ALIKE = _(
    "Days are of UTC and complete, oldest first; the last one is today. `before` are the days before, as many. No "
    "workspace or person is named, and what your own workspace runs does not count."
)


class StatisticsQuery(serializers.Serializer[Any]):
    days = serializers.ChoiceField(
        choices=[str(days) for days in PERIODS], default=str(USUAL), help_text=_("How many days, up to today.")
    )


class StatisticsNumbersSerializer(serializers.Serializer[Any]):
    """What was counted. `errors` are among the runs; `active_workspaces` are the different ones that ran it."""

    views = serializers.IntegerField()
    trials = serializers.IntegerField()
    installs = serializers.IntegerField()
    uninstalls = serializers.IntegerField()
    active_workspaces = serializers.IntegerField(source="workspaces")
    runs = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a field, not the serializer's own problems


class StatisticsDaySerializer(StatisticsNumbersSerializer):
    day = serializers.DateField()


class StatisticsListingSerializer(StatisticsNumbersSerializer):
    """One listing of the publisher, over the whole period."""

    id = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()


class StatisticsErrorSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text=_("Stable, for programs."))
    title = serializers.CharField()
    advice = serializers.CharField()
    runs = serializers.IntegerField()
    before = serializers.IntegerField()


class StatisticsTermSerializer(serializers.Serializer[Any]):
    term = serializers.CharField()
    people = serializers.IntegerField(help_text=_("Three at least in each month that is counted."))


class StatisticsRatingSerializer(serializers.Serializer[Any]):
    """`mean`, `low` and `high` are null while fewer than ten ratings count; `stars` has one star first."""

    count = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    stars = serializers.ListField(child=serializers.IntegerField(), min_length=5, max_length=5)


class RankPartSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    value = serializers.FloatField(help_text=_("Between 0 and 1."))
    weight = serializers.FloatField(help_text=_("0 for trust, which multiplies the others."))
    gain = serializers.FloatField(help_text=_("What the score would grow by if this part alone were 1."))
    rests_on = serializers.CharField()
    raises = serializers.CharField(allow_blank=True)


class RankSerializer(serializers.Serializer[Any]):
    """`place` is null while nobody sees the listing; beyond 10,000 it is 10,001."""

    score = serializers.FloatField()
    place = serializers.IntegerField(allow_null=True)
    of = serializers.IntegerField(allow_null=True)
    parts = RankPartSerializer(many=True)
    trust = RankPartSerializer()


class StatisticsSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    first = serializers.DateField()
    last = serializers.DateField()
    total = StatisticsNumbersSerializer()
    before = StatisticsNumbersSerializer()
    by_day = StatisticsDaySerializer(many=True)


@extend_schema_serializer(many=False)
class PublisherStatisticsSerializer(StatisticsSerializer):
    listings = StatisticsListingSerializer(many=True)


@extend_schema_serializer(many=False)
class ListingStatisticsSerializer(StatisticsSerializer):
    errors_by_kind = StatisticsErrorSerializer(many=True)
    terms_since = serializers.DateField(help_text=_("Terms are counted by whole months, from this day."))
    terms = StatisticsTermSerializer(many=True)
    rating = StatisticsRatingSerializer()
    rank = RankSerializer()


class _StatisticsApi(WorkspaceViewSet):
    pagination_class = None
    queryset = Listing.objects.none()
    needs: ClassVar[Mapping[str, str]] = {"list": "listing.manage"}

    def days(self) -> int:
        query = StatisticsQuery(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return int(query.validated_data["days"])


class PublisherStatisticsApi(_StatisticsApi):
    """How all listings of a publisher did together, by day, and each of them over the period."""

    serializer_class = PublisherStatisticsSerializer
    kind = "publisher"

    @extend_schema(
        operation_id="get_publisher_statistics",
        summary=str(_("How a publisher's listings did")),
        description=str(_ALIKE),
        parameters=[_PUBLISHER, StatisticsQuery],
        responses={200: PublisherStatisticsSerializer},
    )
    def list(self, request: Request, workspace: str, publisher: str) -> Response:
        found = publishers_of(self.workspace).filter(pk=publisher).first()
        if found is None:
            raise NotFoundProblem(_("There is no such publisher."))
        period = period_of(self.days())
        rows = [
            {"id": row.listing.pk, "slug": row.listing.slug, "name": row.name, **vars(row.numbers)}
            for row in rows_of(found, period)
        ]
        values = {**_values(publisher_statistics(found, period)), "listings": rows}
        return Response(PublisherStatisticsSerializer(values).data)


class ListingStatisticsApi(_StatisticsApi):
    """How one listing did: by day, with errors by kind, the searches that led to it, its rating and its rank."""

    serializer_class = ListingStatisticsSerializer
    kind = "listing"

    @extend_schema(
        operation_id="get_listing_statistics",
        summary=str(_("How a listing did")),
        description=str(_ALIKE),
        parameters=[_LISTING, StatisticsQuery],
        responses={200: ListingStatisticsSerializer},
    )
    def list(self, request: Request, workspace: str, listing: str) -> Response:
        rows = Listing.objects.select_related("publisher", "current")
        found = rows.filter(publisher__workspace=self.workspace, pk=listing).first()
        if found is None:
            raise NotFoundProblem(_("There is no such listing."))
        period = period_of(self.days())
        errors = [{**vars(row), **vars(error_words(row.kind))} for row in errors_of(found, period)]
        values = {
            **_values(listing_statistics(found, period)),
            "errors_by_kind": errors,
            "terms_since": months_of(period),
            "terms": terms_of(found, period),
            "rating": _rating(found),
            "rank": _rank(found),
        }
        return Response(ListingStatisticsSerializer(values).data)


def _values(statistics: Statistics) -> dict[str, Any]:
    period = statistics.period
    days = zip(period.dates(), statistics.days, strict=True)
    return {
        "days": period.days, "first": period.first, "last": period.last, "total": statistics.total,
        "before": statistics.before, "by_day": [{"day": day, **vars(row)} for day, row in days],
    }  # fmt: skip


def _rating(listing: Listing) -> dict[str, Any]:
    rated = listing.rating_count >= LEAST
    made = listing.rating_made or {}
    ends = {name: getattr(listing, f"rating_{name}") if rated else None for name in ("mean", "low", "high")}
    return {"count": listing.rating_count, "stars": made.get("stars", [0] * 5), **ends}


def _rank(listing: Listing) -> dict[str, Any]:
    rank, place = rank_of(listing), place_of(listing)
    return {
        "score": rank.score, "parts": rank.parts, "trust": rank.trust, "place": place.number if place else None,
        "of": place.of if place else None,
    }  # fmt: skip
